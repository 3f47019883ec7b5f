"""Statuses that another version of the operator has written."""

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.repository_status import EcrRepositoryStatus


def test_a_state_that_is_not_known_is_looked_at_anew() -> None:
    for said, read in {"Held": LifecyclePolicyState.HELD, "Frozen": LifecyclePolicyState.PENDING}.items():
        entry = {"source": "keep", "state": said, "onRemoval": "Retain"}
        status = EcrRepositoryStatus.from_json({"lifecyclePolicy": entry})
        assert status.lifecycle_policy
        assert status.lifecycle_policy.state == read
        assert status.to_json()["lifecyclePolicy"] == entry | {"state": str(read)}
