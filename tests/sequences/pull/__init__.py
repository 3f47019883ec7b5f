"""Random sequences for EcrPullSecrets: what a person and others do, and what has to come of it.

The expectations are written from the API's documentation, and are kept beside the cluster step by step.
"""
