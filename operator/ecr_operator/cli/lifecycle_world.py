"""The EcrLifecyclePolicies of manifests and cluster as they would be after an apply, and who gets which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.repository import EcrRepositorySpec, ManagementPolicy
from ecr_operator.api.repository_status import EcrRepositoryStatus, RepositoryLifecyclePolicy
from ecr_operator.cli.reviewed import Named
from ecr_operator.planning.lifecycle_choice import (
    INLINE,
    LifecycleChoice,
    NamedPolicy,
    choose,
    named_policy,
)
from ecr_operator.planning.ownership import ObjectKey

Json = dict[str, Any]

_YOUNGEST: Final = "9999-12-31T23:59:59Z"
"""Of an object that is not there yet: all others are older."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cluster holds in the namespaces of the manifests."""

    policies: tuple[Json, ...]
    repositories: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class LiveRepository:
    """An EcrRepository of the cluster."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    spec: EcrRepositorySpec
    status: EcrRepositoryStatus
    is_deleting: bool

    @property
    def is_written(self) -> bool:
        """Whether the operator would write anything of it to AWS."""
        return not self.is_deleting and writes(self.spec)


@dataclass(frozen=True, slots=True)
class LifecycleWorld:
    """The default: nothing of it is known."""

    policies: Mapping[str, Mapping[str, NamedPolicy]] = field(default_factory=dict)
    """After the apply, by namespace and name."""
    before: Mapping[ObjectKey, NamedPolicy] = field(default_factory=dict)
    """Those of the cluster as they are now."""
    repositories: Mapping[ObjectKey, LiveRepository] = field(default_factory=dict)
    """Of the cluster."""
    is_whole: bool = False
    """The cluster was looked at. Else there may be more than what the manifests hold."""

    def applied(self, key: ObjectKey, status: EcrRepositoryStatus) -> RepositoryLifecyclePolicy | None:
        """What an EcrRepository says of its policy; `status` is that of its manifest."""
        live = self.repositories.get(key)
        return status.lifecycle_policy or (live.status.lifecycle_policy if live is not None else None)

    def choice(
        self,
        namespace: str,
        labels: Mapping[str, str],
        spec: EcrRepositorySpec,
        applied: RepositoryLifecyclePolicy | None,
    ) -> LifecycleChoice:
        """The policy of an EcrRepository; one that may be in the cluster is at rest."""
        policies = self.policies.get(namespace, {})
        source = applied.source if applied is not None else None
        says_itself = spec.lifecycle_policy is not None or spec.lifecycle_policy_ref is not None
        if (
            applied is not None
            and applied.state != LifecyclePolicyState.UNMANAGED
            and not (self.is_whole or says_itself)
            and source not in (None, INLINE, *policies)
        ):
            what = f"its status names EcrLifecyclePolicy '{source}', which is not among these manifests"
            return LifecycleChoice(source, at_rest=f"{what}: whether it still selects is seen at run time")
        return choose(spec, labels, policies.values(), source)


UNKNOWN_WORLD: Final = LifecycleWorld()


def writes(spec: EcrRepositorySpec) -> bool:
    """Whether a spec leads to writes at all: it is not suspended and does not only observe."""
    observes = spec.effective_management_policy == ManagementPolicy.OBSERVE
    return not spec.is_suspended and not observes


def lifecycle_world(policies: Iterable[Named], seen: Seen | None) -> LifecycleWorld:
    """Manifests take the place of the cluster's objects of their names; `seen` None: no cluster was asked."""
    live = {_key(obj): obj for obj in seen.policies} if seen is not None else {}
    after: dict[ObjectKey, NamedPolicy] = {key: named_policy(obj) for key, obj in live.items()}
    before = dict(after)
    for one in policies:
        key = (one.namespace, one.name)
        after[key] = named_policy(_applied(one, live.get(key)))
    by_namespace: dict[str, dict[str, NamedPolicy]] = {}
    for (namespace, name), policy in after.items():
        by_namespace.setdefault(namespace, {})[name] = policy
    found = map(_live, seen.repositories if seen is not None else ())
    repositories = {(one.namespace, one.name): one for one in found if one is not None}
    return LifecycleWorld(by_namespace, before, repositories, seen is not None)


def _key(obj: Json) -> ObjectKey:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _applied(named: Named, live: Json | None) -> Json:
    """The object after an apply: the manifest's spec, the rest as the API server has it."""
    obj = named.manifest.obj
    given = obj["metadata"]
    metadata: Json = {
        "name": named.name,
        "creationTimestamp": str(given.get("creationTimestamp") or _YOUNGEST),
    }
    if live is not None:
        metadata = dict(live["metadata"])
    if "deletionTimestamp" in given:
        metadata["deletionTimestamp"] = given["deletionTimestamp"]
    return {"metadata": metadata, "spec": obj.get("spec")}


def _live(obj: Json) -> LiveRepository | None:
    """None: the operator that runs does not understand it either, and leaves it alone."""
    metadata = obj["metadata"]
    try:
        spec = EcrRepositorySpec.from_json(obj.get("spec"))
        status = EcrRepositoryStatus.from_json(obj.get("status"))
    except ValidationError:
        return None
    labels = metadata.get("labels") or {}
    return LiveRepository(
        metadata["namespace"], metadata["name"], labels, spec, status, "deletionTimestamp" in metadata
    )
