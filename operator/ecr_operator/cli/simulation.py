"""What a lifecycle policy would do, as people and programs read it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecr_operator.api.lifecycle import LifecycleActionType, LifecycleStorageClass
from ecr_operator.cli.policy_file import PolicyFile
from ecr_operator.planning.lifecycle_evaluation import Verdict, evaluate
from ecr_operator.planning.lifecycle_image import Image

TITLES: Final = ("DIGEST", "TAGS", "PUSHED", "CLASS", "ACTION", "RULE")
TAGS: Final = 3
"""How many tags of an image the table shows."""
ACTIONS: Final = {
    LifecycleActionType.EXPIRE: "expire",
    LifecycleActionType.TRANSITION: "archive",
    None: "keep",
}
"""In the order of the table."""
COLOURS: Final = {"expire": "red", "archive": "yellow", "keep": "dim"}
JUDGE: Final = (
    "this is ecr-operator's reading of AWS's documentation; AWS's own preview is the judge: "
    "`aws ecr start-lifecycle-policy-preview`"
)


@dataclass(frozen=True, slots=True)
class Simulation:
    """One run of a policy."""

    policy: PolicyFile
    repository: str | None
    images: Sequence[Image]
    """What goes first, then what is kept; the oldest first."""
    verdicts: Mapping[str, Verdict]
    at: datetime
    remarks: tuple[str, ...] = ()
    """What the reading of the images found worth telling."""

    @classmethod
    def of(cls, policy: PolicyFile, repository: str | None, images: Sequence[Image], at: datetime) -> Self:
        """Run the policy over the images."""
        verdicts = evaluate(policy.rules, images, at)
        places = list(ACTIONS)
        once = {image.digest: image for image in images}.values()
        ordered = sorted(
            once, key=lambda one: (places.index(verdicts[one.digest].action), one.pushed_at, one.digest)
        )
        return cls(policy, repository, ordered, verdicts, at)

    def unknown_indexes(self) -> list[str]:
        """The indexes that would hold what the policy acts on, if it is theirs, which is not known."""
        if not any(one.action for one in self.verdicts.values()):
            return []
        return [
            image.digest
            for image in self.images
            if image.is_index
            and not image.children
            and image.storage_class == LifecycleStorageClass.STANDARD
            and self.verdicts[image.digest].action is None
        ]

    def notes(self) -> list[str]:
        """What the result rests on."""
        found = list(self.remarks)
        if unknown := len(self.unknown_indexes()):
            found.append(
                f"the images of {counted(unknown, 'index', 'indexes')} are not known; AWS would keep them, "
                "though a rule is shown to act on them"
            )
        if tied := sum(one.tied for one in self.verdicts.values()):
            found.append(
                f"{tied} images are tied: pushed at the same moment as others that the rule keeps; AWS's "
                "documentation does not say which of them go, so all are shown to go"
            )
        if self.images and not any(one.action is None for one in self.verdicts.values()):
            found.append("no image is kept")
        return [*found, JUDGE]


def show(simulation: Simulation, console: Console) -> None:
    """A row for each image, then what the result rests on, and the numbers; in colour on a terminal."""
    rows = [_row(image, simulation.verdicts[image.digest]) for image in simulation.images]
    if console.is_terminal:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for title in TITLES:
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row), style=COLOURS[row[TITLES.index("ACTION")]])
        console.print(table)
    else:
        widths = [max(map(len, column)) for column in zip(TITLES, *rows, strict=True)]
        for line in (TITLES, *rows):
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            console.out("   ".join(cells).rstrip(), highlight=False)
    for note in simulation.notes():
        console.print(Text(f"Note: {note}."))
    console.print(Text(f"\n{summary(simulation)}"))


def summary(simulation: Simulation) -> str:
    """How many images there are of each action, and when."""
    counts = _counts(simulation)
    told = f"{counts['expire']} to expire, {counts['archive']} to archive, {counts['keep']} kept"
    return f"{told}, at {_shown(simulation.at)} by {simulation.policy.place}."


def as_json(simulation: Simulation) -> str:
    """One document for programs."""
    document = {
        "repositoryName": simulation.repository,
        "policy": simulation.policy.place,
        "at": _shown(simulation.at),
        "images": [_object(image, simulation.verdicts[image.digest]) for image in simulation.images],
        "summary": _counts(simulation),
        "notes": simulation.notes(),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def counted(number: int, one: str, many: str) -> str:
    """`1 index`, `2 indexes`."""
    return f"{number} {one if number == 1 else many}"


def _object(image: Image, verdict: Verdict) -> dict[str, Any]:
    found = {
        "imageDigest": image.digest,
        "imageTags": list(image.tags),
        "imagePushedAt": _shown(image.pushed_at),
        "storageClass": image.storage_class.value,
        "action": ACTIONS[verdict.action],
        "rulePriority": verdict.rule,
        "heldBy": verdict.held_by,
        "follows": verdict.follows,
        "tied": verdict.tied or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _row(image: Image, verdict: Verdict) -> tuple[str, ...]:
    more = [f"+{len(image.tags) - TAGS}"] if len(image.tags) > TAGS else []
    return (
        _short(image.digest),
        ",".join([*image.tags[:TAGS], *more]) or "<none>",
        _shown(image.pushed_at),
        image.storage_class.value,
        ACTIONS[verdict.action],
        " ".join(_rule(verdict)),
    )


def _rule(verdict: Verdict) -> Iterator[str]:
    yield "-" if verdict.rule is None else str(verdict.rule)
    if verdict.held_by:
        yield f"(held by {_short(verdict.held_by)})"
    if verdict.follows:
        yield f"(with {_short(verdict.follows)})"
    if verdict.tied:
        yield "(tied)"


def _short(digest: str) -> str:
    """As much of a digest as tells it apart from others in a table."""
    return digest[: len("sha256:") + 12]


def _shown(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _counts(simulation: Simulation) -> dict[str, int]:
    counts = Counter(ACTIONS[one.action] for one in simulation.verdicts.values())
    return {action: counts[action] for action in ACTIONS.values()}
