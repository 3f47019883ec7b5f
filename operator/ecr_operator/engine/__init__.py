"""A level-triggered work queue and its workers.

Knows keys, delays and exceptions; nothing of ECR or Kubernetes, and imports nothing of ours.
"""
