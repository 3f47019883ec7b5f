"""How EcrPullSecrets are read from and written to the wire, and what the API server keeps of a status."""

import uuid
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from pydantic import ValidationError

from ecr_operator.api.aws_values import ROLE_ARN_PATTERN
from ecr_operator.api.kinds import ECR_PULL_SECRET
from ecr_operator.api.meta import Condition
from ecr_operator.api.pull_secret import (
    EcrPullSecretSpec,
    EcrPullSecretStatus,
    HostForm,
    NamespaceCounts,
    NamespaceFailure,
    PullSecretAccess,
    PullSecretAuth,
    RegistryHost,
    SecretAdoptionPolicy,
    SecretDeletionPolicy,
    SecretFormat,
)
from ecr_operator.api.pull_secret_auth import EXTERNAL_ID_PATTERN, SESSION_NAME_PATTERN
from ecr_operator.api.schema import structural_schema
from tests.api.pull_secrets import MINIMAL, pull_secret
from tests.api.test_pull_secret_changes import FULL
from tests.cluster import Cluster

MOMENT = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
CONDITIONS = {
    "Ready": "True",
    "Reconciling": "True",
    "Stalled": "True",
    "NamespacesFailed": "True",
    "LeastPrivilege": "Unknown",
    "ExpiringSoon": "True",
}
STATUS = EcrPullSecretStatus(
    observed_generation=3,
    conditions=tuple(
        Condition(
            type=type,
            status=status,  # type: ignore[arg-type]
            reason="InSync",
            message="",
            last_transition_time=MOMENT,
            observed_generation=3,
        )
        for type, status in CONDITIONS.items()
    ),
    applied_hash="0" * 64,
    last_handled_reconcile_at="now",
    secret_name="pull",
    expires_at=MOMENT,
    next_refresh_at=MOMENT,
    content_hash="f" * 64,
    namespaces=NamespaceCounts(matched=3, ready=2, failed=1),
    failures=(NamespaceFailure(namespace="team-a", reason="SecretNotOurs", message="Not ours"),),
    registries=(RegistryHost(host=HOST),),
    identity="arn:aws:sts::123456789012:assumed-role/ecr-pull/ecr-operator-web",
)
WIRE: dict[str, Any] = {
    "observedGeneration": 3,
    "conditions": [
        {
            "type": type,
            "status": status,
            "reason": "InSync",
            "message": "",
            "lastTransitionTime": "2026-11-24T12:00:00Z",
            "observedGeneration": 3,
        }
        for type, status in CONDITIONS.items()
    ],
    "appliedHash": "0" * 64,
    "lastHandledReconcileAt": "now",
    "secretName": "pull",
    "expiresAt": "2026-11-24T12:00:00Z",
    "nextRefreshAt": "2026-11-24T12:00:00Z",
    "contentHash": "f" * 64,
    "namespaces": {"matched": 3, "ready": 2, "failed": 1},
    "failures": [{"namespace": "team-a", "reason": "SecretNotOurs", "message": "Not ours"}],
    "registries": [{"host": HOST}],
    "identity": "arn:aws:sts::123456789012:assumed-role/ecr-pull/ecr-operator-web",
}


def test_a_status_survives_the_wire() -> None:
    assert STATUS.to_json() == WIRE
    assert EcrPullSecretStatus.from_json(WIRE) == STATUS
    assert set(WIRE) == {field.alias for field in EcrPullSecretStatus.model_fields.values()}


def test_the_api_server_keeps_a_status_as_it_is_written(cluster: Cluster) -> None:
    name = f"status-{uuid.uuid4().hex[:8]}"
    cluster.create(pull_secret(name, {}))
    try:
        kept = cluster.status_patch(ECR_PULL_SECRET.kind, None, name, WIRE)["status"]
        assert EcrPullSecretStatus.from_json(kept) == STATUS
        largest = WIRE | {
            "failures": [
                {"namespace": f"{n:063}", "reason": "ServiceAccountContested", "message": "m" * 512}
                for n in range(20)
            ],
            "registries": [{"host": f"{n:03}{HOST}"} for n in range(400)],
        }
        kept = cluster.status_patch(ECR_PULL_SECRET.kind, None, name, largest)["status"]
        assert kept == largest
    finally:
        cluster.delete(ECR_PULL_SECRET.kind, None, name)


