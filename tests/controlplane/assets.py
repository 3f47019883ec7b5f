"""Finds the control plane's programs, and builds them when they are missing.

`KUBEBUILDER_ASSETS` names a directory that holds them; without it they live in the user's cache, in a
directory named after everything that decides what a build gives.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.controlplane import toolchain
from tests.controlplane.progress import note, run

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")

REGISTRY_PROGRAMS = ("ecr-registry", "crane")
"""Of our own build alone: nobody else has them."""

SOURCE = Path(__file__).parent / "binary"


class AssetsError(Exception):
    """The programs are not where `KUBEBUILDER_ASSETS` says; the message tells what to do."""


def find() -> Path:
    """The directory that holds `PROGRAMS`; builds them first when they are missing (some minutes)."""
    given = os.environ.get("KUBEBUILDER_ASSETS")
    return _checked(Path(given)) if given else built()


def built() -> Path:
    """The directory of our own build, with `REGISTRY_PROGRAMS` too, whatever `KUBEBUILDER_ASSETS` says."""
    directory = cached()
    if not directory.exists():
        with _alone(directory.parent):
            # Who waited for the lock finds the work done by the one that held it.
            if not directory.exists():
                _build(directory)
    return directory


def cached() -> Path:
    """Where a build of this source for this machine belongs, whether or not it is there."""
    digest = hashlib.sha256()
    for file in sorted([*SOURCE.glob("*.go"), SOURCE / "go.mod", SOURCE / "go.sum"]):
        digest.update(file.name.encode() + file.read_bytes())
    digest.update(repr((_flags(), sys.platform, platform.machine())).encode())
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "ecr-operator" / "controlplane" / digest.hexdigest()[:16]


def kubernetes_version() -> str:
    """The version that `go.mod` asks for, as `kubectl version` prints it."""
    found = re.search(r"^\s*k8s\.io/kubernetes (v\S+)$", (SOURCE / "go.mod").read_text(), re.MULTILINE)
    assert found, "go.mod does not require k8s.io/kubernetes"
    return found.group(1)


def _checked(directory: Path) -> Path:
    missing = [name for name in PROGRAMS if not os.access(directory / name, os.X_OK)]
    if missing:
        raise AssetsError(
            f"KUBEBUILDER_ASSETS={directory} lacks {', '.join(missing)}; "
            "add them, or unset it to have the programs built"
        )
    return directory


def _flags() -> list[str]:
    """The flags of `go build`. The version is set as Kubernetes' own build sets it."""
    version = kubernetes_version()
    major, minor = version.removeprefix("v").split(".")[:2]
    package = "k8s.io/component-base/version"
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    linker = ["-s", "-w"] + [f"-X {package}.{name}={value}" for name, value in values.items()]
    return ["-trimpath", "-ldflags", " ".join(linker)]


def _build(directory: Path) -> None:
    """Build into a directory beside the final one and rename it, so that no one sees half a build."""
    scratch = directory.parent / "build.tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    go = toolchain.go(SOURCE / "go.mod", directory.parent)
    run(
        [str(go), "build", *_flags(), "-o", str(scratch / "controlplane"), "."],
        f"Building etcd, Kubernetes {kubernetes_version()} and kubectl (once; 4 to 10 minutes on 2 cores)",
        log=directory.parent / "build.log",
        cwd=SOURCE,
        env=toolchain.environment(),
    )
    for name in (*PROGRAMS, *REGISTRY_PROGRAMS):
        (scratch / name).symlink_to("controlplane")
    scratch.rename(directory)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the lock of the cache. The kernel gives it up with the process, so it is never stale."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"Waiting for another build of the control plane in {directory}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
