"""What something has cost: calls, writes, CPU and memory between two moments."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from tests.bench.process import cpu_seconds, peak_megabytes
from tests.bench.world import World
from tests.operator_process import OperatorProcess

# Of deletions not those of a collection (scope "namespace"), which are the namespace controller's and go on
# behind the next case; the metric has no verb of their own for them.
WRITING = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE"})
READING = frozenset({"GET"})
"""Reads of single objects: lists of ours are the benchmark's own too."""
LISTING = frozenset({"LIST"})
REQUESTS = re.compile(r"^apiserver_request_total\{(.*)\} ([0-9.e+]+)$", re.MULTILINE)
LABELS = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Cost:
    """`writes` are those of EcrRepositories without their status and without the user's own."""

    calls: dict[str, int]
    status_writes: int
    other_writes: int
    cpu: float
    peak_megabytes: float

    @property
    def writes(self) -> int:
        """Writes of EcrRepositories; events are none."""
        return self.status_writes + self.other_writes

    @property
    def total_calls(self) -> int:
        """All calls to AWS, refused ones too."""
        return sum(self.calls.values())


class Meter:
    """Begins with its creation; `read` says what it has cost since."""

    def __init__(self, world: World, operator: OperatorProcess | None = None) -> None:
        """Without an operator, that of `started` is measured from its very start."""
        self._world = world
        self._operator = operator
        self._cpu = cpu_seconds(operator.pid) if operator else 0.0
        self._requests = requests(world.plane.apiserver_metrics())
        world.aws.reset_calls()

    def started(self, operator: OperatorProcess) -> Self:
        """Measure this one, all that it has taken included."""
        self._operator = operator
        return self

    def read(self, users: int = 0) -> Cost:
        """The cost; `users` of the writes were the user's own."""
        assert self._operator is not None
        calls = self._world.aws.calls()
        now = requests(self._world.plane.apiserver_metrics()) - self._requests
        pid = self._operator.pid
        return Cost(calls, now["status"], now[""] - users, cpu_seconds(pid) - self._cpu, peak_megabytes(pid))


def requests(
    metrics: str, resource: str = "ecrrepositories", codes: str = "", verbs: Collection[str] = WRITING
) -> Counter[str]:
    """Requests for a resource by subresource in the API server's metrics, by default writes: refused ones
    too, or those that were answered with a status that begins so.
    """
    counts: Counter[str] = Counter()
    for text, value in REQUESTS.findall(metrics):
        labels = dict(LABELS.findall(text))
        fits = labels["resource"] == resource and labels["code"].startswith(codes)
        of_collection = labels["verb"] == "DELETE" and labels.get("scope") == "namespace"
        if fits and labels["verb"] in verbs and not of_collection:
            counts[labels["subresource"]] += int(float(value))
    return counts
