"""Random specs, repositories and memories, small enough to meet each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from ecr_operator.planning.changes import LIFECYCLE, MUTABILITY, REPOSITORY, SCANNING
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.ownership import ObjectKey
from tests.planning.policy_strategies import (
    ACCESS,
    FOREIGN_STATEMENTS,
    LIFECYCLE_TEXTS,
    LIFECYCLES,
    OUR_SIDS,
    POLICY_TEXTS,
    STATEMENTS,
)
from tests.planning.samples import (
    KEY_ARN,
    KEY_ID,
    OTHER_KEY_ARN,
    OWNER,
    desired,
    many_tags,
    observed,
    recorded,
)

OUR_KEYS = ("a", "b", "c")
"""What specs and default tags use, and what outsiders meddle with."""
FOREIGN_KEYS = frozenset({"x", "y", "aws:z"})
"""What only outsiders use."""


def tags_of(keys: Iterable[str], values: Sequence[str | None] = ("", "1")) -> st.SearchStrategy[Any]:
    """Some of the keys, each with one of the values."""
    keys = tuple(keys)
    return st.tuples(*(st.sampled_from([ABSENT, *values]) for _ in keys)).map(
        lambda drawn: {key: value for key, value in zip(keys, drawn, strict=True) if value != ABSENT}
    )


ABSENT = "absent"
TAGS = tags_of(OUR_KEYS)
FOREIGN_TAGS = tags_of(sorted(FOREIGN_KEYS))

OWNERS = st.sampled_from(
    [
        None,
        "",
        OWNER,
        "blue/team-a/web",
        "prod/team-b/api",
        "green/team-b/api",
        "stage/team-a/web",
        "prod/team-a",
        "not an owner",
    ]
)
API, DB = ("team-b", "api"), ("team-b", "db")
GONE: st.SearchStrategy[tuple[ObjectKey, ...]] = st.sampled_from([(), (API,), (DB,)])
Encryption = tuple[str | None, str | None]
"""Type and key."""
ENCRYPTIONS: st.SearchStrategy[Encryption] = st.sampled_from(
    [
        (None, None),
        ("AES256", None),
        ("KMS", None),
        ("KMS", KEY_ARN),
        ("KMS", KEY_ID),
        ("KMS_DSSE", "alias/web"),
    ]
)


def encrypted(wanted: DesiredRepository, encryption: Encryption) -> DesiredRepository:
    """The spec that asks for this encryption as well."""
    return replace(wanted, encryption_type=encryption[0], kms_key=encryption[1])


@dataclass(frozen=True)
class Mutability:
    value: str
    filters: tuple[str, ...] = ()

    def exclusions(self) -> list[dict[str, str]] | None:
        """As a spec has them."""
        return [{"filterType": "WILDCARD", "filter": text} for text in self.filters] or None


MUTABILITIES = st.sampled_from(
    [
        Mutability("MUTABLE"),
        Mutability("IMMUTABLE"),
        Mutability("MUTABLE_WITH_EXCLUSION", ("latest",)),
        Mutability("IMMUTABLE_WITH_EXCLUSION", ("latest",)),
        Mutability("IMMUTABLE_WITH_EXCLUSION", ("dev-*", "latest")),
    ]
)


SPECS = st.builds(
    lambda tags, defaults, mutability, scanning, deletion, lifecycle, policy: desired(
        tags=tags,
        imageTagMutability=mutability.value if mutability else None,
        imageTagMutabilityExclusionFilters=mutability.exclusions() if mutability else None,
        imageScanningConfiguration={"scanOnPush": scanning},
        deletionPolicy=deletion,
        lifecyclePolicy=lifecycle,
        access=policy[0],
        repositoryPolicy=policy[1],
        foreignStatements=policy[2],
        default_tags=defaults,
    ),
    tags=TAGS,
    defaults=st.sampled_from([{}, {"a": "d"}, {"b": "d", "c": "1"}]),
    mutability=st.none() | MUTABILITIES,
    scanning=st.sampled_from([None, True, False]),
    deletion=st.sampled_from([None, "Retain", "Delete"]),
    lifecycle=LIFECYCLES,
    policy=st.tuples(ACCESS, STATEMENTS, FOREIGN_STATEMENTS),
)
"""Specs that the API server accepts, with the settings of some start of the operator."""

ANY_SPECS = st.builds(
    lambda wanted, encryption, adopt, adopt_from, observe: replace(
        encrypted(wanted, encryption), adopt=adopt, adopt_from=adopt_from, observe=observe
    ),
    wanted=SPECS,
    encryption=ENCRYPTIONS,
    adopt=st.booleans(),
    adopt_from=st.sampled_from([None, "stage/team-a/web", "prod/team-b/api", "green/team-b/api"]),
    observe=st.sampled_from([False, False, False, True]),
)
"""Specs that may adopt, observe, and ask for some encryption."""

REPOSITORIES = st.builds(
    lambda owner, filler, ours, theirs, mutability, scanning, encryption, lifecycle, policy: observed(
        owner,
        tags=many_tags(filler, "filler") | ours | theirs,
        mutability=mutability.value,
        exclusion_filters=mutability.filters,
        scan_on_push=scanning,
        encryption_type=encryption[0],
        kms_key=encryption[1],
        lifecycle_policy=lifecycle,
        policy=policy,
    ),
    owner=OWNERS,
    filler=st.sampled_from([0, 0, 0, 46, 49]),
    ours=TAGS,
    theirs=FOREIGN_TAGS,
    mutability=MUTABILITIES,
    scanning=st.booleans(),
    encryption=st.sampled_from(
        [("AES256", None), ("KMS", KEY_ARN), ("KMS", OTHER_KEY_ARN), ("KMS_DSSE", KEY_ARN)]
    ),
    lifecycle=LIFECYCLE_TEXTS,
    policy=POLICY_TEXTS,
)
"""Repositories as they may be met."""

PARTS = [
    MUTABILITY,
    SCANNING,
    LIFECYCLE,
    *(f"tags/{key}" for key in OUR_KEYS),
    *(f"statements/{sid}" for sid in (*OUR_SIDS, "EcrOperatorPull")),
]


MEMORIES = st.builds(
    lambda owns, bits: recorded(
        managed=frozenset(
            [REPOSITORY] * owns + [part for number, part in enumerate(PARTS) if bits >> number & 1]
        )
    ),
    owns=st.booleans(),
    bits=st.integers(0, 2 ** len(PARTS) - 1),
)
"""What a status may remember: any parts, of an object that owns its repository or does not."""
