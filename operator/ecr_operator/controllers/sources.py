"""Which keys a changed object affects."""

from collections.abc import Mapping

from ecr_operator.api.names import ADOPTION_ANNOTATION, REPOSITORY_NAMES_ANNOTATION
from ecr_operator.controllers.claims import BY_NAME, BY_NAMESPACE, repository_names
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.lifecycle_policies import what_counts
from ecr_operator.controllers.subject import (
    Json,
    UnsupportedSpecError,
    has_finalizer,
    is_deleting,
    object_key,
    what_users_change,
)
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.index import namespaces
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, NAMESPACES, REPOSITORIES
from ecr_operator.planning.ownership import ObjectKey


class Sources:
    """Listens to the store and fills the queue."""

    def __init__(self, context: Context, queue: WorkQueue[ObjectKey]) -> None:
        self._context = context
        self._queue = queue
        context.store.add_index(REPOSITORIES.plural, BY_NAME, repository_names)
        context.store.add_index(REPOSITORIES.plural, BY_NAMESPACE, namespaces)
        context.store.on_change(self.changed)

    def changed(self, kind: str, old: Json | None, new: Json | None) -> None:
        """The store's callback."""
        if kind == REPOSITORIES.plural:
            self._repository(old, new)
        elif kind == LIFECYCLE_POLICIES.plural:
            self._lifecycle_policy(old, new)
        elif kind == NAMESPACES.plural and old is not None and new is not None:
            self._namespace(old, new)

    def _repository(self, old: Json | None, new: Json | None) -> None:
        if new is None:
            if old is not None:
                self._queue.discard(object_key(old))
                self._queue.add(object_key(old), fresh=False)
        elif old is None:
            self._appeared(new)
        elif what_users_change(old) != what_users_change(new) or self._lost_finalizer(old, new):
            self._queue.add(object_key(new))
        elif _labels(old) != _labels(new) and not self._is_settled(new):
            # Another lifecycle policy may select it now.
            self._queue.add(object_key(new))
        # Another object that names the same repository may have to give way, or may go on now.
        for obj in (old, new):
            if obj is not None:
                self._others(obj)

    def _appeared(self, obj: Json) -> None:
        """New, or seen for the first time since the start: then often settled, and never urgent."""
        status = obj.get("status") or {}
        seen_before = status.get("observedGeneration") == obj["metadata"]["generation"]
        if not (seen_before and self._is_settled(obj)):
            self._queue.add(object_key(obj), fresh=not seen_before)

    def _is_settled(self, obj: Json) -> bool:
        try:
            subject = self._context.subject(obj)
        except UnsupportedSpecError:
            return False
        return not is_deleting(obj) and subject.is_settled(self._context.registry_of(subject).region)

    @staticmethod
    def _lost_finalizer(old: Json, new: Json) -> bool:
        return has_finalizer(old) and not has_finalizer(new)

    def _others(self, obj: Json) -> None:
        own = object_key(obj)
        for name in repository_names(obj):
            for key in self._context.store.by_index(REPOSITORIES.plural, BY_NAME, name):
                other = self._context.store.get(REPOSITORIES.plural, *key)
                if key != own and other is not None and not self._is_settled(other):
                    self._queue.add(key, fresh=False)

    def _lifecycle_policy(self, old: Json | None, new: Json | None) -> None:
        """Those that it makes another policy of than they have."""
        obj = new if new is not None else old
        if obj is None or (old is not None and new is not None and what_counts(old) == what_counts(new)):
            return
        namespace = obj["metadata"]["namespace"]
        for key in self._context.store.by_index(REPOSITORIES.plural, BY_NAMESPACE, namespace):
            repository = self._context.store.get(REPOSITORIES.plural, *key)
            if repository is not None and not self._is_settled(repository):
                self._queue.add(key)

    def _namespace(self, old: Json, new: Json) -> None:
        if _rights(old) != _rights(new):
            name = new["metadata"]["name"]
            for key in self._context.store.by_index(REPOSITORIES.plural, BY_NAMESPACE, name):
                self._queue.add(key)


def _labels(obj: Json) -> Mapping[str, str]:
    labels: Mapping[str, str] = obj["metadata"].get("labels") or {}
    return labels


def _rights(namespace: Json) -> tuple[str | None, str | None]:
    annotations = namespace["metadata"].get("annotations") or {}
    return annotations.get(REPOSITORY_NAMES_ANNOTATION), annotations.get(ADOPTION_ANNOTATION)
