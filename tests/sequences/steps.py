"""The steps of a sequence, and sequences drawn of them."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.fake_aws.client import ACCOUNT
from tests.sequences.mistakes import invalid_spec
from tests.sequences.specs import Spec, valid_spec
from tests.sequences.vocabulary import ENCRYPTIONS, OTHER_OWNER, VALUES

LEAST, MOST = 3, 7

FOREIGN_TAGS = ("x", "y", *VALUES["tags{key}"])
"""Somebody else's keys; some of them a spec uses, too."""
_LAMBDA = {
    "Sid": "LambdaECRImageRetrievalPolicy",
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
}
_PULL = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "ecr:BatchGetImage"}
FOREIGN_STATEMENTS: tuple[dict[str, Any], ...] = (
    _LAMBDA,
    _PULL,
    {**_PULL, "Sid": "theirs"},
    {**_PULL, "Sid": "two"},
)
FOREIGN_RULES = [
    {
        "rulePriority": 5,
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 500},
        "action": {"type": "expire"},
    }
]


@dataclass(frozen=True)
class Apply:
    """The user applies a spec, and waits until it has settled, or goes on at once."""

    spec: Spec
    waits: bool = True


@dataclass(frozen=True)
class Mistake:
    """The user applies what the API server has to refuse."""

    spec: Spec


@dataclass(frozen=True)
class Meddle:
    """Somebody else changes the repository; then a reconcile is asked for.

    Of tags None removes one. The statements take the place of those with the same Sids; `drops` are Sids to
    be taken out, by their place.
    """

    tags: dict[str, str | None] = field(default_factory=dict)
    statements: tuple[dict[str, Any], ...] = ()
    drops: int = 0
    lifecycle: str | None = None
    """`other`: another policy; `none`: none."""
    mutability: str | None = None
    scan_on_push: bool | None = None


@dataclass(frozen=True)
class LoseOwner:
    """Somebody takes the owner tag off the repository, or writes another owner there."""

    owner: str | None


@dataclass(frozen=True)
class Vanish:
    """Somebody deletes the repository; then a reconcile is asked for."""


@dataclass(frozen=True)
class Delete:
    """The user deletes the object, and waits until it is gone."""


@dataclass(frozen=True)
class ByHand:
    """Before the first spec there is a repository without an owner."""

    meddling: Meddle


Step = Apply | Mistake | Meddle | LoseOwner | Vanish | Delete | ByHand


def sequence(random: Random) -> list[Step]:
    """A sequence; a step that makes no sense where it stands is passed over when it is run."""
    encryption = random.choice(ENCRYPTIONS)
    steps: list[Step] = []
    if random.random() < 0.25:
        steps.append(ByHand(_meddling(random)))
    steps += [_step(encryption, random) for _ in range(random.randint(LEAST, MOST))]
    return [*steps, _apply(encryption, random)]


def _step(encryption: dict[str, Any] | None, random: Random) -> Step:
    match random.choices(("apply", "mistake", "meddle", "owner", "vanish", "delete"), (50, 10, 22, 6, 6, 10))[
        0
    ]:
        case "mistake":
            return Mistake(invalid_spec(random))
        case "meddle":
            return _meddling(random)
        case "owner":
            return LoseOwner(random.choice([None, OTHER_OWNER]))
        case "vanish":
            return Vanish()
        case "delete":
            return Delete()
    return _apply(encryption, random, waits=random.random() < 0.7)


def _apply(encryption: dict[str, Any] | None, random: Random, waits: bool = True) -> Apply:
    spec = valid_spec(random)
    if encryption:
        spec["encryptionConfiguration"] = encryption
    if random.random() < 0.08:
        spec["managementPolicy"] = "Observe"
    elif random.random() < 0.2:
        spec["managementPolicy"] = "Manage"
    if random.random() < 0.08:
        spec["suspend"] = True
    return Apply(spec, waits)


def _meddling(random: Random) -> Meddle:
    keys = random.sample(FOREIGN_TAGS, random.randint(0, 3))
    return Meddle(
        tags={key: random.choice([None, "theirs", "1"]) for key in keys},
        statements=tuple(random.sample(FOREIGN_STATEMENTS, random.randint(0, 2))),
        drops=random.randint(0, 2),
        lifecycle=random.choice([None, None, "other", "none"]),
        mutability=random.choice([None, None, "MUTABLE", "IMMUTABLE"]),
        scan_on_push=random.choice([None, None, True, False]),
    )
