"""Kubernetes: the watch, the store of what was seen, and the writes (status, finalizers, events), the Lease.

Nothing here decides. Only ``watch`` imports kopf.
"""
