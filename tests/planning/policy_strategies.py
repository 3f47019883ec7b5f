"""Random policies, of specs and as they are met in AWS, small enough to meet each other."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from ecr_operator.planning.policy_document import parse_policy, sid_of
from ecr_operator.planning.policy_equality import canonical
from tests.planning.formats import shown_lifecycle, shown_policy
from tests.planning.samples import PLACE
from tests.planning.statements import FOREIGN, LAMBDA, OTHER, PULL, ROLE, allow, policy

OUR_SIDS = ("one", "two")
"""What specs use beside grants, and what outsiders meddle with."""

ACCESS: st.SearchStrategy[dict[str, Any] | None] = st.sampled_from(
    [
        None,
        None,
        {},
        {"pull": {"accounts": [OTHER]}},
        {"pull": {"accounts": ["111122223333", OTHER], "organizations": ["o-a1b2c3d4e5"]}},
        {"push": {"principals": [ROLE], "services": ["codebuild.amazonaws.com"]}},
        {"lambda": {"accounts": [OTHER]}},
    ]
)
TEAM = {
    "StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"},
    "Bool": {"aws:SecureTransport": True},
}
_OPTIONS: tuple[list[Any], ...] = (
    [None, allow("one"), allow("one", Resource="*", Action=["ecr:PutImage", "ecr:ListImages"])],
    [None, None, allow("two", Effect="Deny", Principal="*", Condition=TEAM)],
)
STATEMENTS = st.tuples(*map(st.sampled_from, _OPTIONS)).map(
    lambda drawn: {"statements": [one for one in drawn if one]} if any(drawn) else None
)
FOREIGN_STATEMENTS = st.sampled_from([None, None, "Keep", "Remove"])

_UNTAGGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
_TAGGED = {
    "tagStatus": "tagged",
    "tagPatternList": ["b*", "a*"],
    "countType": "imageCountMoreThan",
    "countNumber": 5,
}
_RULES = [
    {"rulePriority": 2, "selection": _UNTAGGED, "action": {"type": "expire"}},
    {"rulePriority": 1, "selection": _TAGGED, "action": {"type": "expire"}},
]
_LIFECYCLES: list[dict[str, Any]] = [{"rules": _RULES}, {"rules": _RULES[:1]}]
LIFECYCLES: st.SearchStrategy[dict[str, Any] | None] = st.sampled_from([None, None, *_LIFECYCLES])

LIFECYCLE_TEXTS: st.SearchStrategy[str | None] = st.sampled_from(
    [None, "{", *(shown_lifecycle(json.dumps(one), Random(seed)) for one in _LIFECYCLES for seed in range(2))]
)
"""As they may be met in AWS."""

FOREIGN_LISTS = st.lists(st.sampled_from(list(FOREIGN.values())), max_size=2)
"""Statements whose Sids no spec uses."""
_LARGE = allow("Large", Condition={"StringEquals": {"x": "x" * 9_800}})
_OURS = [PULL, PULL | {"Effect": "Deny"}, allow("EcrOperatorOld"), allow("one"), allow("two", Action="ecr:*")]
VERSIONS = st.sampled_from(["2012-10-17", "2008-10-17", None])
READABLE_TEXTS = st.builds(
    lambda foreign, ours, version, seed: shown_policy(
        policy(*foreign, *ours, version=version, Id="theirs"), Random(seed)
    ),
    FOREIGN_LISTS,
    st.lists(st.sampled_from(_OURS), max_size=2, unique_by=json.dumps),
    VERSIONS,
    st.integers(0, 5),
)
POLICY_TEXTS: st.SearchStrategy[str | None] = st.one_of(
    st.none(),
    READABLE_TEXTS,
    READABLE_TEXTS,
    st.sampled_from(["{", '{"Statement": 7}', policy(LAMBDA, _LARGE), policy()]),
)
"""As they may be met in AWS; some cannot be read, or leave no room."""


def is_foreign(statement: Any) -> bool:
    """Whether no spec of these ever asks for it."""
    sid = sid_of(statement)
    return sid is None or not (sid in OUR_SIDS or sid.startswith("EcrOperator"))


def meanings(text: str | None, *, foreign: bool) -> list[str]:
    """What the foreign statements of a policy mean, or the others, in one order."""
    return sorted(
        canonical(statement, PLACE)
        for statement in parse_policy(text).statements
        if is_foreign(statement) is foreign
    )


def meddled(
    text: str | None, foreign: list[Any], *, drops: bool, version: str | None, seed: int
) -> str | None:
    """The policy after somebody has put his statements there, and dropped or changed the others."""
    rest = [statement for statement in parse_policy(text).statements if not is_foreign(statement)]
    ours = (
        [] if drops else [statement | {"Action": "ecr:DescribeImages"} for statement in rest[:1]] + rest[1:]
    )
    if not foreign and not ours:
        return None
    return shown_policy(policy(*foreign, *ours, version=version), Random(seed))
