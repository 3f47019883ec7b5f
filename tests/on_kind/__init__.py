"""The end-to-end tests on a cluster of kind (Kubernetes in Docker), for `make e2e`.

The operator and the fake AWS run beside the cluster, as in `make test`.
"""
