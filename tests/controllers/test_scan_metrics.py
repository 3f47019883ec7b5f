"""Which findings are told as metrics: known ones alone."""

from typing import Any

import pytest

from ecr_operator.controllers import scan_metrics
from ecr_operator.controllers.scan_metrics import findings

Json = dict[str, Any]


def repository(name: str, worst: Json | None) -> Json:
    """An object as the store has it."""
    scan = {} if worst is None else {"worst": worst}
    return {"metadata": {"namespace": "team-a", "name": name}, "status": {"scan": scan}}


ZEROS = {"CRITICAL": 0, "HIGH": 0, "MEDIUM": 0}
WORST: dict[str, tuple[Json | None, Json]] = {
    "nothing known": (None, {}),
    "known to be none": (ZEROS, ZEROS),
    "of an image that is scanned no more": ({"CRITICAL": 2, "LOW": 7}, {"CRITICAL": 2}),
    "of one that had none when its scan ended": ({}, {}),
}


@pytest.mark.parametrize(("worst", "told"), WORST.values(), ids=WORST)
def test_a_severity_of_which_nothing_is_known_has_no_series(worst: Json | None, told: Json) -> None:
    found = dict(findings([repository("web", worst)]))
    assert found == {("team-a", "web", severity): number for severity, number in told.items()}


def test_of_too_many_objects_those_with_the_worst_findings_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_metrics, "REPOSITORIES_MAX", 2)
    objects = [
        repository("none", ZEROS),
        repository("same", {"CRITICAL": 1}),
        repository("bad", {"CRITICAL": 1}),
        repository("high", {"HIGH": 9}),
    ]
    assert {name for (_, name, _), _ in findings(objects)} == {"same", "bad"}
