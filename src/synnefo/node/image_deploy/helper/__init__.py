"""What runs inside the helper machine, where an image that nobody trusts is changed.

Written for the bare library of Python: nothing else is in the helper. Spec: images-and-nodes 1.8.
"""
