"""The programs that a cluster of kind needs: docker, kind and kubectl."""

import shutil
import subprocess
from pathlib import Path

from tests.controlplane import assets, toolchain
from tests.controlplane.progress import run

KIND_VERSION = "v0.33.0"
DOCKER_SECONDS = 30


def docker_problem() -> str | None:
    """Why Docker cannot be used, in one line; None: it can."""
    docker = shutil.which("docker")
    if docker is None:
        return "there is no `docker` on PATH"
    try:
        answer = subprocess.run(
            [docker, "info"], capture_output=True, text=True, check=False, timeout=DOCKER_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"`docker info` does not answer within {DOCKER_SECONDS} s"
    if answer.returncode == 0:
        return None
    said = " ".join(answer.stderr.split())
    return f"`docker info` fails: {said}" if said else f"`docker info` ends with {answer.returncode}"


def kind() -> Path:
    """kind from PATH, else built from its Go module into the cache (once; a minute)."""
    if present := shutil.which("kind"):
        return Path(present)
    cache = assets.cached().parent
    directory = cache / f"kind-{KIND_VERSION}"
    program = directory / "kind"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        go = toolchain.go(assets.SOURCE / "go.mod", cache)
        run(
            [str(go), "install", f"sigs.k8s.io/kind@{KIND_VERSION}"],
            f"Building kind {KIND_VERSION}",
            log=cache / "kind-build.log",
            env=toolchain.environment() | {"GOBIN": str(directory)},
        )
    return program


def kubectl() -> Path:
    """kubectl from PATH, else the one that is built for the tests."""
    present = shutil.which("kubectl")
    return Path(present) if present else assets.find() / "kubectl"
