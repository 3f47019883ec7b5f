"""What users do while faults strike: each scenario is a way from one state of an object to another."""

from dataclasses import dataclass

from tests.policies import AUDIT, LAMBDA, OTHER, RULE
from tests.sequences.specs import Spec
from tests.sequences.steps import Meddle
from tests.sequences.vocabulary import OTHER_OWNER

FULL: Spec = {
    "deletionPolicy": "Delete",
    "adoptionPolicy": "Adopt",
    "imageTagMutability": "IMMUTABLE",
    "imageScanningConfiguration": {"scanOnPush": True},
    "lifecyclePolicy": {"rules": [RULE]},
    "access": {"pull": {"accounts": [OTHER]}},
    "repositoryPolicy": {"statements": [AUDIT]},
    "tags": {"a": "1", "b": "1"},
}
CHANGED: Spec = {
    "deletionPolicy": "DeleteWithImages",
    "adoptionPolicy": "Adopt",
    "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}],
    "imageScanningConfiguration": {"scanOnPush": False},
    "lifecyclePolicy": {"rules": [{**RULE, "rulePriority": 2}]},
    "access": {"push": {"accounts": [OTHER]}},
    "repositoryPolicy": {"statements": [{**AUDIT, "Sid": "Other"}]},
    "tags": {"b": "2", "c": "1"},
}
BARE: Spec = {"deletionPolicy": "Delete"}
RETAINED: Spec = {**FULL, "deletionPolicy": "Retain"}

THEIRS = Meddle(
    tags={"theirs": "1", "a": "theirs"},
    statements=(LAMBDA, {**AUDIT, "Sid": "Theirs"}),
    lifecycle="other",
    mutability="IMMUTABLE",
)
DRIFT = Meddle(tags={"theirs": "1", "a": None}, statements=(LAMBDA,), drops=1, lifecycle="none")


@dataclass(frozen=True)
class Scenario:
    """`before` is settled when the faults begin, `after` is what is applied then.

    None is no object. `by_hand` is a repository that is there at first, without an owner or with another's;
    `drift` is what others have done to it since `before`.
    """

    before: Spec | None
    after: Spec | None
    by_hand: Meddle | None = None
    owner: str | None = None
    drift: Meddle | None = None
    vanished: bool = False
    """Somebody has deleted the repository since `before`."""
    again: bool = False
    """The object of `before` is deleted first, and `after` is a new one of its name."""


SCENARIOS: dict[str, Scenario] = {
    "a repository with everything is created": Scenario(None, FULL),
    "everything is changed": Scenario(FULL, CHANGED),
    "all parts are taken out of the spec": Scenario(FULL, BARE),
    "an untagged repository is adopted": Scenario(None, CHANGED, by_hand=THEIRS),
    "another cluster's repository is taken over": Scenario(
        None, {**FULL, "adoptFrom": OTHER_OWNER}, by_hand=THEIRS, owner=OTHER_OWNER
    ),
    "a stalled object is told to adopt": Scenario({**FULL, "adoptionPolicy": "Refuse"}, FULL, by_hand=THEIRS),
    "drift is repaired while the spec changes": Scenario(FULL, CHANGED, drift=DRIFT),
    "foreign statements are removed": Scenario(FULL, {**BARE, "foreignStatements": "Remove"}, drift=THEIRS),
    "a repository that somebody deleted is made again": Scenario(FULL, CHANGED, vanished=True),
    "a kept repository is taken back": Scenario(RETAINED, CHANGED, again=True),
    "a repository is deleted": Scenario(FULL, None),
    "a repository without parts is deleted": Scenario(BARE, None),
    "a kept repository's object is deleted": Scenario(RETAINED, None),
    "deletion comes to be asked for": Scenario(RETAINED, FULL),
    "deletion is asked for no more": Scenario(FULL, RETAINED),
    "an object only observes from now on": Scenario(FULL, {"managementPolicy": "Observe"}),
    "a suspended object goes on": Scenario({**FULL, "suspend": True}, CHANGED),
}
