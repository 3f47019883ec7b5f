"""kill -9 of the operator as a process, at calls that AWS leaves unanswered.

The same as `test_crashes`, on a few points, without a hook in the operator.
"""

from pathlib import Path

from tests.cluster import Cluster
from tests.crashes.cases import Case, Ending
from tests.crashes.rounds import Rounds, Trace, each
from tests.crashes.scenarios import SCENARIOS
from tests.fake_aws.client import FakeAws
from tests.operator_process import OperatorProcess
from tests.running import CLUSTER
from tests.sequences.world import QUICK

HANG = 60.0
"""Longer than any case waits; the operator's death, or the end of the fault, ends it."""

POINTS: tuple[tuple[str, str, bool], ...] = (
    ("a repository with everything is created", "CreateRepository", False),
    ("a repository with everything is created", "CreateRepository", True),
    ("a repository with everything is created", "SetRepositoryPolicy", True),
    ("everything is changed", "UntagResource", True),
    ("everything is changed", "PutLifecyclePolicy", True),
    ("all parts are taken out of the spec", "DeleteRepositoryPolicy", True),
    ("an untagged repository is adopted", "TagResource", True),
    ("a repository is deleted", "DeleteRepository", True),
)
"""A scenario, the call of it that hangs, and whether its effect comes before or after that."""


def test_kill_9_while_aws_is_asked_changes_nothing_in_the_end(
    cluster: Cluster, aws: FakeAws, rounds: Rounds, traces: dict[str, Trace], tmp_path: Path
) -> None:
    cases = [Case(rounds.world, SCENARIOS[title]) for title, _, _ in POINTS]
    settings = {f"ECR_OPERATOR_{name.upper()}": str(value) for name, value in QUICK.items()}
    settings |= aws.environment() | {
        "KUBECONFIG": str(cluster.operator_kubeconfig),
        "ECR_OPERATOR_CLUSTER_NAME": CLUSTER,
        "ECR_OPERATOR_WATCH_NAMESPACES": rounds.world.namespace,
        "ECR_OPERATOR_LEADER_ELECT": "false",
    }
    faults: list[int] = []
    with OperatorProcess(settings, tmp_path) as operator:
        operator.wait_ready()
        rounds.ready(cases)
        try:
            for case, (_, operation, after) in zip(cases, POINTS, strict=True):
                repository = rounds.world.repository(case.name)
                faults.append(aws.inject(operation, prefix=repository, after=after, hang=HANG))
            aws.reset_calls()
            each(Case.act, cases)
            _wait_until_all_hang(aws, rounds, cases)
            operator.kill()
        finally:
            for fault in faults:
                aws.clear(fault)
        operator.start()
        operator.wait_ready()
        endings: list[Ending] = each(Case.ending, cases)
        rounds.close(cases)

    assert endings == [traces[title].ending for title, _, _ in POINTS]


def _wait_until_all_hang(aws: FakeAws, rounds: Rounds, cases: list[Case]) -> None:
    waiting = list(zip(cases, POINTS, strict=True))
    for _ in rounds.world.cluster.polls(60):
        waiting = [
            (case, point)
            for case, point in waiting
            if not aws.attempts(operation=point[1], prefix=rounds.world.repository(case.name))
        ]
        if not waiting:
            return
    raise AssertionError(f"never asked: {[point for _, point in waiting]}")
