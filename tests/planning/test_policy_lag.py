"""What was just written and is not shown yet is not forgotten: it is taken back when AWS shows it."""

from datetime import timedelta
from typing import Any

import pytest

from ecr_operator.planning.changes import LIFECYCLE, DeleteLifecyclePolicy, DeleteRepositoryPolicy
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.plan import Done, Waiting
from ecr_operator.planning.repository import ObservedRepository, Recorded
from ecr_operator.reasons import Reason
from tests.planning.samples import NOW, desired, observed, plan, recorded
from tests.planning.statements import PULL_ACCESS, allow, policy
from tests.policies import RULE

PULL = "statements/EcrOperatorPull"
LIFECYCLE_SPEC: dict[str, Any] = {"rules": [RULE]}


def written(age: float, *parts: str) -> Recorded:
    """The memory of an object whose policies were written so many seconds ago."""
    return recorded(*parts, policies_written=NOW - timedelta(seconds=age))


UNSEEN: dict[str, tuple[Recorded, str]] = {
    "a statement": (written(1, PULL), PULL),
    "the lifecycle policy": (written(1, LIFECYCLE), LIFECYCLE),
    "both": (written(119, PULL, LIFECYCLE), f"{LIFECYCLE}, {PULL}"),
}
SEEN: dict[str, tuple[DesiredRepository, ObservedRepository, Recorded]] = {
    "nothing was written": (desired(), observed(), recorded(PULL, LIFECYCLE)),
    "it was written long ago": (desired(), observed(), written(120, PULL, LIFECYCLE)),
    "the clock was set back meanwhile": (desired(), observed(), written(-1, PULL, LIFECYCLE)),
    "nothing of it is recorded": (desired(), observed(), written(1, "tags/a")),
    "AWS shows it": (desired(), observed(policy=policy(allow(Sid="EcrOperatorPull"))), written(1, PULL)),
    "the spec wants it": (
        desired(access=PULL_ACCESS, lifecyclePolicy=LIFECYCLE_SPEC),
        observed(),
        written(1, PULL, LIFECYCLE),
    ),
}


@pytest.mark.parametrize(("memory", "parts"), UNSEEN.values(), ids=UNSEEN)
def test_is_waited_for(memory: Recorded, parts: str) -> None:
    result = plan(desired(), observed(), memory)
    assert result.changes == ()
    assert isinstance(result.outcome, Waiting)
    assert result.outcome.reason == Reason.PROGRESSING
    assert result.outcome.message.endswith(parts)
    assert 0 < (result.outcome.after or 0) <= 5


@pytest.mark.parametrize(("wanted", "there", "memory"), SEEN.values(), ids=SEEN)
def test_is_not_waited_for(wanted: DesiredRepository, there: ObservedRepository, memory: Recorded) -> None:
    assert isinstance(plan(wanted, there, memory).outcome, Done)


def test_it_is_taken_back_when_aws_shows_it() -> None:
    there = observed(policy=policy(allow(Sid="EcrOperatorPull")), lifecycle_policy='{"rules": []}')
    changes = plan(desired(), there, written(1, PULL, LIFECYCLE)).changes
    assert [type(change) for change in changes] == [DeleteLifecyclePolicy, DeleteRepositoryPolicy]
