"""The external storage provider that Ganeti and snf-solo call. Spec: volumes 7.

Split in two by what it costs to start: `presence` is asked very often, `storage` seldom.
"""
