"""Whose images are looked at beside the reconciles."""

from typing import NamedTuple

from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Json, Subject, UnsupportedSpecError, is_deleting
from ecr_operator.planning.naming import Place


class Inspected(NamedTuple):
    """An object whose repository is looked at, and where that is."""

    subject: Subject
    registry: Registry
    arn: str


def inspected(context: Context, obj: Json) -> Inspected | None:
    """None: it has no repository, or it is to be left alone, or the repository is in another registry."""
    try:
        subject = context.subject(obj)
    except UnsupportedSpecError:
        return None
    arn, registry = subject.status.repository_arn, context.registry_of(subject)
    if is_deleting(obj) or subject.spec.is_suspended or arn is None or _is_elsewhere(arn, registry):
        return None
    return Inspected(subject, registry, arn)


def _is_elsewhere(arn: str, registry: Registry) -> bool:
    """Whether the repository is not in the registry that is asked now, as far as that is known."""
    place = Place.of_arn(arn)
    return place.region != registry.region or registry.known_account not in (None, place.account)
