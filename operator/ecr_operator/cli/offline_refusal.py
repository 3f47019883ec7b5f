"""What the operator would refuse in an object that the API server takes, without asking AWS."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ecr_operator.api.admission import Problem
from ecr_operator.api.kinds import ECR_LIFECYCLE_POLICY, ECR_REPOSITORY
from ecr_operator.api.repository import DeletionPolicy, EcrRepositorySpec
from ecr_operator.api.validation import describe
from ecr_operator.planning.desired import desired_repository
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import Cluster
from ecr_operator.planning.plan import Stalled
from ecr_operator.planning.policies import spec_refusal

_REPOSITORY_ARN = re.compile(r"arn:(aws[\w-]*):ecr:([\w-]+):\d{12}:repository/")
_ANY_ARN = re.compile(r"\barn:(aws[\w-]*):")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the operator would not carry an object out."""

    field: str
    reason: str
    """That the object would carry; empty where the spec is not understood at all."""
    message: str


def offline_refusal(obj: Mapping[str, Any]) -> Problem | None:
    """The operator's words, with its reason; None: it would go on to ask AWS."""
    found = refusal_of(obj)
    if found is None:
        return None
    return Problem(found.field, ": ".join(filter(None, (found.reason, found.message))))


def refusal_of(obj: Mapping[str, Any]) -> Refusal | None:
    """What it would refuse; None: it would go on to ask AWS."""
    if obj["kind"] == ECR_REPOSITORY.kind:
        return _of_repository(obj)
    if obj["kind"] == ECR_LIFECYCLE_POLICY.kind:
        # Refused is what no repository could be given.
        spec = obj["spec"]
        inline = {"suspend": spec.get("suspend"), "lifecyclePolicy": {"rules": spec["rules"]}}
        return _of_repository({**obj, "spec": inline})
    return None


def _of_repository(obj: Mapping[str, Any]) -> Refusal | None:
    try:
        spec = EcrRepositorySpec.from_json(obj.get("spec"))
    except ValidationError as error:
        return Refusal("spec", "", describe(error))
    desired = desired_repository(
        {"namespace": "namespace", "name": obj["metadata"]["name"]},
        spec,
        cluster=Cluster("cluster"),
        default_tags={},
        max_deletion_policy=DeletionPolicy.DELETE_WITH_IMAGES,
    )
    refusal = None if spec.is_suspended or desired.observe else spec_refusal(desired, _place(obj.get("spec")))
    if refusal is None or not isinstance(refusal.outcome, Stalled):
        return None
    message = refusal.outcome.message
    blamed = (
        f"spec.repositoryPolicy.statements[{number}]"
        for number, statement in enumerate(desired.statements)
        if message.startswith(f"Statement {statement.get('Sid')} of ")
    )
    return Refusal(next(blamed, "spec"), refusal.outcome.reason, message)


def _place(spec: Any) -> Place:
    """The registry that the spec's own ARNs speak of, since nobody says which one it is for."""
    text = json.dumps(spec)
    if found := _REPOSITORY_ARN.search(text):
        return Place(found[1], found[2])
    found = _ANY_ARN.search(text)
    return Place(found[1] if found else "aws", "")
