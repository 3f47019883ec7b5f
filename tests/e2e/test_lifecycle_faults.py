"""AWS refuses a lifecycle policy, or gives no preview of it: it is not applied, and what was there stays."""

from collections.abc import Iterator

import pytest

from ecr_operator.planning import lifecycle_preview
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.lifecycle import LifecyclePolicies, keep
from tests.policies import AUDIT
from tests.repositories import condition, message
from tests.running import RunningOperator
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("operator")

REFUSED = (
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation "
    "failure: a rule of tomorrow is missing'"
)
NEW = {"rules": [keep(2)]}
OLD = {"rules": [keep(30)]}


@pytest.fixture(scope="module")
def operator(cluster: Cluster, aws: FakeAws) -> Iterator[RunningOperator]:
    """Nothing is judged again unless somebody asks for it."""
    with RunningOperator(cluster.operator_kubeconfig, stalled_recheck_seconds=1e6) as running:
        yield running


@pytest.fixture(autouse=True)
def peace(aws: FakeAws) -> Iterator[None]:
    """After a test nothing fails any more."""
    yield
    aws.clear()


def refuse(policies: LifecyclePolicies, aws: FakeAws, operation: str) -> int:
    return aws.inject(operation, "InvalidParameterException", REFUSED, prefix=policies.namespace)


