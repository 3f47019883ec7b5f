"""The operator needs the rights that `ecr-operator iam-policy` prints: all of them, and no other."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ecr_operator.cli import main
from tests.cluster import Cluster
from tests.fake_aws.client import REGION, FakeAws
from tests.lifecycle import DAY, UNPULLED, LifecyclePolicies, older_than
from tests.policies import AUDIT, RULE
from tests.repositories import KIND, Repositories, condition
from tests.running import Identity, RunningOperator

POD, REGISTRY = "444444444444", "555555555555"
"""Accounts of this module's own, because what was used counts by account: of the Pod, and of the registry."""
DENIED = {"AccessDeniedException", "KmsException"}
ROLE = f"arn:aws:iam::{REGISTRY}:role/ecr-operator"
Printed = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class World:
    """One test's objects, the registry behind them, and an operator that assumes a role in it."""

    repositories: Repositories
    operator: Callable[..., RunningOperator]
    key: str
    """The ARN of a KMS key."""

    def repeatedly(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until `holds()`."""
        for _ in self.repositories.cluster.polls(20):
            if holds():
                return
        raise AssertionError(f"no {what}")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """The document that the command prints for these arguments."""

    def run(*arguments: str) -> dict[str, Any]:
        with pytest.raises(SystemExit) as ended:
            main(["iam-policy", *arguments])
        assert ended.value.code == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return run


@pytest.fixture
def world(cluster: Cluster, aws: FakeAws, repositories: Repositories) -> World:
    repositories.ecr = aws.client("ecr", account=REGISTRY, unseen=True)
    key = aws.client("kms", account=REGISTRY, unseen=True).create_key()["KeyMetadata"]["Arn"]

    def operator(**settings: Any) -> RunningOperator:
        scope = {"watch_namespaces": (repositories.namespace,), "adoption": "Everywhere", "role_arn": ROLE}
        return RunningOperator(cluster.operator_kubeconfig, Identity(POD), **scope, **settings)

    return World(repositories, operator, key)


@pytest.fixture(params=[[], ["--owned-only"]], ids=["plain", "owned-only"])
def document(request: pytest.FixtureRequest, aws: FakeAws, world: World, printed: Printed) -> dict[str, Any]:
    """The narrowest policy for the test's repositories; the role has it, and the Pod may assume the role."""
    narrow = ["--account", REGISTRY, "--region", REGION, "--kms-key-arn", world.key]
    names = ["--repository-names", f"{world.repositories.namespace}/*"]
    document = printed(*narrow, *names, *request.param)
    aws.set_iam_policy(REGISTRY, document)
    aws.set_iam_policy(POD, printed("--assume-role", ROLE))
    aws.reset_calls()
    return document


def test_every_action_is_of_use_and_none_is_missing(
    aws: FakeAws, world: World, document: dict[str, Any]
) -> None:
    with world.operator():
        _create_and_change(world)
        _adopt(world)
        _preview(world, aws)
        _scan(world, aws)
    # Another process does not know yet in which account it is, and asks before it deletes.
    with world.operator():
        _delete(world, aws)
    with world.operator(resync_seconds=1.0):
        _sweep(world, aws)

    assert not {code for codes in aws.refusals(account=REGISTRY).values() for code in codes} & DENIED
    assert aws.iam_statements(REGISTRY) == {
        statement["Sid"]: statement["Action"] for statement in document["Statement"]
    }
    assert aws.iam_statements(POD) == {"AssumeRole": ["sts:AssumeRole"]}


def _create_and_change(world: World) -> None:
    """An object takes each part on, changes it, and gives it back."""
    repositories = world.repositories
    encryption = {"encryptionType": "KMS", "kmsKey": world.key}
    repositories.created("web", encryptionConfiguration=encryption, deletionPolicy="Delete", tags={"a": "1"})
    policies = {"lifecyclePolicy": {"rules": [RULE]}, "repositoryPolicy": {"statements": [AUDIT]}}
    scanning = {"imageScanningConfiguration": {"scanOnPush": True}}
    repositories.patch(
        "web", imageTagMutability="IMMUTABLE", **scanning, tags={"b": "2", "a": None}, **policies
    )
    repositories.ready("web")
    repositories.patch("web", lifecyclePolicy=None, repositoryPolicy=None)
    repositories.ready("web")
    repositories.created("full", deletionPolicy="DeleteWithImages")


def _adopt(world: World) -> None:
    """A repository that somebody has made by hand gets an owner, and then the rest."""
    world.repositories.by_hand("adopted")
    world.repositories.created("adopted", adoptionPolicy="Adopt", imageTagMutability="IMMUTABLE")


def _preview(world: World, aws: FakeAws) -> None:
    """A lifecycle policy is judged for an image in use that may be part of an index in use."""
    repositories, policies = world.repositories, LifecyclePolicies(world.repositories)
    name = repositories.name("previewed")
    repositories.created("previewed")
    part = aws.put_image(name, [], account=REGISTRY, age=5 * DAY)["imageDigest"]
    index = aws.put_image(name, ["v1"], account=REGISTRY, age=5 * DAY, children=[part])["imageDigest"]
    policies.pod("one", "previewed", f"@{part}", account=REGISTRY)
    policies.pod("two", "previewed", f"@{index}", account=REGISTRY)
    repositories.patch("previewed", lifecyclePolicy={"rules": [older_than(1, "untagged")]})
    repositories.ready("previewed")


def _scan(world: World, aws: FakeAws) -> None:
    """A missing scan is started, enhanced scanning read, and an index left alone whose pull would count."""
    repositories = world.repositories
    name = repositories.name("scanned")
    repositories.created("scanned", images={"startMissingScans": True})
    aws.put_image(name, ["v1"], account=REGISTRY)
    obj = repositories.reconcile_now("scanned", "1")
    repositories.event(obj, "ScanStarted")
    aws.set_registry_scanning({"scanType": "ENHANCED", "rules": []}, account=REGISTRY)
    aws.put_lifecycle_policy(name, json.dumps({"rules": [UNPULLED]}), account=REGISTRY)
    aws.put_image(name, ["v2"], account=REGISTRY, children=[])
    aws.reset_calls()
    repositories.reconcile_now("scanned", "2")
    seen = {"DescribeImageScanFindings", "ListPullTimeUpdateExclusions"}
    world.repeatedly(lambda: seen <= aws.calls(account=REGISTRY).keys(), f"{seen}")
    aws.set_registry_scanning(None, account=REGISTRY)


def _delete(world: World, aws: FakeAws) -> None:
    """An empty repository, and one with images."""
    repositories = world.repositories
    aws.put_image(repositories.name("full"), ["v1"], account=REGISTRY)
    repositories.delete("full")
    repositories.annotate("full", "ecr-operator.dev/confirm-delete", repositories.name("full"))
    repositories.delete("web")
    for name in ("full", "web"):
        repositories.wait_gone(name)
        assert repositories.in_aws(name) is None


def _sweep(world: World, aws: FakeAws) -> None:
    """What a person changes by hand is found by the lists of all repositories and all tags."""
    change = {"repositoryName": world.repositories.name("adopted"), "imageTagMutability": "MUTABLE"}
    world.repositories.ecr.put_image_tag_mutability(**change)
    world.repeatedly(
        lambda: (world.repositories.in_aws("adopted") or {})["imageTagMutability"] == "IMMUTABLE", "repair"
    )
    world.repeatedly(lambda: "GetResources" in aws.calls(account=REGISTRY), "GetResources")


@pytest.mark.parametrize(
    ("names", "reason"),
    [("{namespace}/*", None), ("other/*", "AccessDenied")],
)
def test_names_narrow_what_the_operator_may_create(
    aws: FakeAws, world: World, printed: Printed, names: str, reason: str | None
) -> None:
    aws.set_iam_policy(POD, printed("--assume-role", ROLE))
    aws.set_iam_policy(REGISTRY, printed("--repository-names", names))
    with world.operator():
        world.repositories.create("web")
        if reason is None:
            world.repositories.ready("web")
        else:
            world.repositories.stalled("web", reason)


def test_owned_only_is_a_net_below_the_operator(aws: FakeAws, world: World, printed: Printed) -> None:
    """What the operator would never do, AWS refuses too."""
    untagged = world.repositories.name("untagged")
    world.repositories.by_hand("untagged")
    aws.set_iam_policy(REGISTRY, printed("--owned-only"))
    ecr = aws.client("ecr", account=REGISTRY)

    refused = [
        lambda: ecr.delete_repository(repositoryName=untagged),
        lambda: ecr.set_repository_policy(repositoryName=untagged, policyText="{}"),
        lambda: ecr.tag_resource(
            resourceArn=world.repositories.arn("untagged", REGISTRY), tags=[{"Key": "a", "Value": "1"}]
        ),
        lambda: ecr.create_repository(repositoryName=f"{untagged}-too", tags=[{"Key": "a", "Value": "1"}]),
    ]

    for call in refused:
        with pytest.raises(ecr.exceptions.ClientError, match="AccessDenied"):
            call()


def test_iam_may_learn_late_of_the_tag_of_a_new_repository(
    aws: FakeAws, cluster: Cluster, repositories: Repositories
) -> None:
    """Conditions on tags are eventually consistent: a refusal just after the creation is no verdict."""
    aws.inject("PutLifecyclePolicy", "AccessDeniedException", times=2, prefix=repositories.name("web"))
    scope = {"watch_namespaces": (repositories.namespace,), "stalled_recheck_seconds": 1e6}
    with RunningOperator(cluster.operator_kubeconfig, propagation_seconds=60.0, **scope):
        made = repositories.create("web", lifecyclePolicy={"rules": [RULE]})
        repositories.ready("web")

    states = cluster.history(KIND, repositories.namespace, "web", made["metadata"]["resourceVersion"])
    shown = [condition(state, "Stalled") for state in states]
    assert not [entry for entry in shown if entry is not None and entry["status"] == "True"]
