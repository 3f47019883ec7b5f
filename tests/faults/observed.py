"""What a running operator shows of itself."""

from tests.running import RunningOperator


def objects(running: RunningOperator) -> float:
    """How many objects the store holds."""
    return series(running, "ecr_operator_objects{")


def unanswered(running: RunningOperator) -> float:
    """Reconciles that failed because the API server did not answer."""
    return series(running, "ecr_operator_reconcile_errors_total{", "KubeUnavailable")


def series(running: RunningOperator, begins: str, label: str = "") -> float:
    """The sum of the series that begin so, and have the label."""
    lines = [line for line in running.metrics().splitlines() if line.startswith(begins) and label in line]
    return sum(float(line.rpartition(" ")[2]) for line in lines)
