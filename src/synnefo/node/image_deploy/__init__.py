"""The OS definition `snf-image`: puts an image on a disk and makes it a machine of its own.

The host copies bytes. Whatever has to understand them runs in a helper machine without network,
because nobody trusts an image. Spec: images-and-nodes 1.
"""
