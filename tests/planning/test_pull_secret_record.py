"""The status of an EcrPullSecret: what it keeps of credentials, whatever becomes of a refresh."""

from datetime import UTC, datetime, timedelta

import pytest

from ecr_operator.api.pull_secret import EcrPullSecretStatus
from ecr_operator.planning.plan import Done, Outcome, Retrying, Stalled, Suspended, Waiting
from ecr_operator.planning.pull_secret_record import Facts, Held, pull_secret_status, recorded_life
from ecr_operator.planning.pull_secret_status import summary
from ecr_operator.planning.token_life import Life
from ecr_operator.reasons import Reason

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIFE = Life.of_token(NOW, NOW + 12 * HOUR, 0.5)
HELD = Held("hash", LIFE, "arn", ("host",), "spec", narrowed=True)
SUMS = summary("pull", ["a"], ["a"], [])
FAILURES: list[Outcome] = [Stalled(Reason.ACCESS_DENIED, "no"), Retrying(Reason.THROTTLED, "slowly")]


def status(
    previous: EcrPullSecretStatus, outcome: Outcome, held: Held | None = HELD, now: datetime = NOW
) -> EcrPullSecretStatus:
    return pull_secret_status(previous, outcome, Facts("ecr", held), SUMS, generation=1, now=now)


READY = status(EcrPullSecretStatus(), Done())


@pytest.mark.parametrize("outcome", [*FAILURES, Waiting(Reason.PROGRESSING, "at work"), Suspended()])
@pytest.mark.parametrize("held", [HELD, None])
def test_what_a_start_needs_stays_whatever_happens(outcome: Outcome, held: Held | None) -> None:
    after = status(READY, outcome, held, NOW + HOUR)
    assert (after.content_hash, after.applied_hash) == ("hash", "spec")
    assert recorded_life(after) == recorded_life(READY) == LIFE


@pytest.mark.parametrize("outcome", [*FAILURES, Suspended()])
@pytest.mark.parametrize("held", [HELD, None])
def test_the_end_is_told_with_and_without_credentials_at_hand(outcome: Outcome, held: Held | None) -> None:
    told = []
    for hours in (8.9, 9.1, 11.9, 12.1):
        condition = status(READY, outcome, held, NOW + hours * HOUR).condition("ExpiringSoon")
        told.append(condition and condition.reason)
    assert told == [None, Reason.NOT_REFRESHED, Reason.NOT_REFRESHED, Reason.EXPIRED]


def test_privilege_is_that_of_the_credentials() -> None:
    narrowed = READY.condition("LeastPrivilege")
    assert narrowed is not None
    assert (narrowed.status, narrowed.reason) == ("True", Reason.SESSION_NARROWED)
    wide = status(READY, Done(), Held("hash", LIFE, None, ("host",), "spec", narrowed=False))
    found = wide.condition("LeastPrivilege")
    assert found is not None
    assert (found.status, found.reason) == ("Unknown", Reason.OPERATOR_IDENTITY_USED)
    assert wide.identity is None


def test_a_status_without_both_dates_tells_of_no_life() -> None:
    assert recorded_life(EcrPullSecretStatus()) is None
    assert recorded_life(EcrPullSecretStatus(expires_at=NOW)) is None
