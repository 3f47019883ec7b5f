"""Two replicas as processes: one acts, and the other takes over in time, however the first one ends."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane
from tests.fake_aws.client import FakeAws
from tests.installation import NAMESPACE, install_account
from tests.operator_process import OperatorProcess
from tests.repositories import Repositories
from tests.waiting import until

LEASE_SECONDS = 3.0
DEADLINE_SECONDS = 2.0
GENEROUS = 30.0
"""For what is only waited for: the machine may be loaded."""


class Replicas:
    """Replicas `a` and `b`, told apart as Pods are, by POD_NAME."""

    def __init__(self, cluster: Cluster, aws: FakeAws, namespace: str, directory: Path) -> None:
        self.cluster = cluster
        self._settings = {
            **aws.environment(),
            "KUBECONFIG": str(cluster.operator_kubeconfig),
            "POD_NAMESPACE": NAMESPACE,
            "ECR_OPERATOR_CLUSTER_NAME": "test",
            "ECR_OPERATOR_WATCH_NAMESPACES": namespace,
            "ECR_OPERATOR_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self._directory = directory
        self.started: list[OperatorProcess] = []

    def start(self, name: str, **settings: str) -> OperatorProcess:
        """One more replica; not ready yet."""
        own = {**self._settings, "POD_NAME": name, **settings}
        process = OperatorProcess(own, self._directory, name)
        self.started.append(process)
        process.start()
        return process

    def holder(self) -> str:
        """Who holds the Lease, empty for nobody."""
        lease = self.cluster.find("Lease", NAMESPACE, "ecr-operator")
        return (lease or {}).get("spec", {}).get("holderIdentity") or ""

    def wait_leads(self, name: str, timeout: float = GENEROUS) -> float:
        """Seconds until the replica of that name leads."""
        begin = time.monotonic()
        for _ in self.cluster.polls(timeout, 0.02):
            if self.holder() == name:
                return time.monotonic() - begin
        raise AssertionError(f"{name} does not lead within {timeout} s; {self.holder() or 'nobody'} does")

    def kill(self) -> None:
        """End all that were started, also those that are stopped in their tracks."""
        for process in self.started:
            process.kill()


@pytest.fixture
def replicas(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, tmp_path: Path
) -> Iterator[Replicas]:
    found = Replicas(cluster, aws, repositories.namespace, tmp_path)
    try:
        yield found
    finally:
        found.kill()
        lease = cluster.find("Lease", NAMESPACE, "ecr-operator")
        if lease is not None:
            cluster.delete("Lease", NAMESPACE, "ecr-operator")


def leads(process: OperatorProcess) -> bool:
    return "ecr_operator_leader 1.0" in process.metrics()


def test_one_acts_and_the_other_is_ready_and_does_nothing(
    replicas: Replicas, repositories: Repositories, aws: FakeAws
) -> None:
    a = replicas.start("a")
    replicas.wait_leads("a")
    b = replicas.start("b")
    b.wait_ready()
    a.wait_ready()
    repositories.created("web")

    assert (leads(a), leads(b)) == (True, False)
    assert "Waiting for a, which holds Lease" in b.log()
    assert "ecr_operator_aws_requests_total{" not in b.metrics()
    assert repositories.calls()["CreateRepository"] == 1


def test_one_that_may_not_have_the_lease_says_so_and_does_nothing(
    replicas: Replicas, repositories: Repositories
) -> None:
    # An account without any rights; the namespace controller makes it a moment after the namespace.
    cluster, namespace = repositories.cluster, repositories.namespace
    cluster.wait_for("ServiceAccount", namespace, "default", bool)
    process = replicas.start("a", KUBECONFIG=str(cluster.kubeconfig_of(namespace, "default")))
    for _ in repositories.cluster.polls(GENEROUS):
        if "Lease" in readiness(process):
            break
    assert "403" in readiness(process)
    assert "leases" in readiness(process)
    repositories.create("web")
    assert repositories.calls() == {}


def test_after_kill_9_the_other_acts_within_the_lease(replicas: Replicas, repositories: Repositories) -> None:
    a = replicas.start("a")
    replicas.wait_leads("a")
    b = replicas.start("b")
    b.wait_ready()
    a.kill()

    # The Lease runs out, and b tries at least every 2.2 s; the rest is for a loaded machine.
    assert replicas.wait_leads("b") < LEASE_SECONDS + 2.2 + 5
    repositories.created("web")


def test_after_sigterm_the_other_acts_at_once(replicas: Replicas, repositories: Repositories) -> None:
    a = replicas.start("a", ECR_OPERATOR_LEASE_SECONDS="60")
    replicas.wait_leads("a")
    b = replicas.start("b", ECR_OPERATOR_LEASE_SECONDS="60")
    b.wait_ready()
    a.terminate()

    # The Lease was given back, and b tries at least every 2.2 s; the rest is for a loaded machine.
    assert replicas.wait_leads("b") < 3 + 5
    assert a.wait(GENEROUS) == 0
    repositories.created("web")


def test_a_restarted_container_goes_on_at_once(replicas: Replicas, repositories: Repositories) -> None:
    a = replicas.start("a", ECR_OPERATOR_LEASE_SECONDS="60")
    replicas.wait_leads("a")
    a.kill()
    a.start()

    a.wait_ready()
    repositories.created("web")


def test_a_leader_that_was_stopped_in_its_tracks_ends_when_it_goes_on(
    replicas: Replicas, repositories: Repositories, aws: FakeAws
) -> None:
    a = replicas.start("a")
    replicas.wait_leads("a")
    replicas.start("b")
    os.kill(a.pid, signal.SIGSTOP)
    try:
        replicas.wait_leads("b")
    finally:
        os.kill(a.pid, signal.SIGCONT)

    assert a.wait(GENEROUS) == 1
    assert "Lease" in a.log()
    repositories.created("web")
    assert repositories.calls()["CreateRepository"] == 1


def test_sigterm_while_it_waits_for_the_lease(replicas: Replicas) -> None:
    replicas.start("a")
    replicas.wait_leads("a")
    b = replicas.start("b")
    b.wait_ready()
    b.terminate()

    assert b.wait(GENEROUS) == 0
    assert replicas.holder() == "a"


def test_sigterm_with_work_under_way_gives_the_lease_back_after_it(
    replicas: Replicas, repositories: Repositories, aws: FakeAws
) -> None:
    a = replicas.start("a", ECR_OPERATOR_LEASE_SECONDS="60")
    replicas.wait_leads("a")
    a.wait_ready()
    replicas.start("b", ECR_OPERATOR_LEASE_SECONDS="60").wait_ready()
    hanging = aws.inject("CreateRepository", hang=60.0, prefix=repositories.name("web"), times=1)
    repositories.create("web")
    until(
        repositories.cluster,
        lambda: aws.attempts(operation="CreateRepository", prefix=repositories.name("web")),
        "call under way",
    )
    a.terminate()
    until(repositories.cluster, lambda: "shutting down" in readiness(a), "shutdown")
    assert replicas.holder() == "a"
    aws.clear(hanging)

    replicas.wait_leads("b")
    assert a.wait(GENEROUS) == 0
    repositories.ready("web")


def test_a_rollout_of_both_finishes(replicas: Replicas, repositories: Repositories) -> None:
    old = [replicas.start("a"), replicas.start("b")]
    for process in old:
        process.wait_ready()
    new = []
    for name, process in zip(("c", "d"), old, strict=True):
        new.append(replicas.start(name))
        new[-1].wait_ready()
        process.terminate()
        assert process.wait(GENEROUS) == 0

    for _ in repositories.cluster.polls(GENEROUS):
        if replicas.holder() in ("c", "d"):
            break
    repositories.created("web")
    assert sum(leads(process) for process in new) == 1


def readiness(process: OperatorProcess) -> str:
    return process.readiness() or ""


def test_a_leader_whose_api_server_is_frozen_ends_at_the_deadline_and_all_goes_on_when_it_is_back(
    aws: FakeAws, tmp_path: Path
) -> None:
    with ControlPlane(prepare=_install) as plane, Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        install_account(cluster)
        repositories = Repositories(cluster, aws, "default")
        replicas = Replicas(cluster, aws, "default", tmp_path)
        a = replicas.start("a")
        replicas.wait_leads("a")
        b = replicas.start("b")
        b.wait_ready()
        try:
            repositories.created("kept", deletionPolicy="Delete")
            # Work under way: what AWS does in the end is known to nobody.
            aws.inject("CreateRepository", hang=1.0, prefix=repositories.name("new"), times=1, cut="after")
            repositories.create("new", deletionPolicy="Delete")
            creates = lambda: aws.attempts(operation="CreateRepository", prefix=repositories.name("new"))  # noqa: E731
            until(cluster, creates, "call under way")
            plane.freeze_apiserver()
            try:
                begin = time.monotonic()
                assert a.wait(GENEROUS) == 1
                assert time.monotonic() - begin < DEADLINE_SECONDS + 5
                last = json.loads(a.log().splitlines()[-1])
                assert ("Lease" in last["message"], last["level"]) == (True, "error")
                assert b.returncode is None
            finally:
                plane.thaw_apiserver()
            replicas.wait_leads("b")
            a.start()
            for name in ("kept", "new"):
                assert repositories.ready(name, timeout=60)["metadata"]["finalizers"]
                assert repositories.in_aws(name)
            repositories.delete("kept")
            repositories.wait_gone("kept", timeout=60)
            assert repositories.in_aws("kept") is None
        finally:
            replicas.kill()


def _install(kubeconfig: Path) -> None:
    with Cluster(kubeconfig) as cluster:
        install_crds(cluster, CRDS)
