"""Which EcrLifecyclePolicies a changed object affects: what their status says of repositories."""

from ecr_operator.controllers.lifecycle_policies import BY_NAMESPACE
from ecr_operator.controllers.subject import Json, is_deleting, object_key, what_users_change
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, REPOSITORIES
from ecr_operator.kube.store import Store
from ecr_operator.planning.lifecycle_progress import APPLIED
from ecr_operator.planning.ownership import ObjectKey


class LifecycleSources:
    """Listens to the store and fills the queue of EcrLifecyclePolicies."""

    def __init__(self, store: Store, queue: WorkQueue[ObjectKey]) -> None:
        self._store = store
        self._queue = queue
        store.on_change(self._changed)

    def _changed(self, kind: str, old: Json | None, new: Json | None) -> None:
        if kind == LIFECYCLE_POLICIES.plural:
            self._policy(old, new)
        elif kind == REPOSITORIES.plural and _told(old) != _told(new):
            obj = new if new is not None else old
            if obj is not None:
                self._all(obj["metadata"]["namespace"])

    def _policy(self, old: Json | None, new: Json | None) -> None:
        if new is None:
            if old is not None:
                self._queue.discard(object_key(old))
                self._queue.add(object_key(old), fresh=False)
        elif old is None or what_users_change(old) != what_users_change(new):
            self._queue.add(object_key(new))
        obj = new if new is not None else old
        if obj is not None and (old is None or new is None or _generation(old) != _generation(new)):
            # It may win or lose repositories against others.
            self._all(obj["metadata"]["namespace"])

    def _all(self, namespace: str) -> None:
        for key in self._store.by_index(LIFECYCLE_POLICIES.plural, BY_NAMESPACE, namespace):
            self._queue.add(key, fresh=False)


def _generation(obj: Json) -> tuple[str, int]:
    return obj["metadata"]["uid"], obj["metadata"]["generation"]


def _told(obj: Json | None) -> tuple[object, ...]:
    """What the status of a policy depends on, of a repository."""
    if obj is None:
        return ()
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    return (
        obj["metadata"].get("labels"),
        # A deletion may be held for long.
        is_deleting(obj),
        spec.get("managementPolicy"),
        spec.get("lifecyclePolicy") is None,
        spec.get("lifecyclePolicyRef"),
        spec.get("suspend"),
        status.get("lifecyclePolicy"),
        _words(conditions.get(APPLIED)),
        _words(conditions.get("Stalled")),
    )


def _words(condition: Json | None) -> tuple[str, str] | None:
    return None if condition is None else (condition["reason"], condition["message"])
