"""What the benchmark runs on: a control plane, a fake AWS, and one operator after the other."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from tests.bench.namespaces import Namespaces
from tests.bench.population import KIND, Population
from tests.bench.process import cpu_seconds
from tests.cluster import Cluster, install_crds
from tests.controlplane import ControlPlane
from tests.installation import NAMESPACE, install_account
from tests.kinds import path
from tests.least_rights import LeastRights
from tests.operator_process import OperatorProcess

CRDS = Path(__file__).parents[2] / "crds"
SETTINGS = {
    "ECR_OPERATOR_CLUSTER_NAME": "bench",
    "POD_NAMESPACE": NAMESPACE,
    # The user's own profile must not decide which AWS the operator talks to.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
QUICK = {
    "ECR_OPERATOR_PREVIEW_SECONDS": "0.2",
    "ECR_OPERATOR_SUMMARY_SECONDS": "0.5",
    "ECR_OPERATOR_CIRCUIT_PROBE_SECONDS": "0.5",
}
"""What an operator of a quick world does not wait for."""
START_TIMEOUT = 120.0

IDLE_CPU = 0.03
IDLE_SECONDS = 0.5
"""The operator is idle when it takes less than this CPU in so many seconds."""
IDLE_TIMEOUT = 30.0


class World:
    """A context manager. When it ends, nothing of it is left: no process, no file.

    A `quick` one is for trying the benchmark, and not for its figures: what an operator has not to be started
    anew for is done by one that has done other things before, beside what these have left.
    """

    def __init__(self, *, quick: bool = False) -> None:
        self._stack = ExitStack()
        self._quick = quick
        self._running: OperatorProcess | None = None
        self._populations = 0
        self._in_sync: Population | None = None
        self._holding: Namespaces | None = None

    def __enter__(self) -> Self:
        try:
            self.directory = Path(tempfile.mkdtemp(prefix="bench-"))
            self._stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
            self.plane = self._stack.enter_context(ControlPlane(prepare=_install_crds))
            self.cluster = self._stack.enter_context(
                Cluster(self.plane.kubeconfig, kubectl=self.plane.kubectl)
            )
            install_account(self.cluster)
            self.aws = self._stack.enter_context(LeastRights())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def start(self, **settings: str) -> OperatorProcess:
        """Start an operator, and do not wait until it is ready. It ends with `stopped`."""
        self._end_running()
        environment = (
            self.aws.environment() | SETTINGS | {"KUBECONFIG": str(self.cluster.operator_kubeconfig)}
        ) | (QUICK if self._quick else {})
        operator = OperatorProcess(environment | settings, self.directory)
        operator.start()
        return operator

    @contextmanager
    def operator(self, **settings: str) -> Iterator[OperatorProcess]:
        """An operator that is ready and idle, and stopped in the end, unless the world is quick."""
        if self._quick and not settings:
            if self._running is None:
                self._running = self.start()
                self._running.wait_ready(START_TIMEOUT)
                wait_idle(self._running)
            yield self._running
            self._running.check()
            return
        with self.stopped(self.start(**settings)) as operator:
            operator.wait_ready(START_TIMEOUT)
            wait_idle(operator)
            yield operator

    @contextmanager
    def stopped(self, operator: OperatorProcess) -> Iterator[OperatorProcess]:
        """`operator`, which is stopped in the end."""
        try:
            yield operator
            operator.check()
        finally:
            operator.stop()

    def new_population(
        self,
        size: int,
        deletion_policy: str = "Retain",
        *,
        own_policies: bool = True,
        spec: Mapping[str, Any] = MappingProxyType({}),
    ) -> Population:
        """A population that does not exist yet, and that nothing else exists beside. No operator may run."""
        self._clear()
        self._populations += 1
        namespace = f"bench-{self._populations}"
        self.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        return Population(self.plane.kubeconfig, namespace, size, deletion_policy, own_policies, spec)

    def keep(self, population: Population | None) -> None:
        """Say that `population` is in sync, and may be used by the next case (None: there is none)."""
        self._in_sync = population

    def population_in_sync(self, size: int) -> Population:
        """The one that the last case has left, or a new one. No operator may run."""
        kept = self._in_sync
        if kept is not None and kept.size == size:
            return kept
        population = self.new_population(size)
        with self.operator() as operator:
            wave = population.create(timeout=60 + size / 5)
            if wave.missing:
                raise RuntimeError(f"{wave.missing} of {size} repositories did not get Ready")
            wait_idle(operator)
        self.keep(population)
        return population

    def new_namespaces(self, size: int, *, accounts: bool = False) -> Namespaces:
        """Namespaces that nothing is handed out to yet. No operator may run."""
        self._clear()
        self._populations += 1
        namespaces = Namespaces(self.plane.kubeconfig, f"bench-{self._populations}", size, accounts)
        namespaces.create(60 + size / 5)
        return namespaces

    def keep_namespaces(self, namespaces: Namespaces | None) -> None:
        """Say that all of them hold their Secret, and may be used by the next case."""
        self._holding = namespaces

    def namespaces_in_sync(self, size: int) -> Namespaces:
        """Those that the last case has left, or new ones that hold their Secret. No operator may run."""
        kept = self._holding
        if kept is not None and kept.size == size:
            return kept
        namespaces = self.new_namespaces(size)
        with self.operator() as operator:
            wave = namespaces.hand_out(60 + size / 5)
            if wave.missing or not namespaces.wait_settled(60):
                raise RuntimeError(f"{wave.missing} of {size} namespaces did not get their Secret")
            wait_idle(operator)
        self.keep_namespaces(namespaces)
        return namespaces

    def forget_namespaces(self) -> None:
        """They are not as they were."""
        self._holding = None

    def _clear(self) -> None:
        self._in_sync = self._holding = None
        if self._running is not None:
            # It would mend what is taken away here.
            return
        self.aws.reset()
        for obj in self.cluster.list(KIND):
            namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
            if obj["metadata"].get("finalizers"):
                self.cluster.merge_patch(KIND, namespace, name, {"metadata": {"finalizers": None}})
        for kind in ("EcrLifecyclePolicy", "Deployment", "Pod"):
            for namespace in {obj["metadata"]["namespace"] for obj in self.cluster.list(kind)}:
                if namespace.startswith("bench-"):
                    self.cluster.request("DELETE", path(kind, namespace), timeout=600)
        for obj in self.cluster.list("EcrPullSecret"):
            name = obj["metadata"]["name"]
            self.cluster.merge_patch("EcrPullSecret", None, name, {"metadata": {"finalizers": None}})
            self.cluster.delete("EcrPullSecret", None, name)
        for namespace in self.cluster.list("Namespace"):
            name = namespace["metadata"]["name"]
            if name.startswith("bench-"):
                self.cluster.request("DELETE", path(KIND, name), timeout=120)

    def _stop(self) -> None:
        # A second Ctrl-C must not cut the clean-up short; it takes seconds at most.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._end_running()
        self._stack.close()

    def _end_running(self) -> None:
        """End the one that serves several cases."""
        if self._running is not None:
            self._running.stop()
            self._running = None


def wait_idle(operator: OperatorProcess) -> None:
    """Wait until the operator has nothing left to do (events, answers of the watch)."""
    deadline = time.monotonic() + IDLE_TIMEOUT
    while time.monotonic() < deadline:
        before = cpu_seconds(operator.pid)
        time.sleep(IDLE_SECONDS)
        if cpu_seconds(operator.pid) - before < IDLE_CPU:
            return


def _install_crds(kubeconfig: Path) -> None:
    with Cluster(kubeconfig) as cluster:
        install_crds(cluster, CRDS)
