"""The same faults at every write for EcrPullSecrets: Secrets, service accounts, status and finalizer."""
