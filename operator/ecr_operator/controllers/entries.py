"""What an EcrPullSecret has put on service accounts, and the finalizer that waits until it is taken back."""

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.handouts import Handouts
from ecr_operator.controllers.observed_namespace import BY_RECORD
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.kube.errors import Stale
from ecr_operator.kube.finalizer import add_finalizer, remove_finalizer
from ecr_operator.kube.resources import PULL_SECRETS, SERVICE_ACCOUNTS


class Entries:
    """Of all EcrPullSecrets."""

    def __init__(self, context: Context, handouts: Handouts) -> None:
        self._context = context
        self._handouts = handouts

    def left(self, subject: PullSubject) -> list[tuple[str, str]]:
        """The service accounts whose record names it; with `Retain` they stay as they are.

        Those of a namespace that is being deleted go with it, however long that takes.
        """
        if subject.retains or not self._context.settings.service_accounts:
            return []
        keys = self._context.store.by_index(SERVICE_ACCOUNTS.plural, BY_RECORD, subject.name)
        return [
            key
            for key in keys
            if (namespace := self._handouts.namespace(key[0])) is not None and not namespace.terminating
        ]

    async def with_finalizer(self, subject: PullSubject) -> PullSubject:
        """The object with the finalizer that it needs. Raises `Stale` when one was taken off, and `Gone`."""
        if subject.needs_finalizer and not subject.has_finalizer:
            obj = await add_finalizer(self._context.client, subject.obj)
        elif subject.has_finalizer and not subject.needs_finalizer and not self.left(subject):
            await remove_finalizer(self._context.client, subject.obj)
            raise Stale(409, "Conflict", "The finalizer was removed")
        else:
            return subject
        self._context.store.put(PULL_SECRETS.plural, obj)
        return PullSubject.of(obj)
