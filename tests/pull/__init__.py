"""EcrPullSecrets on a real API server and the fake AWS: what is in namespaces."""
