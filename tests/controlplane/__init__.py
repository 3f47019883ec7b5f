"""A real Kubernetes control plane for tests, the demo and the benchmark on machines without Docker.

Here live the Go module that builds etcd, kube-apiserver, kube-controller-manager and kubectl into one
binary (`binary/`), the code that finds or builds it (`assets`) and the code that runs it
(`ControlPlane`). Beside them, in the same binary, a container registry and its client (`registry`). Nothing
here knows the operator or its kinds.
"""

from tests.controlplane import assets
from tests.controlplane.cluster import ControlPlane

__all__ = ["ControlPlane", "assets"]
