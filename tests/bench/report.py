"""What the benchmark prints: a table per case, as soon as it is known, and a line of JSON."""

import os
import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Table

from tests.bench.budgets import budget
from tests.bench.result import Result

WIDTH = 110
FIGURE_WIDTH, NUMBER_WIDTH = 56, 9


class Report:
    """`output` is the file that the lines of JSON are added to; None: they are printed in the end."""

    def __init__(self, output: Path | None, console: Console | None = None) -> None:
        self._output = output
        self._console = console or Console(width=WIDTH, highlight=False, emoji=False)
        self._lines: list[str] = []

    def heading(self, kubernetes: str, profiled: Path | None) -> None:
        """What the figures depend on."""
        cores = len(os.sched_getaffinity(0))
        load = os.getloadavg()[0]
        self._console.print(
            f"{cores} cores, Python {platform.python_version()}, Kubernetes {kubernetes}, load {load:.2f}. "
            "The API server, etcd, the fake AWS and whoever posts the objects share these cores with the "
            "operator: seconds say more of the machine than CPU, calls and writes do."
        )
        if profiled:
            self._console.print(f"Profiles are written to {profiled}; they cost CPU.", style="yellow")

    def waiting(self, case: str) -> AbstractContextManager[Status]:
        """Show on a terminal what is under way."""
        return self._console.status(f"{case} ...")

    def show(self, result: Result) -> None:
        """Print a result, and write its line."""
        table = Table(title=result.case, title_justify="left", title_style="bold")
        table.add_column("figure", width=FIGURE_WIDTH)
        for column in ("measured", "budget", "peer", "missed"):
            table.add_column(column, justify="right", width=NUMBER_WIDTH)
        for figure, value in result.figures.items():
            allowed = budget(result.case, figure)
            missed = result.misses(figure)
            table.add_row(
                figure,
                _text(value),
                _text(allowed.limit) if allowed else "",
                allowed.peer if allowed else "",
                "missed" if missed else "",
                style="red" if missed else None,
            )
        self._console.print()
        self._console.print(table)
        for remark in [*_calls(result), *result.remarks]:
            self._console.print(f"  {remark}")
        self._keep(result.to_json())

    def failed(self, case: str, error: Exception) -> None:
        """Say that a case has no result."""
        self._console.print(f"\n{case} failed: {type(error).__name__}: {error}", style="red", markup=False)

    def end(self) -> None:
        """Print the lines of JSON, or where they are."""
        if self._output is not None:
            self._console.print(f"\nJSON lines: {self._output}")
        elif self._lines:
            self._console.print()
            for line in self._lines:
                print(line)

    def _keep(self, line: str) -> None:
        if self._output is None:
            self._lines.append(line)
            return
        with self._output.open("a") as file:
            file.write(f"{line}\n")


def _text(value: float | None) -> str:
    """Whole numbers as such, others to three figures that matter."""
    if value is None:
        return "too long"
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}"


def _calls(result: Result) -> Sequence[str]:
    shown = [f"{operation} {number / result.size:.3g}" for operation, number in result.calls.items()]
    return [f"AWS calls per repository: {', '.join(shown)}"] if shown else []
