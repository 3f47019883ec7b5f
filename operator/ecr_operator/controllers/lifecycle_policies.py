"""The EcrLifecyclePolicies of the store, and which of them each repository gets."""

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.kube.index import Json, namespaces
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, NAMESPACES
from ecr_operator.kube.store import Store
from ecr_operator.planning.lifecycle_choice import (
    INLINE,
    LifecycleChoice,
    NamedPolicy,
    choose,
    named_policy,
)
from ecr_operator.planning.ownership import ObjectKey

BY_NAMESPACE = "namespace"


class LifecyclePolicies:
    """Each is understood once per generation: a selector is asked about thousands of repositories."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._understood: dict[ObjectKey, tuple[tuple[object, ...], NamedPolicy]] = {}
        store.add_index(LIFECYCLE_POLICIES.plural, BY_NAMESPACE, namespaces)
        store.on_change(self._changed)

    def choice(
        self, obj: Json, spec: EcrRepositorySpec, status: EcrRepositoryStatus
    ) -> LifecycleChoice | None:
        """The policy of an EcrRepository; None: that follows from its spec alone."""
        policies = self.of_namespace(obj["metadata"]["namespace"])
        before = status.lifecycle_policy
        unmanaged = before is None or before.state == LifecyclePolicyState.UNMANAGED
        applied = None if before is None or unmanaged else before.source
        if spec.lifecycle_policy is None and applied not in (None, INLINE) and self._is_terminating(obj):
            return LifecycleChoice(applied, at_rest="the namespace is being deleted")
        if not policies and spec.lifecycle_policy_ref is None:
            return None
        return choose(spec, obj["metadata"].get("labels") or {}, policies, applied)

    def of_namespace(self, namespace: str) -> list[NamedPolicy]:
        """All policies of a namespace."""
        keys = self._store.by_index(LIFECYCLE_POLICIES.plural, BY_NAMESPACE, namespace)
        objects = (self._store.get(LIFECYCLE_POLICIES.plural, *key) for key in keys)
        return [self._policy(obj) for obj in objects if obj is not None]

    def _is_terminating(self, obj: Json) -> bool:
        namespace = self._store.get(NAMESPACES.plural, None, obj["metadata"]["namespace"])
        return namespace is not None and "deletionTimestamp" in namespace["metadata"]

    def _policy(self, obj: Json) -> NamedPolicy:
        metadata = obj["metadata"]
        key, state = (metadata["namespace"], metadata["name"]), what_counts(obj)
        known = self._understood.get(key)
        if known is None or known[0] != state:
            known = self._understood[key] = (state, named_policy(obj))
        return known[1]

    def _changed(self, kind: str, old: Json | None, new: Json | None) -> None:
        if kind == LIFECYCLE_POLICIES.plural and old is not None and new is None:
            self._understood.pop((old["metadata"]["namespace"], old["metadata"]["name"]), None)


def what_counts(obj: Json) -> tuple[object, ...]:
    """The parts of an EcrLifecyclePolicy whose change bears on repositories."""
    metadata = obj["metadata"]
    return metadata["uid"], metadata["generation"], metadata.get("deletionTimestamp")
