"""When somebody keeps undoing what the operator wrote."""

from itertools import pairwise
from typing import Any

import pytest

from ecr_operator.planning.contention import (
    LEFT_ALONE,
    LONGEST_DELAY,
    WINDOW,
    EntryStrikes,
    SecretStrikes,
    last_manager,
)


def test_a_secret_is_restored_at_once_at_first() -> None:
    once = SecretStrikes().struck(100.0)
    twice = once.struck(101.0)
    assert not once.is_held(100.0)
    assert not twice.is_held(101.0)
    assert not twice.is_contested(101.0)


def test_then_with_growing_delay_and_a_name() -> None:
    now, strikes, delays = 0.0, SecretStrikes(), []
    for _ in range(12):
        strikes = strikes.struck(now, "helm")
        delays.append(strikes.until - now)
        now = strikes.until + 1
    assert delays == [0, 0, 5, 10, 20, 40, 80, 160, 320, 600, 600, 600]
    assert strikes.is_contested(now)
    assert strikes.manager == "helm"


def test_a_contested_secret_is_held_until_its_time() -> None:
    strikes = SecretStrikes(count=2, until=100.0).struck(101.0)
    assert strikes.is_held(105.9)
    assert not strikes.is_held(106.0)


def test_strikes_against_a_secret_are_forgotten_in_peace() -> None:
    strikes = SecretStrikes(count=5, until=100.0)
    assert strikes.is_contested(100.0 + WINDOW)
    assert not strikes.is_contested(100.1 + WINDOW)
    assert strikes.struck(100.1 + WINDOW).count == 1
    assert strikes.struck(100.0 + WINDOW).count == 6


def test_weeks_of_strikes_are_no_overflow() -> None:
    assert SecretStrikes(count=10**9, until=0.0).struck(1.0).until == 1.0 + LONGEST_DELAY


def test_nothing_has_happened_at_first() -> None:
    assert SecretStrikes().is_over(0.0)
    assert not SecretStrikes().is_contested(0.0)
    assert EntryStrikes().is_over(0.0)
    assert not EntryStrikes().is_held(0.0, 0)


def entry_struck(*times: float, generation: int = 1) -> EntryStrikes:
    strikes = EntryStrikes()
    for time in times:
        strikes = strikes.struck(time, generation, "argocd-controller")
    return strikes


HELD = {
    "twice": ((0.0, 1.0), False),
    "three times within ten minutes": ((0.0, 300.0, 599.0), True),
    "three times, the first long ago": ((0.0, 300.0, 600.0), False),
    "the last three within ten minutes": ((0.0, 300.0, 650.0, 700.0), True),
}


@pytest.mark.parametrize(("times", "expected"), HELD.values(), ids=HELD)
def test_an_entry_is_left_alone(times: tuple[float, ...], expected: bool) -> None:
    assert entry_struck(*times).is_held(times[-1], 1) is expected


def test_an_entry_is_left_alone_for_an_hour_or_until_the_object_changes() -> None:
    strikes = entry_struck(0.0, 1.0, 2.0)
    assert strikes.manager == "argocd-controller"
    assert strikes.is_held(1.0 + LEFT_ALONE, 1)
    assert not strikes.is_held(2.0 + LEFT_ALONE, 1)
    assert not strikes.is_held(3.0, 2)


def test_after_the_hour_it_takes_three_more() -> None:
    later = 2.0 + LEFT_ALONE
    strikes = entry_struck(0.0, 1.0, 2.0).struck(later, 1).struck(later + 1, 1)
    assert not strikes.is_held(later + 1, 1)
    assert strikes.struck(later + 2, 1).is_held(later + 2, 1)


def test_strikes_against_an_entry_are_forgotten_in_peace() -> None:
    assert not entry_struck(0.0).is_over(599.0)
    assert entry_struck(0.0).is_over(600.0)
    assert not entry_struck(0.0, 1.0, 2.0).is_over(3000.0)
    assert entry_struck(0.0, 1.0, 2.0).is_over(3602.0)


def test_strikes_hold_no_more_than_they_need() -> None:
    strikes = EntryStrikes()
    for now in range(0, 100_000, 301):
        strikes = strikes.struck(float(now), 1)
        assert len(strikes.times) < 3


def test_delays_never_shrink() -> None:
    strikes, ends = SecretStrikes(), []
    for now in range(20):
        strikes = strikes.struck(float(now))
        ends.append(strikes.until - now)
    assert all(one <= other for one, other in pairwise(ends))


def fields(manager: str, time: str, *names: str, **more: Any) -> dict[str, Any]:
    return {"manager": manager, "time": time, "fieldsV1": {f"f:{name}": {} for name in names}, **more}


OURS = fields("ecr-operator", "2026-11-24T12:00:00Z", "data")
HELM = fields("helm", "2026-11-24T11:00:00Z", "data")
KUBECTL = fields("kubectl-edit", "2026-11-24T11:30:00Z", "data")
LABELS = fields("labeller", "2026-11-24T11:59:00Z", "metadata")

MANAGERS = {
    "nobody": ([], "somebody"),
    "only we": ([OURS], "somebody"),
    "one beside us": ([OURS, HELM], "helm"),
    "the later of two": ([KUBECTL, HELM, OURS], "kubectl-edit"),
    "one that wrote the field, before one that wrote another": ([LABELS, HELM], "helm"),
    "one that wrote another field, if none wrote this": ([OURS, LABELS], "labeller"),
    "not one that wrote a status": ([fields("kubelet", "2026", "status", subresource="status")], "somebody"),
    "one without a time": ([{"manager": "old", "fieldsV1": {"f:data": {}}}], "old"),
    "one without fields": ([{"manager": "old"}], "old"),
    "one without a name": ([{"fieldsV1": {"f:data": {}}}], "somebody"),
}


@pytest.mark.parametrize(("managed", "expected"), MANAGERS.values(), ids=MANAGERS)
def test_who_did_it(managed: list[dict[str, Any]], expected: str) -> None:
    assert last_manager(managed, "data") == expected