def test_what_aws_will_not_preview_is_said_in_its_words_and_the_policy_before_stays(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    policies.create("keep", keep(30), repositorySelector={})
    repositories.created("own", lifecyclePolicy=OLD)
    policies.repository("selected")
    for name in ("own", "selected"):
        policies.images(name, "v1", "v2", "v3")
    fault = refuse(policies, aws, "StartLifecyclePolicyPreview")

    repositories.patch("own", lifecyclePolicy=NEW)
    policies.patch("keep", rules=[keep(2)])
    obj = repositories.stalled("own", "InvalidPolicy")
    assert "a rule of tomorrow is missing" in message(obj)
    assert obj["status"]["managed"] == ["lifecyclePolicy", "repository"]
    assert obj["status"]["lifecyclePolicy"]["state"] == "Held"
    repositories.event(obj, "InvalidPolicy")
    # Nobody can mend anything on the other one.
    policies.in_state("selected", "Held")
    repositories.ready("selected")
    obj = policies.stalled("keep", "InvalidPolicy", matched=1, held=1)
    assert "a rule of tomorrow is missing" in message(obj)
    for name in ("own", "selected"):
        assert aws.lifecycle_policy(repositories.name(name)) == OLD

    aws.clear(fault)
    for name in ("own", "selected"):
        repositories.annotate(name, "ecr-operator.dev/reconcile", "mended")
        policies.in_state(name, "Applied")
        assert aws.lifecycle_policy(repositories.name(name)) == NEW


def test_what_aws_does_not_take_for_a_new_repository_stalls(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    policies.create("keep", keep(2), repositorySelector={})
    fault = refuse(policies, aws, "PutLifecyclePolicy")
    repositories.create("own", lifecyclePolicy=NEW)
    repositories.create("selected", repositoryPolicy={"statements": [AUDIT]})

    obj = repositories.stalled("own", "InvalidPolicy")
    assert "a rule of tomorrow is missing" in message(obj)
    assert obj["status"]["managed"] == ["repository"]
    obj = policies.stalled("keep", "InvalidPolicy", matched=1, applied=0)
    assert "a rule of tomorrow is missing" in message(obj)
    # The repository itself is as it is to be, the policy with it that is its own.
    repositories.ready("selected")
    assert [one["Sid"] for one in aws.policy(repositories.name("selected"))["Statement"]] == ["Audit"]
    for name in ("own", "selected"):
        assert repositories.in_aws(name) is not None
        assert aws.lifecycle_policy(repositories.name(name)) is None

    aws.clear(fault)
    for name in ("own", "selected"):
        repositories.annotate(name, "ecr-operator.dev/reconcile", "mended")
        policies.in_state(name, "Applied")


def test_without_a_preview_nothing_is_applied(
    policies: LifecyclePolicies, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle_preview, "LONGEST_RUN", 1.0)
    repositories = policies.repositories
    words = {
        "failed": "its preview of the lifecycle policy failed",
        "expired": "started 4 times and its result was never there",
        "endless": "did not end within",
        "no-start": "ecr:StartLifecyclePolicyPreview",
        "no-get": "ecr:GetLifecyclePolicyPreview",
    }
    for name in words:
        repositories.create(name, lifecyclePolicy=OLD)
    for name in words:
        repositories.ready(name)
        policies.images(name, "v1", "v2", "v3")
    aws.set_previews(outcome="FAILED", prefix=repositories.name("failed"))
    aws.set_previews(outcome="EXPIRED", prefix=repositories.name("expired"))
    aws.set_previews(seconds=None, prefix=repositories.name("endless"))
    for name, verb in (("no-start", "Start"), ("no-get", "Get")):
        operation = f"{verb}LifecyclePolicyPreview"
        aws.inject(operation, "AccessDeniedException", prefix=repositories.name(name))

    for name in words:
        repositories.patch(name, lifecyclePolicy=NEW)
    for name, said in words.items():
        obj = repositories.stalled(name, "PreviewFailed")
        assert said in message(obj)
        applied = condition(obj, "LifecyclePolicyApplied")
        assert applied is not None
        assert (applied["status"], applied["reason"]) == ("False", "PreviewFailed")
        assert aws.lifecycle_policy(repositories.name(name)) == OLD

    aws.clear()
    for name in words:
        aws.set_previews(prefix=repositories.name(name))
        repositories.annotate(name, "ecr-operator.dev/reconcile", "mended")
    for name in words:
        repositories.ready(name)
        assert aws.lifecycle_policy(repositories.name(name)) == NEW


def test_the_preview_of_somebody_else_is_waited_for_and_never_taken_for_ours(
    policies: LifecyclePolicies, aws: FakeAws, cluster: Cluster
) -> None:
    """Theirs would expire nothing; ours would expire the image that runs."""
    repositories = policies.repositories
    name = repositories.name("web")
    repositories.created("web", lifecyclePolicy=OLD)
    policies.images("web", "v1", "v2", "v3")
    policies.pod("old", "web", ":v1")
    aws.set_previews(seconds=None, prefix=name)
    theirs = '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any",' + (
        '"countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}'
    )
    repositories.ecr.start_lifecycle_policy_preview(repositoryName=name, lifecyclePolicyText=theirs)

    repositories.patch("web", lifecyclePolicy=NEW)
    policies.in_state("web", "Pending")
    repositories.reconciling("web", "Progressing")
    until(cluster, lambda: aws.calls(prefix=name).get("GetLifecyclePolicyPreview", 0) >= 2, "looks")
    assert aws.lifecycle_policy(name) == OLD

    aws.set_previews(prefix=name)
    repositories.stalled("web", "ImagesInUse")
    assert aws.lifecycle_policy(name) == OLD
    # One found it busy.
    assert repositories.calls()["StartLifecyclePolicyPreview"] == 2


def test_a_preview_in_other_words_is_ours_and_ids_of_no_image_are_no_matter(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    name = repositories.name("web")
    repositories.created("web", lifecyclePolicy=OLD)
    policies.images("web", "v1", "v2", "v3")
    for pod in ("gone", "v3"):
        policies.pod(pod, "web", f":{pod}")
    aws.set_previews(unknown_images="refused", prefix=name)
    aws.set_lifecycle_reformat("expanded")
    try:
        repositories.patch("web", lifecyclePolicy=NEW)
        obj = repositories.ready("web")
    finally:
        aws.set_lifecycle_reformat("plain")
    assert obj["status"]["lifecyclePolicy"]["preview"] == {"expiringImages": 1, "archivingImages": 0}
    assert aws.lifecycle_policy(name) == NEW
    assert repositories.calls()["StartLifecyclePolicyPreview"] == 1


def test_a_repository_that_goes_while_it_is_previewed_is_made_again_with_the_policy(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    repositories.created("web", lifecyclePolicy=OLD)
    policies.images("web", "v1", "v2", "v3")
    aws.set_previews(seconds=None, prefix=repositories.name("web"))
    repositories.patch("web", lifecyclePolicy=NEW)
    policies.in_state("web", "Pending")
    repositories.ecr.delete_repository(repositoryName=repositories.name("web"), force=True)
    obj = repositories.ready("web")
    repositories.event(obj, "RepositoryRecreated")
    assert obj["status"]["images"]["count"] == 0
    assert aws.lifecycle_policy(repositories.name("web")) == NEW
