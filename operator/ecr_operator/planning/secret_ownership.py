"""Whose Secret it is that stands where an EcrPullSecret wants its own.

A refusal names what would be lost, and the field that would take the Secret over. What a Secret holds is
never part of a message, only the names of its hosts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ecr_operator.planning.namespace_state import ObservedSecret, Release, Released, WantedSecret
from ecr_operator.planning.secret_data import held
from ecr_operator.reasons import Reason

NAMES_SHOWN: Final = 5
NAME_LENGTH_SHOWN: Final = 80
"""Of a name in a message: a key of `auths` may be anything."""


class Standing(Enum):
    """What an existing Secret is to the EcrPullSecret that wants one of its name."""

    OURS = "ours"
    TAKE = "take"
    """Somebody else's, and the spec says to take it."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SecretVerdict:
    """`reason` and `message` are set with REFUSED."""

    standing: Standing
    reason: Reason = Reason.SECRET_NOT_OURS
    message: str = ""


_OURS: Final = SecretVerdict(Standing.OURS)


def judge_secret(
    wanted: WantedSecret,
    there: ObservedSecret,
    *,
    rivals: Collection[str] = (),
    released: Mapping[str, Released],
) -> SecretVerdict:
    """What `there` is to `wanted`.

    `rivals` are EcrPullSecrets that want the same name and lose to this one; `released` those that a live
    read has shown to want nothing here.
    """
    controller = there.controller
    if controller is not None and not controller.is_pull_secret:
        return _refused(f"The Secret {there.name} is controlled by {controller.kind} {controller.name}")
    owner = there.owner
    if owner is None:
        return _judge_foreign(wanted, there)
    if owner in (wanted.owner, *rivals):
        return _OURS
    if owner not in released:
        return SecretVerdict(
            Standing.REFUSED,
            Reason.CONFLICT,
            f"The Secret {there.name} is that of EcrPullSecret {owner}; "
            "change `secretName` or the namespaces of one of the two",
        )
    if released[owner].release == Release.GONE and there.is_retained:
        # Kept on purpose by whoever deleted that object.
        return _judge_foreign(wanted, there)
    return _OURS


def _judge_foreign(wanted: WantedSecret, there: ObservedSecret) -> SecretVerdict:
    lost = _lost(wanted, there)
    if not wanted.adopt:
        loses = f" (it would lose {lost})" if lost else ""
        return _refused(
            f"A Secret {there.name} exists and is not the operator's; "
            f"set `adoptionPolicy: Adopt` to take it over{loses}, or choose another `secretName`"
        )
    if wanted.data is not None and there.type != wanted.type:
        return _refused(
            f"The Secret {there.name} has the type {_short(there.type)}, not {wanted.type}, which cannot be "
            "changed; delete it, or choose another `secretName`"
        )
    if lost:
        return _refused(
            f"The Secret {there.name} is not taken over: it would lose {lost}; "
            "move them elsewhere, or choose another `secretName`"
        )
    return SecretVerdict(Standing.TAKE)


def _lost(wanted: WantedSecret, there: ObservedSecret) -> str:
    """What adopting would lose, as a person reads it; keys beside ours would go with the Secret one day."""
    if wanted.data is None:
        return ""
    ours, theirs = held(wanted.data), held(there.data)
    parts = [
        _named("the host", theirs.hosts - ours.hosts),
        _named("the key", (there.data.keys() - wanted.data.keys()) | theirs.others),
        "" if theirs.readable else "what cannot be read in it",
    ]
    return " and ".join(filter(None, parts))


def _named(noun: str, names: Iterable[str]) -> str:
    shown = sorted(map(_short, names))
    if not shown:
        return ""
    more = f" and {len(shown) - NAMES_SHOWN} more" if len(shown) > NAMES_SHOWN else ""
    return f"{noun}{'' if len(shown) == 1 else 's'} {', '.join(shown[:NAMES_SHOWN])}{more}"


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH_SHOWN else name[: NAME_LENGTH_SHOWN - 1] + "…"


def _refused(message: str) -> SecretVerdict:
    return SecretVerdict(Standing.REFUSED, Reason.SECRET_NOT_OURS, message)
