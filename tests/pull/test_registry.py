"""What Secrets are good for at a registry that asks AWS about every request: pulls, and no more than their
access.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.registry import Ran, Registry
from tests.fake_aws.client import REGION, FakeAws
from tests.pull.images import REPOSITORY, Images, config_of
from tests.pull_secrets import PullSecrets
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("operator")

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}],
}
EXPIRED = "DENIED: Your authorization token has expired. Reauthenticate and try again."


def host_of(account: str) -> str:
    return f"{account}.dkr.ecr.{REGION}.amazonaws.com"


def outcome(ran: Ran) -> tuple[bool, int]:
    return ran.succeeded, ran.status


@pytest.fixture
def role(aws: FakeAws, account: str) -> str:
    """A role that may do everything: what narrows a Secret is its access."""
    return aws.create_role(account, "pull-images", policy=EVERYTHING)


@pytest.fixture
def images(registry: Registry, aws: FakeAws, account: str, tmp_path: Path) -> Images:
    """A repository of the test's account."""
    aws.create_repositories([REPOSITORY], account=account)
    return Images(registry, host_of(account), tmp_path)


@pytest.fixture
def pusher(pulls: PullSecrets, role: str) -> bytes:
    """The bytes of a Secret that may push."""
    name = pulls.namespace("pusher")
    pulls.create("pusher", auth={"roleArn": role, "access": "PullPush"}, namespaces={"include": [name]})
    pulls.ready("pusher")
    return config_of(pulls.secret(name))


@pytest.fixture
def puller(pulls: PullSecrets, role: str, images: Images, pusher: bytes) -> str:
    """A namespace with a Secret that may pull, `v1` among other things."""
    assert outcome(images.push(pusher, "v1")) == (True, 201)
    name = pulls.namespace("puller")
    pulls.create("puller", auth={"roleArn": role}, namespaces={"include": [name]})
    pulls.ready("puller")
    return name


@pytest.fixture
def elsewhere() -> Iterator[FakeAws]:
    """An AWS that the operator does not know."""
    with FakeAws() as fake:
        yield fake


def test_a_secret_pulls_and_pushes_as_its_access_says(
    pulls: PullSecrets, images: Images, pusher: bytes, puller: str
) -> None:
    config = config_of(pulls.secret(puller))
    assert outcome(images.pull(config, "v1")) == (True, 200)

    refused = images.push(config, "v2")
    assert outcome(refused) == (False, 403)
    assert "403 Forbidden" in refused.said
    tagged = images.tag(config, "v1", "v3")
    assert outcome(tagged) == (False, 403)
    assert "is not authorized to perform: ecr:PutImage" in tagged.said
    assert tagged.said.endswith("because no session policy allows the ecr:PutImage action")
    assert [outcome(images.pull(config, tag)) for tag in ("v2", "v3")] == [(False, 404), (False, 404)]

    assert outcome(images.push(pusher, "v2")) == (True, 201)
    assert outcome(images.pull(config, "v2")) == (True, 200)


def test_after_a_refresh_the_new_bytes_pull_and_the_previous_ones_come_to_their_end(
    pulls: PullSecrets, aws: FakeAws, images: Images, role: str, pusher: bytes
) -> None:
    assert outcome(images.push(pusher, "v1")) == (True, 201)
    aws.set_token_life(16)
    name = pulls.namespace("a")
    pulls.create("a", auth={"roleArn": role}, namespaces={"include": [name]})
    first = pulls.ready("a")
    previous = config_of(pulls.secret(name))
    assert outcome(images.pull(previous, "v1")) == (True, 200)

    aws.set_token_life(None)
    old = first["status"]["contentHash"]
    pulls.wait_for(lambda obj: obj["status"]["contentHash"] != old, "new bytes", "a")
    pulls.ready("a")
    present = config_of(pulls.secret(name))
    assert outcome(images.pull(present, "v1")) == (True, 200)

    until(pulls.cluster, lambda: not images.pull(previous, "v1").succeeded, "end of the previous bytes")
    ended = images.pull(previous, "v1")
    assert outcome(ended) == (False, 403)
    assert ended.said.endswith(EXPIRED)
    assert outcome(images.pull(present, "v1")) == (True, 200)


def test_passwords_that_aws_has_not_issued_are_unknown(
    pulls: PullSecrets, images: Images, account: str, puller: str, elsewhere: FakeAws
) -> None:
    """Among them one that begins as the real one does: a check that sees 72 bytes would take it."""
    config = config_of(pulls.secret(puller))
    host = host_of(account)
    text = json.loads(config)["auths"][host]["auth"]
    password = base64.b64decode(text).decode().removeprefix("AWS:")
    foreign = elsewhere.client("ecr", account).get_authorization_token()["authorizationData"][0]
    assert foreign["proxyEndpoint"] == f"https://{host}"
    auths = {
        "of another AWS": foreign["authorizationToken"],
        "cut": base64.b64encode(f"AWS:{password[:-1]}".encode()).decode(),
        "with another end": base64.b64encode(f"AWS:{password[:-1]}!".encode()).decode(),
        "of another user": base64.b64encode(f"root:{password}".encode()).decode(),
    }
    for what, auth in auths.items():
        changed = config.replace(text.encode(), auth.encode())
        assert changed != config
        assert (what, *outcome(images.pull(changed, "v1"))) == (what, False, 401)
    assert outcome(images.pull(b"{}", "v1")) == (False, 401)
    assert outcome(images.pull(config, "v1")) == (True, 200)


def test_a_secret_opens_the_registry_of_its_account_alone(
    pulls: PullSecrets, aws: FakeAws, registry: Registry, account: str, puller: str, tmp_path: Path
) -> None:
    other = str(int(account) + 1)
    aws.create_repositories([REPOSITORY], account=other)
    config = config_of(pulls.secret(puller))
    theirs = Images(registry, host_of(other), tmp_path)
    assert outcome(theirs.pull(config, "v1")) == (False, 401)
    # The same token, presented there: AWS knows whose it is, and the registry's owner grants them nothing.
    presented = config.replace(host_of(account).encode(), host_of(other).encode())
    refused = theirs.pull(presented, "v1")
    assert outcome(refused) == (False, 403)
    assert refused.said.endswith("because no resource-based policy allows the ecr:BatchGetImage action")
