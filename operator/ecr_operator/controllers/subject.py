"""An EcrRepository that a reconcile works on: the object, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ecr_operator.api.meta import echoed_reconcile_value
from ecr_operator.api.names import CONFIRM_DELETE_ANNOTATION, FINALIZER, RECONCILE_ANNOTATION
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.validation import describe
from ecr_operator.controllers.lifecycle_policies import LifecyclePolicies
from ecr_operator.planning.desired import DesiredRepository, desired_repository
from ecr_operator.planning.drift import is_settled
from ecr_operator.planning.ownership import Cluster, ObjectKey
from ecr_operator.planning.status import READY
from ecr_operator.reasons import Reason
from ecr_operator.settings import Settings

Json = dict[str, Any]


class UnsupportedSpecError(Exception):
    """The spec holds what this version does not know; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`obj` is the object as it was last read, the rest derives from it."""

    obj: Json
    spec: EcrRepositorySpec
    status: EcrRepositoryStatus
    desired: DesiredRepository

    @classmethod
    def of(cls, obj: Json, cluster: Cluster, settings: Settings, policies: LifecyclePolicies) -> "Subject":
        """Raises `UnsupportedSpecError`."""
        try:
            spec = EcrRepositorySpec.from_json(obj.get("spec"))
        except ValidationError as error:
            raise UnsupportedSpecError(describe(error)) from error
        status = EcrRepositoryStatus.from_json(obj.get("status"))
        desired = desired_repository(
            obj["metadata"],
            spec,
            cluster=cluster,
            default_tags=settings.default_tags,
            max_deletion_policy=settings.max_deletion_policy,
            lifecycle=policies.choice(obj, spec, status),
        )
        return cls(obj, spec, status, desired)

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return object_key(self.obj)

    @property
    def generation(self) -> int:
        """`metadata.generation`."""
        generation: int = self.obj["metadata"]["generation"]
        return generation

    @property
    def annotations(self) -> Mapping[str, str]:
        """The object's annotations."""
        return self.obj["metadata"].get("annotations") or {}

    @property
    def asked(self) -> str | None:
        """The value of the annotation that asks for a reconcile."""
        return self.annotations.get(RECONCILE_ANNOTATION)

    @property
    def asks_anew(self) -> bool:
        """Whether somebody asks for a look now, by the annotation, and has not been answered yet."""
        return self.asked is not None and self.status.last_handled_reconcile_at != echoed_reconcile_value(
            self.asked
        )

    @property
    def has_finalizer(self) -> bool:
        """Whether our finalizer is on the object."""
        return has_finalizer(self.obj)

    def is_settled(self, region: str) -> bool:
        """Whether the object's own status says that there is nothing to do until the next sweep."""
        if self.spec.is_suspended:
            ready = self.status.condition(READY)
            return (
                self.status.observed_generation == self.generation
                and ready is not None
                and ready.reason == Reason.SUSPENDED
            )
        return is_settled(
            self.status,
            self.desired,
            generation=self.generation,
            region=region,
            asked=self.asked,
            has_finalizer=self.has_finalizer,
        )


def object_key(obj: Mapping[str, Any]) -> ObjectKey:
    """Namespace and name of an object."""
    metadata = obj["metadata"]
    return metadata["namespace"], metadata["name"]


def is_deleting(obj: Mapping[str, Any]) -> bool:
    """Whether the object is being deleted."""
    return "deletionTimestamp" in obj["metadata"]


def has_finalizer(obj: Mapping[str, Any]) -> bool:
    """Whether our finalizer is on the object."""
    return FINALIZER in (obj["metadata"].get("finalizers") or ())


def what_users_change(obj: Mapping[str, Any]) -> tuple[object, ...]:
    """The parts of an object whose change asks for a reconcile; our own status writes are none of them."""
    metadata = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    return (
        metadata["uid"],
        metadata["generation"],
        metadata.get("deletionTimestamp"),
        annotations.get(RECONCILE_ANNOTATION),
        annotations.get(CONFIRM_DELETE_ANNOTATION),
    )
