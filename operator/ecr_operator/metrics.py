"""The operator's metrics, one set per process (or per operator in tests).

Shape follows controller-runtime's names with our own prefix; labels have few values. Objects are
counted when scraped, so no series outlives its object.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Count = tuple[tuple[str, str, str], float]
"""((kind, ready, reason), number of objects)."""
Expiry = tuple[tuple[str, str], float]
"""((name, host), seconds since the epoch)."""
Findings = tuple[tuple[str, str, str], float]
"""((namespace, name, severity), number of findings)."""


class _AtScrape(Collector):
    """One gauge whose series are asked for at each scrape."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        values: Callable[[], Iterable[tuple[tuple[str, ...], float]]],
    ) -> None:
        self._described = name, documentation, labels
        self._values = values

    def collect(self) -> Iterator[Metric]:
        name, documentation, labels = self._described
        family = GaugeMetricFamily(name, documentation, labels=labels)
        for values, number in self._values():
            family.add_metric(values, number)
        yield family


class Metrics:
    """All series, registered in `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconciles = Counter(
            "ecr_operator_reconcile", "Reconciles", ("kind", "result"), registry=self.registry
        )
        self.reconcile_seconds = Histogram(
            "ecr_operator_reconcile_duration_seconds", "Reconcile time", ("kind",), registry=self.registry
        )
        self.reconcile_errors = Counter(
            "ecr_operator_reconcile_errors",
            "Reconciles that failed",
            ("kind", "reason"),
            registry=self.registry,
        )
        self.aws_requests = Counter(
            "ecr_operator_aws_requests", "Calls to AWS", ("operation", "code"), registry=self.registry
        )
        self.aws_seconds = Histogram(
            "ecr_operator_aws_request_duration_seconds",
            "Time of calls to AWS",
            ("operation",),
            registry=self.registry,
        )
        self.circuit_open = Gauge(
            "ecr_operator_aws_circuit_open",
            "Identities whose calls wait because AWS does not answer",
            ("service", "region"),
            registry=self.registry,
        )
        self.inventory_interval = Gauge(
            "ecr_operator_inventory_interval_seconds",
            "How often the images of a repository are counted at present",
            ("region",),
            registry=self.registry,
        )
        self.depth = Gauge(
            "ecr_operator_workqueue_depth", "Keys that wait for a worker", ("kind",), registry=self.registry
        )
        self.watch_age = Gauge(
            "ecr_operator_watch_age_seconds",
            "Seconds since the last complete list",
            ("kind",),
            registry=self.registry,
        )
        self.leader = Gauge("ecr_operator_leader", "1 while this replica acts", registry=self.registry)
        self.build = Gauge("ecr_operator_build_info", "Always 1", ("version",), registry=self.registry)

    def count_objects(self, counts: Callable[[], Iterable[Count]]) -> None:
        """Have `counts` asked at each scrape for `ecr_operator_objects`."""
        labels = ("kind", "ready", "reason")
        self.registry.register(_AtScrape("ecr_operator_objects", "Objects by state", labels, counts))

    def count_expiries(self, expiries: Callable[[], Iterable[Expiry]]) -> None:
        """Have `expiries` asked at each scrape for `ecr_operator_pull_secret_expiry_timestamp_seconds`."""
        text = "When the credentials of an EcrPullSecret expire"
        name = "ecr_operator_pull_secret_expiry_timestamp_seconds"
        self.registry.register(_AtScrape(name, text, ("name", "host"), expiries))

    def count_findings(self, findings: Callable[[], Iterable[Findings]]) -> None:
        """Have `findings` asked at each scrape for `ecr_operator_image_findings`."""
        text = "Findings of the reported image of an EcrRepository that has the worst ones"
        labels = ("namespace", "name", "severity")
        self.registry.register(_AtScrape("ecr_operator_image_findings", text, labels, findings))
