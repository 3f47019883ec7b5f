"""Plans as people and programs read them."""

import json
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecr_operator.cli.planned import Action, Planned
from ecr_operator.planning.changes import Change, PutLifecyclePolicy, SetRepositoryPolicy

TITLES = ("OBJECT", "ACTION", "DETAIL")
COLOURS = {
    Action.CREATE: "green",
    Action.CHANGE: "yellow",
    Action.REFUSE: "red",
    Action.ERROR: "bold red",
    Action.NONE: "dim",
}
SUMMARY = (
    (Action.CREATE, "to create"),
    (Action.CHANGE, "to change"),
    (Action.NONE, "without a change"),
    (Action.REFUSE, "refused"),
    (Action.ERROR, "that could not be looked at"),
)


def exit_code(planned: Sequence[Planned]) -> int:
    """0: nothing to do; 2: changes; 3: something is refused; 1: AWS could not be asked for everything."""
    actions = {one.action for one in planned}
    if Action.ERROR in actions:
        return 1
    if Action.REFUSE in actions:
        return 3
    return 2 if actions & {Action.CREATE, Action.CHANGE} else 0


def show(planned: Sequence[Planned], console: Console) -> None:
    """A row for each change, then what was assumed, and the numbers; in colour on a terminal."""
    rows = [(one, detail) for one in planned for detail in _details(one)]
    if console.is_terminal:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for title in TITLES:
            table.add_column(title, overflow="fold")
        for one, detail in rows:
            table.add_row(Text(one.key), Text(one.action, style=COLOURS[one.action]), Text(detail))
        console.print(table)
    else:
        lines = [TITLES, *((one.key, one.action.value, detail) for one, detail in rows)]
        first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
        for line in lines:
            console.out(f"{line[0]:<{first}}   {line[1]:<{second}}   {line[2]}", highlight=False)
    for note in dict.fromkeys(f"{one.key}: {note}" for one in planned for note in one.notes):
        console.print(Text(f"Note: {note}."))
    console.print(Text(f"\n{summary(planned)}"))


def summary(planned: Sequence[Planned]) -> str:
    """How many objects there are of each action."""
    counts = Counter(one.action for one in planned)
    parts = [f"{counts[action]} {words}" for action, words in SUMMARY if counts[action]]
    return f"{', '.join(parts)}."


def as_json(planned: Sequence[Planned], cluster: str | None) -> str:
    """One document for programs."""
    counts = Counter(one.action for one in planned)
    document = {
        "clusterName": cluster,
        "objects": [_object(one) for one in planned],
        "summary": {action.value: counts[action] for action in Action},
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _object(one: Planned) -> dict[str, object]:
    found: dict[str, object] = {
        "namespace": one.namespace,
        "name": one.name,
        "source": one.manifest.place,
        "action": one.action.value,
        "repositoryName": one.repository,
        "reason": one.reason,
        "message": one.message,
        "changes": [_change(change) for change in one.changes],
        "notes": list(one.notes),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _change(change: Change) -> dict[str, object]:
    found: dict[str, object] = {
        "type": type(change).__name__,
        "description": change.describe(),
        "parts": sorted(change.parts()),
    }
    match change:
        case PutLifecyclePolicy(text=text) | SetRepositoryPolicy(text=text):
            found["document"] = json.loads(text)
    return found


def _details(one: Planned) -> list[str]:
    if one.changes:
        return [change.describe() for change in one.changes]
    if one.action == Action.NONE:
        return [one.message]
    return [f"{one.reason}: {one.message} ({one.manifest.place})"]
