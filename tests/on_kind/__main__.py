"""`python -m tests.on_kind [arguments of pytest]`: a cluster, the tests on it, and no cluster again.

The exit code is 0 when all tests pass, 3 where Docker is missing, 130 after Ctrl-C, and else 1.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.controlplane.progress import CommandError, note
from tests.on_kind import programs
from tests.on_kind.cluster import KindCluster
from tests.on_kind.commands import Command

NO_DOCKER = 3
TESTS = ("tests/e2e",)


def main(arguments: list[str]) -> int:
    """Run the tests that `arguments` name, else `TESTS`; returns the exit code."""
    if why := programs.docker_problem():
        note(f"make e2e needs Docker: {why}")
        return NO_DOCKER
    # SIGTERM ends Python at once, without the clean-up; as KeyboardInterrupt it does not.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        kind, kubectl = programs.kind(), programs.kubectl()
        with tempfile.TemporaryDirectory(prefix="kind-") as directory:
            kubeconfig = Path(directory) / "kubeconfig"
            with KindCluster(kind, kubeconfig, os.environ.get("KIND_NODE_IMAGE")):
                return 1 if run_tests(arguments, kubeconfig, kubectl) else 0
    except CommandError as error:
        note(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def run_tests(arguments: list[str], kubeconfig: Path, kubectl: Path) -> int:
    """pytest's exit code for the cluster of a kubeconfig."""
    named = [one for one in arguments if not one.startswith("-") and Path(one.split("::")[0]).exists()]
    # One process: the workers of pytest-xdist would be several operators for the same objects.
    command = [sys.executable, "-m", "pytest", "-n", "0", *arguments, *([] if named else TESTS)]
    path = f"{kubectl.parent}{os.pathsep}{os.environ['PATH']}"
    return Command(command, {"TEST_KUBECONFIG": str(kubeconfig), "PATH": path}).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
