"""What every test may ask for: a cluster and a namespace in it."""

import logging
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import secret_search
from tests.cluster import ApiError, Cluster, install_crds
from tests.controlplane import ControlPlane, assets
from tests.controlplane.audit import AuditLog
from tests.fake_aws.client import FakeAws
from tests.installation import USER, install_account
from tests.least_rights import LeastRights
from tests.lifecycle import LifecyclePolicies
from tests.pull_secrets import KIND, PullSecrets
from tests.repositories import Repositories
from tests.running import RunningOperator

LONG = ("bench", "sequences", "crashes", "demo", "faults", "deploy", "pull", "e2e")
"""Directories whose files take long: begun first, so that no worker is left alone with one at the end."""
CRDS = Path(__file__).parent.parent / "crds"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        directory = item.path.relative_to(here).parts[0] if item.path.is_relative_to(here) else ""
        return LONG.index(directory) if directory in LONG else len(LONG)

    items.sort(key=place)


@pytest.fixture(scope="session")
def audit() -> Iterator[AuditLog]:
    """What operators ask of `cluster`; empty where that is another one than ours."""
    with AuditLog(USER) as log:
        yield log
        refused = sorted({str(request) for request in log.requests() if not request.allowed})
        assert refused == [], "the operator's roles in deploy/kustomize/base lack something"


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, audit: AuditLog) -> Iterator[Cluster]:
    """A cluster with our CRDs, seen by its administrator: `TEST_KUBECONFIG`, or one of our own.

    Operators have the rights of the shipped roles, by `cluster.operator_kubeconfig`. Each worker of
    pytest-xdist has its own cluster.
    """
    if given := os.environ.get("TEST_KUBECONFIG"):
        with Cluster(given) as cluster:
            install_crds(cluster, CRDS)
            install_account(cluster)
            yield cluster
        return
    # The first build takes minutes; without this nobody would see that it goes on.
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        assets.find()
    with (
        ControlPlane(prepare=_install_crds, apiserver_flags=audit.flags) as plane,
        Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster,
    ):
        install_account(cluster)
        yield cluster


@pytest.fixture(scope="session")
def aws() -> Iterator[FakeAws]:
    """The fake AWS of this worker, in a process of its own; operators in this process find it too.

    It denies what `ecr-operator iam-policy` does not allow.
    """
    with LeastRights() as fake:
        before = dict(os.environ)
        # As on a machine without any AWS configuration: credentials come from the test alone.
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= {
            "AWS_ENDPOINT_URL": fake.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        yield fake
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def operator(cluster: Cluster, aws: FakeAws) -> Iterator[RunningOperator]:
    """One operator for the tests of a module, with times in seconds and no sweep."""
    with RunningOperator(cluster.operator_kubeconfig) as running:
        yield running


@pytest.fixture
def prefix(namespace: str) -> str:
    """Begins the names of the test's repositories, so that calls and faults are told apart by it."""
    return namespace


@pytest.fixture
def repositories(cluster: Cluster, aws: FakeAws, namespace: str) -> Repositories:
    """EcrRepositories of the test's namespace, and AWS as a person sees it."""
    return Repositories(cluster, aws, namespace)


@pytest.fixture
def policies(repositories: Repositories) -> LifecyclePolicies:
    """EcrLifecyclePolicies of the test's namespace."""
    return LifecyclePolicies(repositories)


@pytest.fixture
def pulls(
    request: pytest.FixtureRequest, cluster: Cluster, aws: FakeAws, caplog: pytest.LogCaptureFixture
) -> Iterator[PullSecrets]:
    """EcrPullSecrets and namespaces of the test, in whose end no credential that it was given is seen."""
    caplog.set_level(logging.INFO, logger="ecr_operator")
    before = frozenset(aws.secrets())
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    aws.reset_calls()
    found = PullSecrets(cluster, aws, f"{test[:30].strip('-')}-{uuid.uuid4().hex[:8]}")
    yield found
    shown = secret_search.objects_and_events(cluster, KIND, found.prefix)
    log = secret_search.logged(caplog.get_records("call"))
    found.clean()
    assert secret_search.found(frozenset(aws.secrets()) - before, (shown, log)) == []


def _install_crds(kubeconfig: Path) -> None:
    with Cluster(kubeconfig) as cluster:
        install_crds(cluster, CRDS)


@pytest.fixture
def namespace(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own; its deletion, which takes seconds, goes on behind the next test."""
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    name = f"{test[:40].strip('-')}-{uuid.uuid4().hex[:8]}"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    try:
        cluster.delete("Namespace", None, name)
    except ApiError as error:
        # The test may have deleted it, or it is about to go.
        if error.status not in (404, 409):
            raise
