"""What a repository holds: when it is looked at, what the status says of it, and what that costs."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster, Object
from tests.fake_aws.client import FakeAws
from tests.lifecycle import DAY, LifecyclePolicies
from tests.repositories import KIND, Repositories, condition, message
from tests.running import RunningOperator
from tests.waiting import until

INTERVAL = 0.5
QUOTA = 10


@pytest.fixture(scope="module")
def operator(cluster: Cluster, aws: FakeAws) -> Iterator[RunningOperator]:
    """It counts images all the time."""
    with RunningOperator(
        cluster.operator_kubeconfig,
        inventory_seconds=INTERVAL,
        inventory_calls_per_minute=6000,
        image_quota=QUOTA,
        prices="standard=0.10,archive=0.05",
        adoption="Everywhere",
    ) as running:
        yield running


def counted(repositories: Repositories, name: str, number: int, **more: object) -> Object:
    """Wait until the status says that there are so many images, and more of them."""

    def holds(obj: Object) -> bool:
        images = obj["status"]["images"]
        return images["count"] == number and more.items() <= images.items()

    return repositories.cluster.wait_for(KIND, repositories.namespace, name, holds, what=f"{number} images")


def has(repositories: Repositories, name: str, *conditions: str) -> Object:
    """Wait until of the conditions about the quota there are these alone."""

    def holds(obj: Object) -> bool:
        return {type for type in ("NearImageQuota", "QuotaReached") if condition(obj, type)} == set(
            conditions
        )

    what = f"{conditions}"
    return repositories.cluster.wait_for(KIND, repositories.namespace, name, holds, what=what)


def test_a_repository_just_created_is_empty_without_a_call_or_a_write_for_it(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        created = repositories.create("web")
        obj = repositories.ready("web")
        images = obj["status"]["images"]
        assert (images["count"], images["taggedCount"], images["sizeBytes"]) == (0, 0, 0)
        assert obj["status"]["inUse"] == {"images": 0}
        assert "latest" not in images
        assert "estimatedMonthlyCostUSD" not in obj["status"]
        repositories.created("later")
        assert "DescribeImages" not in repositories.calls()
        # What it is about to write, and what came of it.
        since = created["metadata"]["resourceVersion"]
        assert len(cluster.history(KIND, repositories.namespace, "web", since)) == 2


@pytest.mark.usefixtures("operator")
def test_what_is_there_already_is_counted_at_the_first_look(
    repositories: Repositories, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    spec = {"adopted": {"adoptionPolicy": "Adopt"}, "observed": {"managementPolicy": "Observe"}}
    for name in spec:
        where = repositories.name(name)
        repositories.by_hand(name)
        child = aws.put_image(where, age=9 * DAY, size=2_000_000_000)["imageDigest"]
        index = aws.put_image(where, ["1", "1.4.2", "latest"], age=8 * DAY, children=[child])["imageDigest"]
        aws.put_image(where, ["old"], age=30 * DAY, size=1_000_000_000, status="ARCHIVED", archived_at=1.7e9)
        # Pushed later, and no image.
        aws.put_image(
            where,
            ["chart"],
            age=DAY,
            size=0,
            media_type="application/vnd.oci.image.manifest.v1+json",
            artifact_media_type="application/vnd.cncf.helm.config.v1+json",
        )
        # What the index refers to is asked for with its scan, and AWS takes that for a pull.
        repositories.create(name, images={"scanFindings": False}, **spec[name])
        status = repositories.ready(name)["status"]
        assert status["images"]["count"] == 4
        assert status["images"]["taggedCount"] == 3
        assert status["images"]["sizeBytes"] == 3_000_000_000
        assert (status["images"]["latest"]["tag"], status["images"]["latest"]["digest"]) == ("1.4.2", index)
        assert status["estimatedMonthlyCostUSD"] == "0.25"
        assert status["inUse"] == {"images": 0}
        assert "lastPulledAt" not in status["images"]

        aws.put_image(where, ["pulled"], age=2 * DAY, size=0, pulled_at=1_760_000_000.0)
        obj = counted(repositories, name, 5, lastPulledAt="2025-10-09")
        assert condition(obj, "Ready")["status"] == "True"
    # One that is only observed is not written to.
    assert not aws.writes(prefix=repositories.name("observed"))


@pytest.mark.usefixtures("operator")
def test_who_uses_images_is_said_as_it_changes(
    repositories: Repositories, policies: LifecyclePolicies
) -> None:
    repositories.created("web")
    policies.images("web", "v1", "v2")
    policies.pod("old", "web", ":v1")

    def used(status: Object) -> Object:
        return repositories.cluster.wait_for(
            KIND,
            repositories.namespace,
            "web",
            lambda obj: obj["status"]["inUse"] == status,
            what=f"{status}",
        )

    used({"images": 1, "workloads": ["Pod/old"]})
    policies.remove_pod("old")
    used({"images": 0})


@pytest.mark.usefixtures("operator")
def test_the_quota_is_told_of_before_pushes_fail(repositories: Repositories, aws: FakeAws) -> None:
    where = repositories.name("web")
    repositories.created("web")
    aws.put_images([where], QUOTA - 2)
    counted(repositories, "web", QUOTA - 2)
    has(repositories, "web")
    aws.put_image(where, ["near"])
    obj = has(repositories, "web", "NearImageQuota")
    assert "90 % of its quota of 10" in message(obj, "NearImageQuota")
    aws.put_image(where, ["full"])
    obj = has(repositories, "web", "QuotaReached")
    assert "403" in message(obj, "QuotaReached")
    # Nobody has to do anything about the object.
    assert condition(obj, "Ready")["status"] == "True"
    aws.delete_images(where)
    has(repositories, "web")


@pytest.mark.usefixtures("operator")
def test_a_quiet_interval_costs_one_call_and_no_write(
    repositories: Repositories, cluster: Cluster, aws: FakeAws
) -> None:
    names = ("one", "two")
    for name in names:
        repositories.created(name, images={"scanFindings": False})
        aws.put_images([repositories.name(name)], 3)
    before = [counted(repositories, name, 3)["metadata"]["resourceVersion"] for name in names]
    for name in names:
        repositories.ready(name)
    aws.reset_calls()

    def looks(name: str) -> int:
        return aws.calls(prefix=repositories.name(name)).get("DescribeImages", 0)

    until(cluster, lambda: all(looks(name) >= 4 for name in names), "looks")
    # Each interval is up to a tenth longer or shorter.
    assert abs(looks("one") - looks("two")) <= 2
    assert set(repositories.calls()) == {"DescribeImages"}
    assert [repositories.get(name)["metadata"]["resourceVersion"] for name in names] == before


@pytest.mark.usefixtures("operator")
def test_a_repository_that_is_gone_is_seen_by_its_inventory(
    repositories: Repositories, cluster: Cluster, aws: FakeAws
) -> None:
    repositories.by_hand("observed")
    repositories.created("observed", managementPolicy="Observe")
    repositories.created("managed")
    for name in ("observed", "managed"):
        aws.put_images([repositories.name(name)], 2)
        counted(repositories, name, 2)
    for name in ("observed", "managed"):
        repositories.ecr.delete_repository(repositoryName=repositories.name(name), force=True)

    obj = repositories.reconciling("observed", "RepositoryNotFound")
    assert "images" not in obj["status"]
    assert repositories.in_aws("observed") is None
    obj = counted(repositories, "managed", 0)
    repositories.event(obj, "RepositoryRecreated")
    assert repositories.in_aws("managed") is not None
