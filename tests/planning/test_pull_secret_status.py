"""What the status of an EcrPullSecret says of its namespaces."""

import pytest

from ecr_operator.planning.plan import Done, Waiting
from ecr_operator.planning.pull_secret import Failure
from ecr_operator.planning.pull_secret_status import NamespacesSummary, summary
from ecr_operator.reasons import Reason


def failure(namespace: str, reason: Reason = Reason.SECRET_NOT_OURS, owner: str = "ecr") -> Failure:
    return Failure(namespace, owner, reason, f"{reason} there")


A, B, C = failure("a"), failure("b"), failure("c")
B_TOO = failure("b", Reason.SERVICE_ACCOUNT_CONTESTED)

CASES: dict[str, tuple[list[str], list[str], list[Failure], NamespacesSummary]] = {
    "nothing": ([], [], [], NamespacesSummary()),
    "all is well": (["a", "b"], ["b", "a"], [], NamespacesSummary(2, 2)),
    "one is at work": (["a", "b"], ["a"], [], NamespacesSummary(2, 1)),
    "one has failed": (
        ["a", "b"],
        ["a"],
        [B],
        NamespacesSummary(2, 1, 1, (B,), ((Reason.SECRET_NOT_OURS, 1),)),
    ),
    "one has failed twice": (
        ["a", "b"],
        ["a"],
        [B_TOO, B],
        NamespacesSummary(
            2, 1, 1, (B, B_TOO), ((Reason.SECRET_NOT_OURS, 1), (Reason.SERVICE_ACCOUNT_CONTESTED, 1))
        ),
    ),
    "one has failed, and was ready before": (
        ["a"],
        ["a"],
        [A],
        NamespacesSummary(1, 0, 1, (A,), ((Reason.SECRET_NOT_OURS, 1),)),
    ),
    "the most frequent reason comes first": (
        ["a", "b", "c"],
        [],
        [failure("c", Reason.CONFLICT), B, A],
        NamespacesSummary(
            3,
            0,
            3,
            (A, B, failure("c", Reason.CONFLICT)),
            ((Reason.SECRET_NOT_OURS, 2), (Reason.CONFLICT, 1)),
        ),
    ),
    "another's failure": (["a"], ["a"], [failure("a", owner="push")], NamespacesSummary(1, 1)),
    "the failure of a namespace that is no longer selected": (["a"], ["a"], [B], NamespacesSummary(1, 1)),
    "a namespace that is no longer selected was ready": (["a"], ["a", "b"], [], NamespacesSummary(1, 1)),
    "the same failure twice": (
        ["a"],
        [],
        [A, A],
        NamespacesSummary(1, 0, 1, (A,), ((Reason.SECRET_NOT_OURS, 1),)),
    ),
}


@pytest.mark.parametrize(("matched", "ready", "failures", "expected"), CASES.values(), ids=CASES)
def test_a_summary(
    matched: list[str], ready: list[str], failures: list[Failure], expected: NamespacesSummary
) -> None:
    assert summary("ecr", matched, ready, failures) == expected
    assert summary("ecr", matched[::-1], ready[::-1], failures[::-1]) == expected


def test_a_status_holds_twenty_failures_and_counts_all() -> None:
    names = [f"team-{number:03}" for number in range(100)]
    found = summary("ecr", names, [], map(failure, names))
    assert found.failed == 100
    assert [one.namespace for one in found.failures] == names[:20]


def test_messages_fit() -> None:
    long = Failure("a", "ecr", Reason.WRITE_REFUSED, "x" * 600)
    assert len(summary("ecr", ["a"], [], [long]).failures[0].message) == 512


def test_what_the_condition_says() -> None:
    found = summary("ecr", ["a", "b", "c"], ["c"], [A, B, B_TOO])
    assert found.failed_message == (
        "2 of 3 namespaces failed (SecretNotOurs in 2, ServiceAccountContested in 1); see `status.failures`"
    )
    assert summary("ecr", ["a"], ["a"], []).failed_message == ""


def test_all_is_settled_when_nothing_is_at_work() -> None:
    assert summary("ecr", [], [], []).is_settled
    assert summary("ecr", ["a", "b"], ["a"], [B]).is_settled
    assert not summary("ecr", ["a", "b"], ["a"], []).is_settled


def test_ready_stays_true_for_what_only_a_namespace_can_mend() -> None:
    found = summary("ecr", ["a", "b"], ["a"], [B])
    assert found.outcome(was_ready=False) == Done(Reason.IN_SYNC, "1 of 2 namespaces hold the Secret")


def test_a_refresh_leaves_ready_as_it_was() -> None:
    found = summary("ecr", ["a", "b"], ["a"], [])
    message = "1 of 2 namespaces hold the Secret"
    assert found.outcome(was_ready=False) == Waiting(Reason.PROGRESSING, message)
    assert found.outcome(was_ready=True) == Done(Reason.IN_SYNC, message)


def test_no_namespace_is_said() -> None:
    assert summary("ecr", [], [], []).outcome(was_ready=False) == Done(
        Reason.NO_NAMESPACE_MATCHED, "`namespaces` matches no namespace"
    )
