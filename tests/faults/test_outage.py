"""AWS does not answer: nobody storms it, nothing is lost, and all heals at once when it is back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecr_operator.aws.breaker import FAILURES
from tests.cluster import Cluster, Object
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, Repositories, condition
from tests.running import Identity, RunningOperator
from tests.waiting import until

COUNT = 200
WORKERS = 20
PROBE_SECONDS = 1.0
ACCOUNT = "444444444401"
NAMES = [f"r{number}" for number in range(COUNT)]


@pytest.fixture
def outage(aws: FakeAws) -> Iterator[FakeAws]:
    """The fake AWS; whatever the test does, this account answers again after it."""
    yield aws
    aws.set_outage(None, account=ACCOUNT)


@pytest.fixture
def running(cluster: Cluster, outage: FakeAws, repositories: Repositories) -> Iterator[RunningOperator]:
    with RunningOperator(
        cluster.operator_kubeconfig,
        Identity(ACCOUNT),
        watch_namespaces=(repositories.namespace,),
        workers=WORKERS,
        circuit_probe_seconds=PROBE_SECONDS,
        # As long as in production: who backs off instead of waiting is not back in time.
        backoff_max_seconds=300,
        transient_seconds=300,
    ) as operator:
        yield operator


def at_once(repositories: Repositories, names: list[str], **spec: object) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: repositories.patch(name, **spec), names))


def wait_all(repositories: Repositories, holds: object, what: str) -> dict[str, Object]:
    """Wait until all objects' Ready condition, at their present generation, has that status and reason."""
    found: list[object] = []
    for _ in repositories.cluster.polls(60, 0.2):
        objects = repositories.cluster.list(KIND, repositories.namespace)
        found = [state(obj) for obj in objects]
        if objects and all(one == holds for one in found):
            return {obj["metadata"]["name"]: obj for obj in objects}
    wrong = [one for one in found if one != holds]
    raise AssertionError(f"{len(wrong)} of {len(found)} are not {what}: {wrong[:3]}")


def state(obj: Object) -> object:
    ready = condition(obj, "Ready")
    if ready is None or ready["observedGeneration"] != obj["metadata"]["generation"]:
        return None
    return ready["status"], ready["reason"]


DOWN, UP = ("False", "AWSUnavailable"), ("True", "InSync")


def test_200_changed_objects_cost_one_probe_at_a_time_and_two_writes_each(
    running: RunningOperator, outage: FakeAws, repositories: Repositories
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: repositories.create(name, imageTagMutability="MUTABLE"), NAMES))
    before = wait_all(repositories, UP, "in sync")
    outage.reset_calls()
    outage.set_outage("refused", account=ACCOUNT)

    at_once(repositories, NAMES, imageTagMutability="IMMUTABLE")
    during = wait_all(repositories, DOWN, "AWSUnavailable")

    # Those under way when it opened, each read once more, and a probe at a time.
    tries = len(outage.attempts(account=ACCOUNT))
    assert tries <= 2 * (WORKERS + FAILURES) + 20
    for _ in repositories.cluster.polls(30):
        if len(probes := outage.attempts(account=ACCOUNT)) >= tries + 4:
            break
    gaps = [after - before for before, after in zip(probes[tries:], probes[tries + 1 :], strict=False)]
    assert len(gaps) >= 3
    assert min(gaps) > PROBE_SECONDS * 0.9
    assert 'aws_circuit_open{region="eu-west-1",service="ecr"} 1.0' in running.metrics()

    outage.set_outage(None, account=ACCOUNT)
    after = wait_all(repositories, UP, "in sync")

    assert outage.writes(account=ACCOUNT) != []
    assert {write["operation"] for write in outage.writes(account=ACCOUNT)} == {"PutImageTagMutability"}
    assert len(outage.writes(account=ACCOUNT)) == COUNT
    for name in NAMES[::20]:
        versions = [
            one["metadata"]["resourceVersion"]
            for one in repositories.cluster.history(
                KIND, repositories.namespace, name, before[name]["metadata"]["resourceVersion"]
            )
        ]
        # The user's own write, then one that says so, then one when it is over.
        assert versions[1:] == [
            during[name]["metadata"]["resourceVersion"],
            after[name]["metadata"]["resourceVersion"],
        ]
    assert 'aws_circuit_open{region="eu-west-1",service="ecr"} 0.0' in running.metrics()


def test_objects_in_sync_say_so_until_the_failure_has_lasted(
    cluster: Cluster, outage: FakeAws, repositories: Repositories
) -> None:
    with RunningOperator(
        cluster.operator_kubeconfig,
        Identity(ACCOUNT),
        watch_namespaces=(repositories.namespace,),
        backoff_max_seconds=300,
        transient_seconds=3,
    ):
        names = NAMES[:10]
        for name in names:
            repositories.create(name)
        before = wait_all(repositories, UP, "in sync")
        outage.set_outage("500", account=ACCOUNT)
        for name in names:
            repositories.annotate(name, "ecr-operator.dev/reconcile", "during")

        during = wait_all(repositories, DOWN, "AWSUnavailable")
        outage.set_outage(None, account=ACCOUNT)
        after = wait_all(repositories, UP, "in sync")

    for name in names:
        seen = repositories.cluster.history(
            KIND, repositories.namespace, name, before[name]["metadata"]["resourceVersion"]
        )
        # Between the annotation and the first write nothing was written: it stayed Ready.
        assert [one["metadata"]["resourceVersion"] for one in seen[1:]] == [
            during[name]["metadata"]["resourceVersion"],
            after[name]["metadata"]["resourceVersion"],
        ]
        assert after[name]["status"]["lastHandledReconcileAt"] == "during"


@pytest.mark.parametrize("kind", ["refused", "500", "hang"])
def test_what_is_created_changed_and_deleted_meanwhile_converges(
    running: RunningOperator, outage: FakeAws, repositories: Repositories, kind: str
) -> None:
    ecr = outage.client("ecr", account=ACCOUNT, unseen=True)
    repositories.create("kept", deletionPolicy="Delete")
    repositories.create("goes", deletionPolicy="Delete")
    wait_all(repositories, UP, "in sync")
    outage.reset_calls()
    outage.set_outage(kind, account=ACCOUNT)

    repositories.create("new")
    repositories.patch("kept", tags={"a": "1"})
    repositories.delete("goes")
    until(repositories.cluster, lambda: len(outage.attempts(account=ACCOUNT)) >= 3, "calls")
    assert repositories.get("goes")["metadata"]["finalizers"] == ["ecr-operator.dev/finalizer"]
    outage.set_outage(None, account=ACCOUNT)

    repositories.ready("new", timeout=60)
    repositories.ready("kept", timeout=60)
    repositories.wait_gone("goes", timeout=60)
    pages = ecr.get_paginator("describe_repositories").paginate()
    names = {one["repositoryName"] for page in pages for one in page["repositories"]}
    prefix = f"{repositories.namespace}/"
    assert {name for name in names if name.startswith(prefix)} == {f"{prefix}new", f"{prefix}kept"}