def test_a_spec_survives_the_wire() -> None:
    for spec in (FULL, MINIMAL):
        assert EcrPullSecretSpec.from_json(spec).to_json() == spec


def test_a_long_message_of_a_failure_is_cut() -> None:
    failure = NamespaceFailure(namespace="a", reason="WriteRefused", message="x" * 513)
    assert failure.message == "x" * 511 + "…"


@pytest.mark.parametrize("field", MINIMAL)
def test_registries_and_namespaces_are_required(field: str) -> None:
    with pytest.raises(ValidationError):
        EcrPullSecretSpec.from_json({key: value for key, value in MINIMAL.items() if key != field})


def test_defaults_live_in_code_and_not_on_the_wire() -> None:
    spec = EcrPullSecretSpec.from_json(MINIMAL)
    assert not spec.is_suspended
    assert spec.secret_name_for("web") == "web"
    assert spec.auth is None
    assert spec.effective_format is SecretFormat.DOCKER_CONFIG_JSON
    assert spec.effective_adoption_policy is SecretAdoptionPolicy.REFUSE
    assert spec.effective_deletion_policy is SecretDeletionPolicy.DELETE
    (registry,) = spec.registries
    assert not registry.is_public
    assert registry.effective_hosts == (HostForm.STANDARD,)
    auth = PullSecretAuth(role_arn="arn:aws:iam::123456789012:role/x")
    assert auth.effective_access is PullSecretAccess.PULL
    assert auth.effective_session_name == "ecr-operator"


def test_what_is_written_wins_over_the_defaults() -> None:
    spec = EcrPullSecretSpec.from_json(
        {
            "suspend": True,
            "secretName": "pull",
            "registries": [{"hosts": ["DualStack"]}, {"public": True}],
            "auth": {"roleArn": "x", "sessionName": "ci", "access": "PullPush"},
            "namespaces": {"selector": {}},
            "format": "DockerConfigFile",
            "adoptionPolicy": "Adopt",
            "deletionPolicy": "Retain",
        }
    )
    assert spec.is_suspended
    assert spec.secret_name_for("web") == "pull"
    assert spec.auth is not None
    assert spec.auth.effective_access is PullSecretAccess.PULL_PUSH
    assert spec.auth.effective_session_name == "ci"
    assert spec.namespaces.selector is not None
    assert spec.effective_format is SecretFormat.DOCKER_CONFIG_FILE
    assert spec.effective_adoption_policy is SecretAdoptionPolicy.ADOPT
    assert spec.effective_deletion_policy is SecretDeletionPolicy.RETAIN
    private, public = spec.registries
    assert private.effective_hosts == (HostForm.DUAL_STACK,)
    assert public.is_public


AUTH: dict[str, Any] = structural_schema(PullSecretAuth)["properties"]
STS: Any = botocore.session.get_session().get_service_model("sts").operation_model("AssumeRole").input_shape


@pytest.mark.parametrize(
    ("field", "member", "pattern"),
    [
        ("externalId", "ExternalId", EXTERNAL_ID_PATTERN),
        ("sessionName", "RoleSessionName", SESSION_NAME_PATTERN),
    ],
)
def test_bounds_and_characters_are_those_of_sts(field: str, member: str, pattern: str) -> None:
    metadata = STS.members[member].metadata
    assert (AUTH[field]["minLength"], AUTH[field]["maxLength"]) == (metadata["min"], metadata["max"])
    assert metadata["pattern"].replace(r"\w", "A-Za-z0-9_").replace(r"\/", "/") == pattern


def test_no_role_is_shorter_or_longer_than_sts_takes() -> None:
    metadata = STS.members["RoleArn"].metadata
    assert AUTH["roleArn"]["maxLength"] <= metadata["max"]
    assert len("arn:aws:iam::123456789012:role/x") >= metadata["min"]
    assert ROLE_ARN_PATTERN in AUTH["roleArn"]["x-kubernetes-validations"][0]["rule"]
