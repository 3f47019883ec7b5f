"""What is seen of EcrPullSecrets from outside: Secrets to the last byte, writes, warnings."""

from datetime import UTC, datetime
from typing import Any

from tests.cluster import Cluster, Object
from tests.pull_secrets import KIND, PullSecrets
from tests.repositories import condition

DATES = ("contentHash", "expiresAt", "nextRefreshAt")


def whole(cluster: Cluster, *namespaces: str, name: str = "ecr") -> list[Object]:
    """The Secrets with resourceVersions and managers: equal means that nobody has written."""
    return [cluster.get("Secret", namespace, name) for namespace in namespaces]


def dates(obj: Object) -> tuple[str, ...]:
    """What moves in a status with the credentials, and only with them."""
    return tuple(obj["status"][field] for field in DATES)


def writes(pulls: PullSecrets, since: Object) -> list[Object]:
    """The states of the object after `since`."""
    metadata = since["metadata"]
    return pulls.cluster.history(KIND, None, metadata["name"], metadata["resourceVersion"])


def is_said(obj: Object, type: str, reason: str) -> bool:
    """Whether a condition is there with that reason."""
    found = condition(obj, type)
    return found is not None and found["reason"] == reason


def text_of(obj: Object, type: str = "Ready") -> str:
    """The message of a condition."""
    found = condition(obj, type)
    assert found is not None
    message: str = found["message"]
    return message


def wait_warning(pulls: PullSecrets, obj: Object, reason: str, timeout: float = 20) -> str:
    """Wait for a Warning event with that reason; its note."""
    for _ in pulls.cluster.polls(timeout):
        for event in pulls.cluster.events(obj):
            if event["reason"] == reason and event["type"] == "Warning":
                note: str = event["note"]
                return note
    raise AssertionError(f"no event {reason}: {[event['reason'] for event in pulls.cluster.events(obj)]}")


def seconds(time: Any) -> float:
    """A time of a status, or of the fake AWS, in seconds since the epoch."""
    return float(time) if isinstance(time, int | float) else datetime.fromisoformat(time).timestamp()


def wait_until(cluster: Cluster, time: str) -> None:
    """Wait until a moment that a status tells is over."""
    end = seconds(time)
    for _ in cluster.polls(60):
        if datetime.now(UTC).timestamp() > end:
            return
    raise AssertionError(f"{time} is not over within a minute")
