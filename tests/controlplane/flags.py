"""The command lines of the control plane's programs.

Everything that a test could meet stays at its default (priority and fairness, watch cache) or is stricter;
what is set makes the programs fit into one directory and one loopback port, or only saves time.
"""

from pathlib import Path

from tests.controlplane.address import HOST

ETCD_SOCKET = "etcd.sock"

SERVICE_RANGE = "10.0.0.0/24"


def etcd(assets: Path, directory: Path) -> list[str]:
    """An etcd with one member that listens on a socket in `directory` and on no port."""
    # etcd demands host and port of the addresses that it would tell to others; there are no others.
    nowhere = f"http://{HOST}:1"
    return [
        str(assets / "etcd"),
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls=unix://{directory / ETCD_SOCKET}",
        f"--advertise-client-urls={nowhere}",
        f"--listen-peer-urls=unix://{directory / 'peer.sock'}",
        f"--initial-advertise-peer-urls={nowhere}",
        f"--initial-cluster=default={nowhere}",
        # The data die with the test: nothing has to survive a crash of the machine.
        "--unsafe-no-fsync",
        "--enable-grpc-gateway=false",
        "--log-level=error",
    ]


def apiserver(assets: Path, directory: Path, port: int, extra: tuple[str, ...]) -> list[str]:
    """An API server with RBAC and client certificates; `extra` flags win over ours."""
    return [
        str(assets / "kube-apiserver"),
        f"--etcd-servers=unix://{directory / ETCD_SOCKET}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={port}",
        "--permit-port-sharing=true",
        # An endpoint must not be a loopback address, and this machine may have no other.
        "--endpoint-reconciler-type=none",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--client-ca-file={directory / 'ca.crt'}",
        f"--tls-cert-file={directory / 'apiserver.crt'}",
        f"--tls-private-key-file={directory / 'apiserver.key'}",
        f"--service-account-key-file={directory / 'sa.pub'}",
        f"--service-account-signing-key-file={directory / 'sa.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        "--profiling=false",
        # Asks whether who sets `blockOwnerDeletion` may update the owner's finalizers: off by default, on in
        # OpenShift.
        "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
        *extra,
    ]


def controller_manager(assets: Path, directory: Path, kubeconfig: Path) -> list[str]:
    """All controllers that run by default, as the administrator, without a port."""
    return [
        str(assets / "kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials=false",
        f"--root-ca-file={directory / 'ca.crt'}",
        f"--service-account-private-key-file={directory / 'sa.key'}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        # The default, 20 requests a second, is what makes deletion of many namespaces slow.
        "--kube-api-qps=1000",
        "--kube-api-burst=2000",
        "--profiling=false",
    ]
