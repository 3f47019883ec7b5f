"""Who owns a repository, and whom it may be taken from."""

from dataclasses import dataclass

import pytest

from ecr_operator.planning.ownership import Cluster, ObjectKey, Ownership, judge, owner_to_look_up
from ecr_operator.reasons import Reason
from tests.planning.samples import CLUSTER, OWNER

OURS, RENAMED, TAKE, REFUSED = Ownership.OURS, Ownership.RENAMED, Ownership.TAKE, Ownership.REFUSED
NOT_OURS, ANOTHERS = Reason.REPOSITORY_NOT_OURS, Reason.REPOSITORY_OWNED_BY_ANOTHER
API: ObjectKey = ("team-b", "api")


@dataclass(frozen=True)
class Case:
    """The object `prod/team-a/web` meets a repository with the tag `owner`."""

    owner: str | None
    expected: Ownership
    reason: Reason | None = None
    says: str = ""
    adopt: bool = False
    adopt_from: str | None = None
    gone: tuple[ObjectKey, ...] = ()
    looks_up: ObjectKey | None = None


CASES = {
    "its own tag makes it the owner, whatever else the spec says": Case(
        OWNER, OURS, adopt=True, adopt_from="stage/team-a/web"
    ),
    "its own tag makes it the owner, even where a stale read calls the object gone": Case(
        OWNER, OURS, gone=(("team-a", "web"),)
    ),
    "its own value under a previous cluster name is taken back": Case("blue/team-a/web", RENAMED),
    "any previous cluster name counts": Case("green/team-a/web", RENAMED),
    "an untagged repository is refused": Case(
        None, REFUSED, NOT_OURS, "carries no owner tag; set `adoptionPolicy: Adopt`"
    ),
    "an untagged repository is adopted with Adopt": Case(None, TAKE, adopt=True),
    "adoptFrom alone does not take an untagged repository": Case(
        None, REFUSED, NOT_OURS, "`adoptionPolicy: Adopt`", adopt_from="stage/team-a/web"
    ),
    "another object of the cluster is not robbed": Case(
        "prod/team-b/api", REFUSED, ANOTHERS, "belongs to 'prod/team-b/api'"
    ),
    "nor by Adopt while it lives": Case(
        "prod/team-b/api", REFUSED, ANOTHERS, "delete that object", adopt=True, looks_up=API
    ),
    "nor by adoptFrom while it lives": Case(
        "prod/team-b/api",
        REFUSED,
        ANOTHERS,
        "delete that object (with `deletionPolicy: Retain`)",
        adopt_from="prod/team-b/api",
        looks_up=API,
    ),
    "nor by Adopt when some other object is gone": Case(
        "prod/team-b/api", REFUSED, ANOTHERS, "delete", adopt=True, gone=(("team-b", "db"),), looks_up=API
    ),
    "Adopt takes from an object of the cluster that is gone": Case(
        "prod/team-b/api", TAKE, adopt=True, gone=(API,), looks_up=API
    ),
    "adoptFrom takes from an object of the cluster that is gone": Case(
        "prod/team-b/api", TAKE, adopt_from="prod/team-b/api", gone=(API,), looks_up=API
    ),
    "a gone owner is told of Adopt": Case(
        "prod/team-b/api", REFUSED, ANOTHERS, "that object is gone: set `adoptionPolicy: Adopt`", gone=(API,)
    ),
    "an owner that was not asked for is told of Adopt": Case(
        "prod/team-b/api", REFUSED, ANOTHERS, "if that object is gone, set `adoptionPolicy: Adopt`"
    ),
    "an object under a previous cluster name is one of this cluster: alive": Case(
        "blue/team-b/api", REFUSED, ANOTHERS, "delete that object", adopt_from="blue/team-b/api", looks_up=API
    ),
    "an object under a previous cluster name is one of this cluster: gone": Case(
        "blue/team-b/api", TAKE, adopt=True, gone=(API,), looks_up=API
    ),
    "another cluster is not robbed by Adopt": Case(
        "stage/team-a/web", REFUSED, ANOTHERS, "set `adoptFrom: stage/team-a/web`", adopt=True
    ),
    "another cluster's object of the name of a gone one of ours is not robbed": Case(
        "stage/team-b/api", REFUSED, ANOTHERS, "adoptFrom", adopt=True, gone=(API,)
    ),
    "adoptFrom takes from exactly that owner of another cluster, without a look-up": Case(
        "stage/team-a/web", TAKE, adopt_from="stage/team-a/web"
    ),
    "adoptFrom takes from no other owner": Case(
        "stage/team-a/web", REFUSED, ANOTHERS, "stage/team-a/web", adopt_from="stage/team-a/web2"
    ),
    "a cluster whose name begins like ours is another": Case(
        "production/team-a/web", REFUSED, ANOTHERS, "adoptFrom", adopt=True
    ),
    "a cluster whose name begins like a previous one is another": Case(
        "blue2/team-a/web", REFUSED, ANOTHERS, "adoptFrom: blue2/team-a/web`"
    ),
    "a tag that is no owner value is refused, and Adopt does not help": Case(
        "the web team", REFUSED, ANOTHERS, "that is no owner value: remove the tag", adopt=True
    ),
    "an empty tag is no owner value": Case("", REFUSED, ANOTHERS, "no owner value", adopt=True),
    "more than three parts are no owner value": Case(
        "prod/team-a/web/x", REFUSED, ANOTHERS, "no owner value", adopt=True, gone=(("team-a", "web"),)
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_owner_tag_is_judged(case: Case) -> None:
    verdict = judge(
        case.owner,
        own=OWNER,
        cluster=CLUSTER,
        adopt=case.adopt,
        adopt_from=case.adopt_from,
        gone=case.gone,
    )
    assert verdict.ownership is case.expected
    if case.reason is not None:
        assert verdict.reason is case.reason
        assert case.says in verdict.message
        assert case.owner is None or f"'{case.owner}'" in verdict.message


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_only_an_owner_that_may_be_taken_from_is_looked_up(case: Case) -> None:
    key = owner_to_look_up(
        case.owner, own=OWNER, cluster=CLUSTER, adopt=case.adopt, adopt_from=case.adopt_from
    )
    assert key == case.looks_up


@pytest.mark.parametrize("owner", ["stage//web", "/team-a/web", "the web/mobile/core team"])
def test_a_value_that_adopt_from_cannot_hold_is_no_owner_value(owner: str) -> None:
    verdict = judge(owner, own=OWNER, cluster=CLUSTER, adopt=True, adopt_from=None)
    assert "adoptFrom" not in verdict.message


def test_an_owner_value_names_cluster_namespace_and_object() -> None:
    assert Cluster("prod").owner("team-a", "web") == OWNER


READ_AS = {
    "the present name stays": ("prod/team-a/web", "prod/team-a/web"),
    "a previous name is the present one": ("blue/team-a/web", "prod/team-a/web"),
    "another cluster's stays": ("stage/team-a/web", "stage/team-a/web"),
    "a previous name alone is no owner value": ("blue", "blue"),
    "only the first part is a cluster": ("stage/blue/web", "stage/blue/web"),
}


@pytest.mark.parametrize(("owner", "expected"), READ_AS.values(), ids=READ_AS)
def test_a_previous_cluster_name_is_read_as_the_present_one(owner: str, expected: str) -> None:
    assert CLUSTER.present(owner) == expected


NAMES = {
    "an object of this cluster": ("prod/team-a/web", ("team-a", "web")),
    "an object of this cluster under a previous name": ("green/team-a/web", ("team-a", "web")),
    "no object of another cluster": ("stage/team-a/web", None),
    "no object without a namespace": ("prod//web", None),
    "no object without a name": ("prod/team-a/", None),
    "no object with fewer parts": ("prod/web", None),
    "no object with more parts": ("prod/team-a/web/x", None),
    "no object by an empty value": ("", None),
}


@pytest.mark.parametrize(("owner", "expected"), NAMES.values(), ids=NAMES)
def test_an_owner_value_names(owner: str, expected: ObjectKey | None) -> None:
    assert CLUSTER.object_of(owner) == expected
