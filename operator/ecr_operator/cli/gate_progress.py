"""How the waiting of `ecr-operator gate` is shown: alive on a terminal, else as lines for a log."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ecr_operator.cli.gate_outcome import Target
from ecr_operator.cli.gate_waiting import Progress as Told


@contextmanager
def shown(console: Console, seconds: float, *, alive: bool) -> Iterator[Told]:
    """Show the waiting, for `seconds` at most; `alive` is for terminals, not for what only has colours."""
    if not alive:
        yield _Lines(console, seconds)
        return
    # What does not fit is cut off at the right: the host would leave no room for the rest.
    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Alive(progress, seconds)


class _Lines:
    """A line for each look, but the last: a job that is silent for long is ended by some."""

    def __init__(self, console: Console, seconds: float) -> None:
        self._console = console
        self._seconds = seconds

    def waits(self, target: Target, words: str, seconds: float) -> None:
        """Print it."""
        text = f"{target.text}: {words}, {seconds:,.0f} s of {self._seconds:,.0f} s"
        self._console.out(text, highlight=False)

    def ends(self, target: Target) -> None:
        """The table says it."""


class _Alive:
    """A spinner for each image that is waited for."""

    def __init__(self, progress: Progress, seconds: float) -> None:
        self._progress = progress
        self._seconds = seconds
        self._tasks: dict[str, TaskID] = {}

    def waits(self, target: Target, words: str, seconds: float) -> None:
        """Show it."""
        name = target.text.partition("/")[2]
        text = escape(f"of {self._seconds:,.0f} s, {words}: {name}")
        task = self._tasks.get(target.text)
        if task is None:
            self._tasks[target.text] = self._progress.add_task(text, total=None)
        else:
            self._progress.update(task, description=text)

    def ends(self, target: Target) -> None:
        """Take its spinner away."""
        task = self._tasks.pop(target.text, None)
        if task is not None:
            self._progress.remove_task(task)
