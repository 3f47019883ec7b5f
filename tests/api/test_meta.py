"""How objects are read from and written to the wire."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from ecr_operator.api.meta import Condition
from ecr_operator.api.repository import (
    AdoptionPolicy,
    DeletionPolicy,
    EcrRepositorySpec,
    ForeignStatements,
    ImageTagMutability,
    ManagementPolicy,
)
from ecr_operator.api.repository_status import EcrRepositoryStatus

MOMENT = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def condition(**changes: Any) -> Condition:
    fields: dict[str, Any] = {
        "type": "Ready",
        "status": "True",
        "reason": "InSync",
        "message": "",
        "last_transition_time": MOMENT,
    }
    return Condition(**fields | changes)


def test_a_status_survives_the_wire() -> None:
    status = EcrRepositoryStatus(
        observed_generation=3,
        conditions=(condition(observed_generation=3),),
        created_at=MOMENT,
        managed=("repository", "tags/team"),
    )
    wire = status.to_json()
    assert wire == {
        "observedGeneration": 3,
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "InSync",
                "message": "",
                "lastTransitionTime": "2026-11-24T12:00:00Z",
                "observedGeneration": 3,
            }
        ],
        "createdAt": "2026-11-24T12:00:00Z",
        "managed": ["repository", "tags/team"],
    }
    assert EcrRepositoryStatus.from_json(wire) == status


def test_what_is_reported_of_images_survives_the_wire() -> None:
    wire = {
        "lifecyclePolicy": {
            "source": "Inline",
            "state": "Held",
            "hash": "sha256:0",
            "onRemoval": "Delete",
            "preview": {
                "expiringImages": 3,
                "archivingImages": 0,
                "inUseImages": [{"tag": "v1", "digest": "sha256:1", "rulePriority": 7}],
            },
        },
        "images": {
            "count": 5,
            "taggedCount": 2,
            "sizeBytes": 10**12,
            "latest": {"digest": "sha256:2", "pushedAt": "2026-11-24T12:00:00Z"},
            "lastPulledAt": "2026-11-23",
            "observedAt": "2026-11-24T12:00:00Z",
        },
        "inUse": {"images": 1, "workloads": ["Deployment/web"]},
        "estimatedMonthlyCostUSD": "100.00",
    }
    status = EcrRepositoryStatus.from_json(wire)
    assert status.to_json() == wire
    assert status.images is not None
    assert status.images.last_pulled_at == date(2026, 11, 23)
    assert status.estimated_monthly_cost_usd == "100.00"


def test_a_time_is_kept_in_utc_and_whole_seconds() -> None:
    local = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))).replace(microsecond=123)
    assert EcrRepositoryStatus(created_at=local).created_at == MOMENT
    assert EcrRepositoryStatus(created_at=local).to_json() == {"createdAt": "2026-11-24T12:00:00Z"}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        EcrRepositoryStatus(created_at=MOMENT.replace(tzinfo=None))


def test_a_long_message_is_cut() -> None:
    assert condition(message="x" * 512).message == "x" * 512
    assert condition(message="x" * 513).message == "x" * 511 + "…"


def test_a_long_reconcile_annotation_is_echoed_in_part() -> None:
    status = EcrRepositoryStatus(last_handled_reconcile_at="x" * 300)
    assert status.last_handled_reconcile_at == "x" * 256


def test_a_condition_is_found_by_type() -> None:
    status = EcrRepositoryStatus(conditions=(condition(), condition(type="Stalled")))
    found = status.condition("Stalled")
    assert found is not None
    assert found.type == "Stalled"
    assert status.condition("Reconciling") is None
    assert EcrRepositoryStatus().condition("Ready") is None


def test_unknown_fields_are_ignored() -> None:
    assert EcrRepositorySpec.from_json({"fromTheFuture": 1}) == EcrRepositorySpec()


def test_an_absent_object_is_an_empty_one() -> None:
    assert EcrRepositoryStatus.from_json(None) == EcrRepositoryStatus()


def test_defaults_live_in_code_and_not_on_the_wire() -> None:
    spec = EcrRepositorySpec.from_json({})
    assert spec.to_json() == {}
    assert not spec.is_suspended
    assert spec.effective_management_policy is ManagementPolicy.MANAGE
    assert spec.effective_adoption_policy is AdoptionPolicy.REFUSE
    assert spec.effective_deletion_policy is DeletionPolicy.RETAIN
    assert spec.effective_foreign_statements is ForeignStatements.KEEP
    assert spec.repository_name_for("web") == "web"


def test_what_is_written_wins_over_the_defaults() -> None:
    spec = EcrRepositorySpec.from_json(
        {
            "suspend": True,
            "managementPolicy": "Observe",
            "adoptionPolicy": "Adopt",
            "deletionPolicy": "DeleteWithImages",
            "foreignStatements": "Remove",
            "repositoryName": "team-a/web",
        }
    )
    assert spec.is_suspended
    assert spec.effective_management_policy is ManagementPolicy.OBSERVE
    assert spec.effective_adoption_policy is AdoptionPolicy.ADOPT
    assert spec.effective_deletion_policy is DeletionPolicy.DELETE_WITH_IMAGES
    assert spec.effective_foreign_statements is ForeignStatements.REMOVE
    assert spec.repository_name_for("web") == "team-a/web"


@pytest.mark.parametrize("value", list(ImageTagMutability))
def test_exclusion_is_in_the_name_of_the_value(value: ImageTagMutability) -> None:
    assert value.has_exclusion == value.endswith("_WITH_EXCLUSION")


def test_a_spec_is_frozen() -> None:
    with pytest.raises(ValidationError):
        EcrRepositorySpec().suspend = True  # type: ignore[misc]
