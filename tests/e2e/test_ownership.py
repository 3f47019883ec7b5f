"""A repository is never taken from anybody, unless the spec says from whom."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, message
from tests.running import RunningOperator
from tests.waiting import until


@pytest.fixture(scope="module")
def operator(cluster: Cluster, aws: FakeAws) -> Iterator[RunningOperator]:
    with RunningOperator(
        cluster.operator_kubeconfig, adoption="Everywhere", previous_cluster_names=("old", "older")
    ) as running:
        yield running


pytestmark = pytest.mark.usefixtures("operator")


def test_an_existing_repository_is_not_ours(repositories: Repositories) -> None:
    repositories.by_hand("there", imageTagMutability="MUTABLE")

    repositories.create("there", imageTagMutability="IMMUTABLE", tags={"a": "1"})
    obj = repositories.stalled("there", "RepositoryNotOurs")

    assert "`adoptionPolicy: Adopt`" in message(obj)
    # Nor may a reader of the status take the repository for the object's.
    assert not {"managed", "repositoryUri", "repositoryArn", "owner"} & obj["status"].keys()
    assert repositories.writes() == []
    found = repositories.in_aws("there")
    assert found is not None
    assert (found["imageTagMutability"], found["tags"]) == ("MUTABLE", {})
    assert repositories.event(obj, "RepositoryNotOurs")["type"] == "Warning"


def test_adopt_takes_an_untagged_repository_and_then_manages_it(
    repositories: Repositories, aws: FakeAws
) -> None:
    repositories.by_hand("adopt")
    repositories.tag_by_hand("adopt", theirs="stays")

    repositories.create("adopt", adoptionPolicy="Adopt", imageTagMutability="IMMUTABLE", tags={"a": "1"})
    repositories.reconciling("adopt", "Adopting")
    obj = repositories.ready("adopt")
    # The owner tag alone, and after the pause what the spec asks for.
    assert repositories.writes() == ["TagResource", "TagResource", "PutImageTagMutability"]
    tagged = [
        [tag["Key"] for tag in write["parameters"]["tags"]]
        for write in aws.writes(prefix=repositories.name("adopt"))
        if write["operation"] == "TagResource"
    ]
    assert tagged == [["ecr-operator.dev/owner"], ["a"]]

    found = repositories.in_aws("adopt")
    assert found is not None
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["tags"] == {
        "theirs": "stays",
        "a": "1",
        "ecr-operator.dev/owner": repositories.owner("adopt"),
    }
    assert obj["status"]["managed"] == ["imageTagMutability", "repository", "tags/a"]
    repositories.event(obj, "RepositoryAdopted")


def test_another_owners_repository_is_refused_with_the_field_that_takes_it(
    repositories: Repositories,
) -> None:
    repositories.by_hand("theirs", owner="prod/web/shop")

    repositories.create("theirs", adoptionPolicy="Adopt", tags={"a": "1"})
    obj = repositories.stalled("theirs", "RepositoryOwnedByAnother")

    assert "`adoptFrom: prod/web/shop`" in message(obj)
    assert repositories.writes() == []
    found = repositories.in_aws("theirs")
    assert found is not None
    assert found["tags"] == {"ecr-operator.dev/owner": "prod/web/shop"}


def test_adopt_from_takes_over_from_exactly_that_owner(repositories: Repositories) -> None:
    repositories.by_hand("from", owner="prod/web/shop")
    repositories.create("from", adoptFrom="prod/web/other")
    repositories.stalled("from", "RepositoryOwnedByAnother")

    repositories.patch("from", adoptFrom="prod/web/shop")
    obj = repositories.ready("from")

    assert obj["status"]["owner"] == repositories.owner("from")


def test_the_repository_of_a_live_object_is_never_taken(repositories: Repositories) -> None:
    # Another name for the object, the same repository: only the tag stands between the two.
    repositories.created("holder")
    holder = repositories.owner("holder")
    repositories.patch("holder", managementPolicy="Observe")
    repositories.ready("holder")

    repositories.create(
        "taker", repositoryName=repositories.name("holder"), adoptionPolicy="Adopt", adoptFrom=holder
    )
    obj = repositories.stalled("taker", "RepositoryOwnedByAnother")

    assert "delete that object" in message(obj)
    found = repositories.in_aws("holder")
    assert found is not None
    assert found["tags"]["ecr-operator.dev/owner"] == holder


def test_the_repository_of_an_object_that_is_gone_can_be_adopted(repositories: Repositories) -> None:
    repositories.created("before")
    repositories.delete("before")
    repositories.wait_gone("before")
    name = repositories.name("before")

    repositories.create("after", repositoryName=name)
    obj = repositories.stalled("after", "RepositoryOwnedByAnother")
    assert "`adoptionPolicy: Adopt`" in message(obj)
    repositories.patch("after", adoptionPolicy="Adopt")
    obj = repositories.ready("after")

    assert obj["status"]["owner"] == repositories.owner("after")


def test_an_owner_of_a_previous_cluster_name_is_taken_back_and_rewritten(repositories: Repositories) -> None:
    for name, previous in (("own", "old"), ("own2", "older")):
        repositories.by_hand(name, owner=f"{previous}/{repositories.namespace}/{name}")
        repositories.create(name)
        repositories.ready(name)
        found = repositories.in_aws(name)
        assert found is not None
        assert found["tags"] == {"ecr-operator.dev/owner": repositories.owner(name)}


def test_another_objects_repository_of_a_previous_cluster_name_stays_anothers(
    repositories: Repositories,
) -> None:
    repositories.by_hand("moved", owner=f"old/{repositories.namespace}/somebody")

    repositories.create("moved")
    repositories.stalled("moved", "RepositoryOwnedByAnother")
    assert repositories.writes() == []
    # That object is gone, so it may be adopted as one of this cluster.
    repositories.patch("moved", adoptionPolicy="Adopt")
    repositories.ready("moved")


def test_who_lost_the_owner_tag_to_another_adopter_writes_nothing_more(repositories: Repositories) -> None:
    # The pause between the tag and the second look is the time in which the other one writes its tag.
    arn = repositories.by_hand("race")
    repositories.create("race", adoptionPolicy="Adopt", imageTagMutability="IMMUTABLE", tags={"a": "1"})
    until(repositories.cluster, repositories.writes, "owner tag", interval=0.01)
    rival = f"rival/{repositories.namespace}/race"

    repositories.ecr.tag_resource(resourceArn=arn, tags=[{"Key": "ecr-operator.dev/owner", "Value": rival}])
    obj = repositories.stalled("race", "RepositoryOwnedByAnother")

    assert rival in message(obj)
    assert repositories.writes() == ["TagResource"]
    found = repositories.in_aws("race")
    assert found is not None
    assert found["tags"] == {"ecr-operator.dev/owner": rival}
    assert found["imageTagMutability"] == "MUTABLE"
    assert "managed" not in obj["status"]


def test_a_tag_recorded_before_the_repository_was_ours_is_not_taken_back(
    repositories: Repositories,
) -> None:
    """A listing is out of date, so a create is tried and refused: what it would have set is not ours."""
    for number in range(5):
        repositories.create(f"wave-{number}")
    for number in range(5):
        repositories.ready(f"wave-{number}")
    repositories.by_hand("late")
    repositories.tag_by_hand("late", team="theirs")

    repositories.create("late", adoptionPolicy="Adopt", tags={"team": "ours"})
    repositories.reconciling("late", "Adopting")
    assert repositories.get("late")["status"]["managed"] == ["repository"]
    repositories.patch("late", tags=None)
    repositories.ready("late")

    found = repositories.in_aws("late")
    assert found is not None
    assert found["tags"]["team"] == "theirs"
    assert "UntagResource" not in repositories.calls()


def test_a_repository_that_aws_denies_and_refuses_to_create_is_no_storm(
    repositories: Repositories, aws: FakeAws
) -> None:
    """AlreadyExists and NotFound at once, as right after a creation whose answer was lost."""
    rule = aws.inject("DescribeRepositories", "RepositoryNotFoundException", prefix=repositories.name("lag"))
    repositories.by_hand("lag", owner=repositories.owner("lag"))

    repositories.create("lag")
    repositories.reconciling("lag", "Progressing")
    assert repositories.aws.calls(prefix=repositories.name("lag")).get("CreateRepository", 0) <= 3
    aws.clear(rule)
    obj = repositories.ready("lag")

    assert obj["status"]["owner"] == repositories.owner("lag")


def test_what_was_managed_before_observing_is_still_known_after_it(repositories: Repositories) -> None:
    repositories.created("pause", tags={"a": "1", "b": "2"})
    repositories.patch("pause", managementPolicy="Observe", tags={"a": "1", "b": None})
    repositories.wait("pause", "Ready", "True", "Observed")

    repositories.patch("pause", managementPolicy="Manage")
    repositories.wait("pause", "Ready", "True", "InSync")

    found = repositories.in_aws("pause")
    assert found is not None
    assert "b" not in found["tags"]
