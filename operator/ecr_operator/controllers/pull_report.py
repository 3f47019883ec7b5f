"""What users see of an EcrPullSecret: its status, when that differs, and an event per transition."""

from collections.abc import Iterable, Iterator

from ecr_operator.api.pull_secret import EcrPullSecretStatus
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.pull_subject import PullSubject, what_users_change
from ecr_operator.controllers.subject import Json
from ecr_operator.kube.errors import Gone, KubeError, Stale, says_absent
from ecr_operator.kube.paths import object_path
from ecr_operator.kube.resources import PULL_SECRETS
from ecr_operator.kube.status import write_status
from ecr_operator.metrics import Expiry
from ecr_operator.planning.plan import Outcome, Retrying, Stalled, Waiting
from ecr_operator.planning.pull_secret_record import EXPIRING_SOON, NAMESPACES_FAILED
from ecr_operator.planning.status import READY
from ecr_operator.reasons import Reason

_ABNORMAL = (EXPIRING_SOON, NAMESPACES_FAILED)


async def write(context: Context, obj: Json, status: EcrPullSecretStatus) -> None:
    """Raises `Stale` when a user changed the object meanwhile, and `Gone`."""
    try:
        written = await write_status(context.client, obj, status.to_json())
    except Stale:
        try:
            now = await context.client.get(object_path(obj))
        except KubeError as error:
            if says_absent(error, obj["metadata"]["name"]):
                raise Gone(error.status, error.reason, error.message) from None
            raise
        context.store.put(PULL_SECRETS.plural, now)
        if what_users_change(now) != what_users_change(obj):
            raise
        written = await write_status(context.client, now, status.to_json())
    context.store.put(PULL_SECRETS.plural, written)


def expiries(objects: Iterable[Json]) -> Iterator[Expiry]:
    """When the credentials of EcrPullSecrets expire, as their statuses say, for the metric."""
    for obj in objects:
        status = EcrPullSecretStatus.from_json(obj.get("status"))
        if status.expires_at is not None:
            for registry in status.registries or ():
                yield (obj["metadata"]["name"], registry.host), status.expires_at.timestamp()


def announce(context: Context, subject: PullSubject, outcome: Outcome, status: EcrPullSecretStatus) -> None:
    """Events where the object goes over into a state that users want to know of."""
    before = subject.status.condition(READY)
    reason = getattr(outcome, "reason", None)
    if reason is not None and (before is None or before.reason != reason):
        failed = isinstance(outcome, Stalled | Retrying) or reason == Reason.NO_NAMESPACE_MATCHED
        if failed or (isinstance(outcome, Waiting) and reason != Reason.PROGRESSING):
            context.events.record(subject.obj, reason, outcome.message, warning=failed)  # type: ignore[union-attr]
    for type in _ABNORMAL:
        now, then = status.condition(type), subject.status.condition(type)
        if now is not None and (then is None or then.reason != now.reason):
            context.events.record(subject.obj, now.reason, now.message, warning=True)
