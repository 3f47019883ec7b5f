"""Plans as people and programs read them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecr_operator.cli.planned import Action, Planned, Plans
from ecr_operator.cli.touched import Effect, Touched
from ecr_operator.planning.changes import Change, PutLifecyclePolicy, SetRepositoryPolicy

TITLES = ("OBJECT", "ACTION", "DETAIL")
COLOURS = {
    "create": "green",
    "change": "yellow",
    "delete": "magenta",
    "refuse": "red",
    "error": "bold red",
    "none": "dim",
}
SHOWN = 10
"""How many namespaces are shown of those to which the same happens."""
WORDS = {
    Effect.GAIN: ("create", "to get it"),
    Effect.CHANGE: ("change", "to be changed"),
    Effect.LOSE: ("delete", "to be deleted"),
    Effect.ACCOUNT: ("change", "service accounts"),
    Effect.REFUSED: ("refuse", "refused"),
}
"""What stands in the column ACTION, and what the rest is called that is not shown."""
SUMMARY = (
    (Action.CREATE, "to create"),
    (Action.CHANGE, "to change"),
    (Action.NONE, "without a change"),
    (Action.REFUSE, "refused"),
    (Action.ERROR, "that could not be looked at"),
)


def exit_code(planned: Sequence[Planned]) -> int:
    """0: nothing to do; 2: changes; 3: something is refused; 1: AWS or the cluster could not be asked."""
    actions = {one.action for one in planned}
    if Action.ERROR in actions:
        return 1
    if any(one.is_refused for one in planned):
        return 3
    return 2 if actions & {Action.CREATE, Action.CHANGE} else 0


def show(plans: Plans, console: Console) -> None:
    """A row for each change, then what was assumed, and the numbers; in colour on a terminal."""
    planned = plans.objects
    rows = [(one.key, action, detail) for one in planned for action, detail in _details(one)]
    if console.is_terminal:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for title in TITLES:
            table.add_column(title, overflow="fold")
        for key, action, detail in rows:
            table.add_row(Text(key), Text(action, style=COLOURS[action]), Text(detail))
        console.print(table)
    else:
        lines = [TITLES, *rows]
        first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
        for line in lines:
            console.out(f"{line[0]:<{first}}   {line[1]:<{second}}   {line[2]}", highlight=False)
    for note in dict.fromkeys(f"{one.key}: {note}" for one in planned for note in one.notes):
        console.print(Text(f"Note: {note}."))
    for note in plans.notes:
        console.print(Text(f"Note: {note}."))
    console.print(Text(f"\n{summary(planned)}"))


def summary(planned: Sequence[Planned]) -> str:
    """How many objects there are of each action."""
    counts = Counter(one.action for one in planned)
    parts = [f"{counts[action]} {words}" for action, words in SUMMARY if counts[action]]
    refused = sum(one.touched.refused for one in planned if one.touched is not None)
    if refused:
        parts.append(f"{refused} namespace{'' if refused == 1 else 's'} that cannot have a Secret")
    return f"{', '.join(parts)}."


def as_json(plans: Plans, cluster: str | None) -> str:
    """One document for programs."""
    counts = Counter(one.action for one in plans.objects)
    document = {
        "clusterName": cluster,
        **({"apiServer": plans.api_server} if plans.api_server else {}),
        **({"notes": list(plans.notes)} if plans.notes else {}),
        "objects": [_object(one) for one in plans.objects],
        "summary": {action.value: counts[action] for action in Action},
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _object(one: Planned) -> dict[str, object]:
    found: dict[str, object] = {
        "kind": one.manifest.obj["kind"],
        "namespace": one.namespace,
        "name": one.name,
        "source": one.manifest.place,
        "action": one.action.value,
        "repositoryName": one.repository,
        "lifecyclePolicySource": one.lifecycle_source,
        "reason": one.reason,
        "message": one.message,
        "changes": [_change(change, one.proviso) for change in one.changes],
        "notes": list(one.notes),
    }
    if one.touched is not None:
        found["secretName"] = one.touched.secret
        found["counts"] = one.touched.counts()
        found["namespaces"] = [row.document() for row in one.touched.rows]
    if one.reached is not None:
        found["repositories"] = [row.document() for row in one.reached.rows]
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _change(change: Change, proviso: str) -> dict[str, object]:
    found: dict[str, object] = {
        "type": type(change).__name__,
        "description": change.describe(),
        "parts": sorted(change.parts()),
    }
    match change:
        case PutLifecyclePolicy(text=text) | SetRepositoryPolicy(text=text):
            found["document"] = json.loads(text)
    if proviso and isinstance(change, PutLifecyclePolicy):
        found["proviso"] = proviso
    return found


def _details(one: Planned) -> Iterable[tuple[str, str]]:
    """What stands in the columns ACTION and DETAIL."""
    if one.changes:
        for change in one.changes:
            proviso = f", {one.proviso}" if one.proviso and isinstance(change, PutLifecyclePolicy) else ""
            yield one.action.value, change.describe() + proviso
    elif one.touched is not None and one.touched.rows:
        yield one.action.value, one.touched.headline()
        yield from _namespaces(one.touched)
    elif one.action == Action.NONE or (one.reached is not None and one.action == Action.CHANGE):
        yield one.action.value, one.message
    else:
        yield one.action.value, f"{one.reason}: {one.message} ({one.manifest.place})"


def _namespaces(touched: Touched) -> Iterable[tuple[str, str]]:
    for effect, rows in groupby(touched.rows, key=lambda row: row.effect):
        action, words = WORDS[effect]
        found = list(rows)
        for row in found[:SHOWN]:
            yield action, row.text
        if len(found) > SHOWN:
            yield action, f"and {len(found) - SHOWN} more {words}; `-o json` lists all"
