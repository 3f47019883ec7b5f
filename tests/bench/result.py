"""What a case has found."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.bench.budgets import CALLS, CPU, RSS, STATUS_WRITES, WRITES, budget
from tests.bench.measure import Cost


@dataclass
class Result:
    """Figures by name, in the order in which they are shown; None: it took too long to be known."""

    case: str
    size: int
    latency: float
    figures: dict[str, float | None] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add(self, figure: str, value: float | None) -> None:
        """Note a figure."""
        self.figures[figure] = value

    def add_cost(self, cost: Cost) -> None:
        """Note what each repository has cost."""
        self.add(CALLS, cost.total_calls / self.size)
        self.add(WRITES, cost.writes / self.size)
        self.add(STATUS_WRITES, cost.status_writes / self.size)
        self.add(CPU, 1000 * cost.cpu / self.size)
        self.add(RSS, cost.peak_megabytes)
        self.calls = cost.calls

    def misses(self, figure: str) -> bool:
        """Whether the figure is over its budget."""
        allowed, value = budget(self.case, figure), self.figures[figure]
        return allowed is not None and (value is None or value > allowed.limit)

    def to_json(self) -> str:
        """One line."""
        found = {figure: budget(self.case, figure) for figure in self.figures}
        line: dict[str, Any] = {
            "case": self.case,
            "repositories": self.size,
            "latencySeconds": self.latency,
            "figures": {
                name: None if value is None else round(value, 4) for name, value in self.figures.items()
            },
            "budgets": {name: one.limit for name, one in found.items() if one is not None},
            "misses": [name for name in self.figures if self.misses(name)],
            "awsCalls": self.calls,
            "remarks": self.remarks,
        }
        return json.dumps(line)
