"""Who uses which images, and what of it a namespace is told."""

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.naming import Registry
from ecr_operator.planning.usage import RepositoryUsage, Usage, UsageBuilder, Workload
from tests.planning.bounds import bounded

A = "123456789012"
HERE = Registry(A, "eu-central-1")
HOST = f"{A}.dkr.ecr.eu-central-1.amazonaws.com"
OTHER_HOST = f"{A}.dkr.ecr.us-east-1.amazonaws.com"
D1, D2 = (f"sha256:{letter * 64}" for letter in "12")

WEB = Workload("team-a", "Deployment", "web")
NIGHTLY = Workload("team-a", "CronJob", "nightly")
OTHERS = tuple(Workload("team-b", "StatefulSet", f"db-{number}") for number in range(3))


def usage_of(*uses: tuple[Workload, str]) -> Usage:
    builder = UsageBuilder(0)
    for workload, image in uses:
        builder.add(workload, image)
    return builder.build()


@dataclass
class Case:
    uses: list[tuple[Workload, str]]
    tags: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)
    replicas: tuple[str, ...] = ()


CASES = {
    "nothing": Case([]),
    "a tag": Case([(WEB, f"{HOST}/web:v1")], tags={"v1"}),
    "no tag": Case([(WEB, f"{HOST}/web")], tags={"latest"}),
    "a digest": Case([(WEB, f"{HOST}/web@{D1}")], digests={D1}),
    "a tag and a digest": Case([(WEB, f"{HOST}/web:v1@{D1}")], tags={"v1"}, digests={D1}),
    "two tags of two workloads": Case(
        [(WEB, f"{HOST}/web:v1"), (NIGHTLY, f"{HOST}/web:v2")], tags={"v1", "v2"}
    ),
    "another host of the registry": Case(
        [(WEB, f"{A}.dkr-ecr.eu-central-1.on.aws/web:v1")],
        tags={"v1"},
    ),
    "another repository": Case([(WEB, f"{HOST}/web/api:v1")]),
    "another account": Case([(WEB, f"{'9' * 12}.dkr.ecr.eu-central-1.amazonaws.com/web:v1")]),
    "another registry than ECR": Case([(WEB, "registry.example/web:v1")]),
    "another region": Case([(WEB, f"{OTHER_HOST}/web:v1")], replicas=("us-east-1",)),
    "here and in another region": Case(
        [(WEB, f"{HOST}/web:v1"), (WEB, f"{OTHER_HOST}/web:v2")], tags={"v1"}, replicas=("us-east-1",)
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_of_a_repository_is_in_use(case: Case) -> None:
    found = usage_of(*case.uses).of(HERE, "web")
    assert (found.tags, found.digests) == (case.tags, case.digests)
    assert found.replicas == case.replicas
    assert found.is_empty == (not case.tags | case.digests)


PULLED = {
    "the digest of its own repository": (f"{HOST}/web:v1", f"{HOST}/web@{D1}", {D1}),
    "the same content under another registry's name": (f"{HOST}/web:v1", f"docker.io/x/web@{D1}", {D1}),
    "the same content under another repository's name": (f"{HOST}/web:v1", f"{HOST}/mirror@{D1}", {D1}),
    "an index, of which the image was asked by digest": (f"{HOST}/web@{D2}", f"{HOST}/web@{D1}", {D1}),
    "ECR's name of an image that was asked elsewhere": ("docker.io/x/web:v1", f"{HOST}/web@{D1}", {D1}),
    "an image that the Pod does not name": ("", f"{HOST}/web@{D1}", {D1}),
    "an ID without a repository": (f"{HOST}/web:v1", D1, set()),
    "nothing yet": (f"{HOST}/web:v1", "", set()),
}


@pytest.mark.parametrize(("image", "image_id", "expected"), PULLED.values(), ids=PULLED.keys())
def test_a_node_has_pulled(image: str, image_id: str, expected: set[str]) -> None:
    builder = UsageBuilder(0)
    builder.add_pulled(WEB, image, image_id)
    assert builder.build().of(HERE, "web").digests == expected


def test_what_is_owned_counts_as_its_owner() -> None:
    builder = UsageBuilder(0)
    old, new = (Workload("team-a", "ReplicaSet", name) for name in ("web-1", "web-2"))
    for replica_set in (old, new):
        builder.own(replica_set, Workload("team-a", "Deployment", "web"))
        builder.add(replica_set, f"{HOST}/web:{replica_set.name}")
    builder.add(Workload("team-b", "ReplicaSet", "web-1"), f"{HOST}/web:web-1")
    found = builder.build().of(HERE, "web")
    assert found.users("web-1") == {WEB, Workload("team-b", "ReplicaSet", "web-1")}
    assert found.users("web-2") == {WEB}
    assert found.users("web-3") == frozenset()
    assert found.workloads == 2


def users_of(*workloads: Workload) -> RepositoryUsage:
    return usage_of(*((workload, f"{HOST}/web:v1") for workload in workloads)).of(HERE, "web")


DESCRIBED = {
    "nobody": ((), "no workload"),
    "one of its own": ((WEB,), "Deployment/web"),
    "two of its own": ((WEB, NIGHTLY), "CronJob/nightly and Deployment/web"),
    "one of another namespace": (OTHERS[:1], "1 workload of other namespaces"),
    "two of other namespaces": (OTHERS[:2], "2 workloads of other namespaces"),
    "its own and one other": (
        (WEB, NIGHTLY, OTHERS[0]),
        "CronJob/nightly, Deployment/web and 1 workload of other namespaces",
    ),
    "more than are shown": (
        (WEB, NIGHTLY, Workload("team-a", "Pod", "x"), Workload("team-a", "Pod", "y"), *OTHERS),
        "CronJob/nightly, Deployment/web, 2 more of this namespace and 3 workloads of other namespaces",
    ),
}


@pytest.mark.parametrize(("workloads", "expected"), DESCRIBED.values(), ids=DESCRIBED.keys())
def test_a_namespace_is_told(workloads: tuple[Workload, ...], expected: str) -> None:
    found = users_of(*workloads)
    assert found.describe_users("team-a", ["v1"], limit=2) == expected
    assert found.describe_users("team-a", ["v2"]) == "no workload"


def test_a_workload_that_uses_two_images_is_one() -> None:
    found = usage_of((WEB, f"{HOST}/web:v1"), (WEB, f"{HOST}/web:v2")).of(HERE, "web")
    assert found.describe_users("team-a", ["v1", "v2"]) == "Deployment/web"
    assert found.workloads == 1


def test_at_most_ten_workloads_are_named_the_first_by_kind_and_name() -> None:
    found = users_of(*(Workload("team-a", "Pod", f"p-{number:02}") for number in range(12, 0, -1)), WEB)
    assert found.workloads_in("team-a") == ("Deployment/web", *(f"Pod/p-{n:02}" for n in range(1, 10)))
    assert found.workloads_in("team-a", 1) == ("Deployment/web",)
    assert found.workloads_in("team-b") == ()
    assert found.workloads == 13


NAMESPACES = st.sampled_from(["team-a", "team-b", "team-c"])
WORKLOADS = st.builds(Workload, NAMESPACES, st.sampled_from(["Deployment", "Pod"]), st.sampled_from("xyz"))
USES = st.lists(st.tuples(WORKLOADS, st.sampled_from(["web:v1", "web:v2", "web", f"web@{D1}", "api:v1"])))


@bounded(200)
@given(USES, NAMESPACES, st.randoms())
def test_others_are_only_counted_whatever_the_order(
    uses: list[tuple[Workload, str]], namespace: str, chance: Random
) -> None:
    full = [(workload, f"{HOST}/{image}") for workload, image in uses]
    found = usage_of(*full).of(HERE, "web")
    chance.shuffle(full)
    again = usage_of(*full).of(HERE, "web")
    assert found == again

    text = found.describe_users(namespace, found.by_reference)
    mine = {workload for workload, image in uses if image != "api:v1" and workload.namespace == namespace}
    everybody = {workload for workload, image in uses if image != "api:v1"}
    assert found.workloads == len(everybody)
    assert {one for one in text.replace(" and ", ", ").split(", ") if "/" in one} == {
        workload.title for workload in mine
    }
    assert ("other namespaces" in text) == (everybody != mine)


def test_ten_thousand_pods_of_a_hundred_deployments_are_kept_as_a_hundred() -> None:
    builder = UsageBuilder(0)
    for number in range(10_000):
        replica_set = Workload(f"team-{number % 10}", "ReplicaSet", f"app-{number % 100}-abc")
        builder.own(replica_set, replica_set._replace(kind="Deployment", name=f"app-{number % 100}"))
        for container in ("app", "sidecar"):
            image = f"{HOST}/{container}:v{number % 100}"
            builder.add(replica_set, image)
            builder.add_pulled(replica_set, image, f"{HOST}/{container}@sha256:{number % 100:064}")
        builder.add(replica_set, "docker.io/library/busybox")
    usage = builder.build()

    references = 0
    workloads: dict[int, Workload] = {}
    for repository in ("app", "sidecar"):
        found = usage.of(HERE, repository)
        references += len(found.by_reference)
        for users in found.by_reference.values():
            workloads |= {id(user): user for user in users}
    assert references == 2 * (100 + 100)
    assert len(workloads) == 100
    namespaces = {id(workload.namespace) for workload in workloads.values()}
    assert len(namespaces) == 10
    assert len(usage._found) == 2
