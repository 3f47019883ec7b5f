"""kopf's watch is refused, or ends by itself: it comes back, and nothing waits for the next list."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.gateway import Gateway, Request
from tests.repositories import Repositories
from tests.running import RunningOperator

NEVER = 1e6
INTERNAL = {"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "internal error"}}


@pytest.mark.parametrize(
    ("matches", "status", "body", "ends"),
    [
        (
            Request.is_kopfs_list,
            410,
            {"reason": "Expired", "message": "The continue parameter is too old"},
            True,
        ),
        (Request.is_watch, 200, INTERNAL, True),
        (Request.is_kopfs, 401, {"reason": "Unauthorized"}, False),
        (Request.is_kopfs_list, 403, {"reason": "Forbidden"}, False),
        (Request.is_watch, 500, {"reason": "InternalError"}, False),
    ],
    ids=["410 on a list", "error in the stream", "401", "403", "500"],
)
def test_the_watch_comes_back(
    gateway: Gateway,
    repositories: Repositories,
    caplog: pytest.LogCaptureFixture,
    matches: Callable[[Request], bool],
    status: int,
    body: dict[str, Any],
    ends: bool,
) -> None:
    refusal = gateway.answer(matches, status, body, times=2)
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(gateway.kubeconfig(), list_seconds=NEVER, **scope):
        assert refusal.caught.wait(60)
        repositories.create("web")
        repositories.ready("web", timeout=60)
        repositories.patch("web", tags={"team": "a"})
        repositories.ready("web", timeout=60)

    said = [entry.getMessage() for entry in caplog.records if entry.name == "ecr_operator.process.observing"]
    assert any(text.startswith("The watch ended") for text in said) == ends


def test_a_refused_session_is_not_shown_again_at_once(gateway: Gateway, repositories: Repositories) -> None:
    """kopf itself repeats it without a pause, as fast as the API server refuses it."""
    refusal = gateway.answer(Request.is_kopfs, 401, {"reason": "Unauthorized"})
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(gateway.kubeconfig(), list_seconds=0.5, **scope):
        assert refusal.caught.wait(60)
        before, lists = gateway.count(_of_repositories), gateway.count(Request.is_list)
        for _ in repositories.cluster.polls(60):
            if gateway.count(Request.is_list) > lists + 5:
                break
        # Each of its requests is refused once per pause, and 3 s of lists have room for two or three.
        assert gateway.count(_of_repositories) - before < 30


def test_its_own_list_is_empty_whatever_there_is(gateway: Gateway, repositories: Repositories) -> None:
    """kopf would handle each object as if it had changed, and changes would wait behind thousands of them."""
    shown = gateway.hold(Request.is_kopfs_list)
    repositories.create("web")
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(gateway.kubeconfig(), list_seconds=NEVER, **scope):
        assert shown.caught.wait(60)
        assert json.loads(shown.body)["items"] == []
        gateway.lift(shown)
        repositories.ready("web")


def _of_repositories(request: Request) -> bool:
    return request.is_kopfs() and request.path.endswith("/ecrrepositories")
