"""Which namespaces and EcrPullSecrets a changed object affects."""

from ecr_operator.controllers.handouts import Handouts, namespace_of
from ecr_operator.controllers.observed_namespace import (
    BY_NAMESPACE,
    BY_OWNER,
    BY_RECORD,
    namespaces,
    observed_secret,
    owners,
    recorded_owners,
)
from ecr_operator.controllers.proof import Proof
from ecr_operator.controllers.pull_subject import is_suspended, what_users_change
from ecr_operator.controllers.subject import Json
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.resources import NAMESPACES, PULL_SECRETS, SECRETS, SERVICE_ACCOUNTS
from ecr_operator.kube.store import Store

NEWS_SECONDS = 0.2
"""How long an EcrPullSecret waits for more news of its namespaces before it sums them up."""


class PullSources:
    """Listens to the store and fills the queues of Namespaces and EcrPullSecrets, by their names."""

    def __init__(
        self,
        store: Store,
        handouts: Handouts,
        proof: Proof,
        namespace_queue: WorkQueue[str],
        pull_secret_queue: WorkQueue[str],
    ) -> None:
        self._store = store
        self._handouts = handouts
        self._proof = proof
        self._namespaces = namespace_queue
        self._pull_secrets = pull_secret_queue
        store.add_index(SECRETS.plural, BY_NAMESPACE, namespaces)
        store.add_index(SECRETS.plural, BY_OWNER, owners)
        store.add_index(SERVICE_ACCOUNTS.plural, BY_NAMESPACE, namespaces)
        store.add_index(SERVICE_ACCOUNTS.plural, BY_RECORD, recorded_owners)
        store.on_change(self.changed)

    def tell(self, namespace: str, fresh: bool) -> None:
        """Have a namespace looked at."""
        self._namespaces.add(namespace, fresh=fresh)

    def news(self, owner: str) -> None:
        """An EcrPullSecret has got further in a namespace, or has failed there."""
        self._pull_secrets.add_after(owner, NEWS_SECONDS)

    def changed(self, kind: str, old: Json | None, new: Json | None) -> None:
        """The store's callback."""
        if kind == PULL_SECRETS.plural:
            self._pull_secret(old, new)
        elif kind == NAMESPACES.plural:
            self._namespace(old, new)
        elif kind == SECRETS.plural:
            self._secret(old, new)
        elif kind == SERVICE_ACCOUNTS.plural:
            self._service_account(old, new)

    def _pull_secret(self, old: Json | None, new: Json | None) -> None:
        obj = _either(old, new)
        if old is not None and new is not None and what_users_change(old) == what_users_change(new):
            return
        name = obj["metadata"]["name"]
        self._proof.forget(name)
        # Namespaces may have been looked at with a former state since they were last told of this one.
        self._handouts.untold(name)
        if new is None:
            self._pull_secrets.discard(name)
        self._proof.spare(name, new is None and is_suspended(obj))
        self._pull_secrets.add(name)

    def _namespace(self, old: Json | None, new: Json | None) -> None:
        if old is not None and new is not None and _selectable(old) == _selectable(new):
            return
        obj = _either(old, new)
        name = obj["metadata"]["name"]
        # Before the change too: a reconcile that is under way has not told yet what it has written.
        states = [namespace_of(one) for one in (old, new) if one is not None]
        selecting = {
            one.name
            for one in self._handouts.subjects()
            if any(one.selection.selects(state) for state in states)
        }
        known = self._handouts.reached(name).owners()
        if selecting or known or new is None or self._store.by_index(SECRETS.plural, BY_NAMESPACE, name):
            self._namespaces.add(name)
        for owner in {*selecting, *known}:
            # How many match may have changed.
            self.news(owner)

    def _secret(self, old: Json | None, new: Json | None) -> None:
        name = _either(old, new)["metadata"]["namespace"]
        # Most events are echoes of our own writes.
        if new is None or not self._handouts.is_as_wanted(new) or not self._is_selected(new, name):
            self._namespaces.add(name)

    def _is_selected(self, secret: Json, name: str) -> bool:
        """A copy in another namespace has all that ours has."""
        owner, namespace = observed_secret(secret).owner, self._handouts.namespace(name)
        subject = self._handouts.subject(owner) if owner else None
        return subject is not None and namespace is not None and subject.selection.selects(namespace)

    def _service_account(self, old: Json | None, new: Json | None) -> None:
        obj = _either(old, new)
        name, namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]
        before, after = (set(recorded_owners(one)) if one is not None else set() for one in (old, new))
        if before or after or (new is not None and self._handouts.names_account(name)):
            self._namespaces.add(namespace)
        for owner in before - after:
            # Its deletion may wait for that.
            self.news(str(owner))


def _either(old: Json | None, new: Json | None) -> Json:
    """The newest state; one of the two is there."""
    return new or old or {}


def _selectable(obj: Json) -> tuple[object, ...]:
    metadata = obj["metadata"]
    return metadata["uid"], metadata.get("labels"), "deletionTimestamp" in metadata
