"""The plan of a repository's policy, in the terms of a test."""

import json
from typing import Any

from ecr_operator.planning.changes import SetRepositoryPolicy
from ecr_operator.planning.plan import Plan, Stalled
from ecr_operator.planning.repository_policy import plan_policy
from tests.planning.samples import PLACE, desired
from tests.planning.statements import PULL, PULL_ACCESS

GRANT: dict[str, Any] = {"access": PULL_ACCESS}
REMOVE: dict[str, Any] = {"foreignStatements": "Remove"}
OLD_PULL = PULL | {"Action": ["ecr:BatchGetImage"]}


def stated(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"repositoryPolicy": {"statements": list(statements)}}


def planned(spec: dict[str, Any], there: str | None, *managed: str) -> Any:
    """The change, the refusal or None."""
    parts = frozenset(f"statements/{sid}" for sid in managed)
    return plan_policy(desired(**spec), there, parts, PLACE, new=False)


def statements_of(change: SetRepositoryPolicy) -> list[Any]:
    found = json.loads(change.text)["Statement"]
    assert isinstance(found, list)
    return found


def refusal(result: Any) -> Stalled:
    assert isinstance(result, Plan)
    assert result.changes == ()
    assert isinstance(result.outcome, Stalled)
    return result.outcome
