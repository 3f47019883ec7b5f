"""Kubernetes: the watch, the store of what was seen, and the writes (status, finalizers, events).

Nothing here decides. Only ``watch`` imports kopf.
"""
