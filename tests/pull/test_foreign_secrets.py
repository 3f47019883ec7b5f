"""A Secret of that name that is somebody else's: left alone, reported, taken over only where that is said."""

import pytest

from tests.controlplane.audit import AuditLog
from tests.pull_secrets import DOCKER_TYPE, HOST, LABEL, PullSecrets, docker_data
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")

OTHER = {"config": "eA=="}


def unselected(pulls: PullSecrets, name: str) -> str:
    return pulls.namespace(name, **{LABEL: "none"})


def asked(audit: AuditLog, namespace: str) -> int:
    """How many requests for the Secret the operator has sent."""
    return sum(one.namespace == namespace and one.resource == "secrets" for one in audit.requests())


@pytest.mark.parametrize("kind", ["equal data", "other data", "other type"])
def test_a_foreign_secret_stays_byte_for_byte(pulls: PullSecrets, audit: AuditLog, kind: str) -> None:
    good, bad = pulls.namespace("good"), unselected(pulls, "bad")
    pulls.create()
    pulls.ready()
    ours = pulls.wait_secret(good)
    data = {"equal data": ours["data"], "other data": docker_data("docker.io"), "other type": OTHER}[kind]
    theirs = pulls.foreign(bad, data, "Opaque" if kind == "other type" else DOCKER_TYPE)

    pulls.label(bad)
    message = pulls.failing(bad, "SecretNotOurs")
    late = pulls.namespace("late")
    pulls.wait_secret(late)
    obj = pulls.counted(matched=3, ready=2, failed=1)

    assert "adoptionPolicy: Adopt" in message
    assert ("docker.io" in message) == (kind == "other data")
    assert pulls.secret(bad) == theirs
    assert condition(obj, "NamespacesFailed")["reason"] == "SecretNotOurs"  # type: ignore[index]
    assert condition(obj, "Ready")["reason"] == "InSync"  # type: ignore[index]
    assert condition(obj, "Stalled") is None

    before = asked(audit, bad)
    pulls.cluster.delete("Secret", bad, "ecr")
    mine = pulls.wait_secret(bad, lambda one: one["metadata"]["uid"] != theirs["metadata"]["uid"])
    assert mine["data"] == ours["data"]
    pulls.healed()
    # Looked at again a second later: one try to write it, and at most one read of what was in the way.
    assert asked(audit, bad) - before <= 6
    assert pulls.mints() == 1


def test_one_with_our_hosts_alone_is_adopted_in_place(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    theirs = pulls.foreign(name, docker_data(HOST))
    pulls.create(adoptionPolicy="Adopt")
    pulls.healed()

    ours = pulls.wait_secret(name)
    assert ours["metadata"]["uid"] == theirs["metadata"]["uid"]
    assert pulls.aws.token(pulls.auths(name)[HOST])["valid"]
    assert [one["name"] for one in ours["metadata"]["ownerReferences"]] == [pulls.name("pull")]
    pulls.delete()
    pulls.wait_no_secret(name)


@pytest.mark.parametrize(
    ("data", "type", "says"),
    [
        (docker_data(HOST, "docker.io", "quay.io"), DOCKER_TYPE, "hosts docker.io, quay.io"),
        (OTHER, "Opaque", "type Opaque"),
    ],
    ids=["hosts that would be lost", "another type"],
)
def test_adopting_loses_nothing(pulls: PullSecrets, data: dict[str, str], type: str, says: str) -> None:
    bad, good = pulls.namespace("bad"), pulls.namespace("good")
    theirs = pulls.foreign(bad, data, type)
    pulls.create(adoptionPolicy="Adopt")

    assert says in pulls.failing(bad, "SecretNotOurs")
    pulls.counted(matched=2, ready=1, failed=1)
    assert pulls.secret(bad) == theirs
    assert pulls.secret(good) is not None


def test_one_that_loses_its_other_hosts_is_adopted_then(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    theirs = pulls.foreign(name, docker_data(HOST, "docker.io"))
    pulls.create(adoptionPolicy="Adopt")
    pulls.failing(name, "SecretNotOurs")

    pulls.cluster.merge_patch("Secret", name, "ecr", {"data": docker_data(HOST)})
    pulls.healed()
    assert pulls.aws.token(pulls.auths(name)[HOST])["valid"]
    assert pulls.wait_secret(name)["metadata"]["uid"] == theirs["metadata"]["uid"]
