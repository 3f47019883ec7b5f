"""GetResources, which the sweep reads, is 15 min behind and lists what is gone: nothing is decided by it."""

from collections.abc import Iterator

import pytest

from ecr_operator.api.names import OWNER_TAG
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories
from tests.running import RunningOperator
from tests.waiting import until

ANOTHER = "another-cluster/team/web"


@pytest.fixture
def frozen(aws: FakeAws, repositories: Repositories) -> Iterator[None]:
    """GetResources knows of the past alone: `theirs` was another's, `mine` was ours, `gone` was there."""
    repositories.by_hand("theirs", owner=ANOTHER)
    repositories.by_hand("mine", owner=repositories.owner("mine"))
    repositories.by_hand("gone", owner=repositories.owner("gone"))
    repositories.by_hand("held", owner=ANOTHER)
    aws.set_tagging(frozen=True, ghosts_seconds=None)
    repositories.ecr.delete_repository(repositoryName=repositories.name("gone"))
    yield
    aws.set_tagging(frozen=False, ghosts_seconds=0.0)
    aws.clear_ghosts()


@pytest.mark.usefixtures("frozen")
def test_no_refusal_adoption_repair_or_deletion_rests_on_it(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    # What a fresh read says: the other way round.
    repositories.tag_by_hand("theirs", **{OWNER_TAG: repositories.owner("theirs"), "team": "a"})
    repositories.tag_by_hand("mine", **{OWNER_TAG: ANOTHER})
    repositories.tag_by_hand("held", **{OWNER_TAG: repositories.owner("held")})

    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, resync_seconds=0.5, **scope):
        repositories.create("theirs", deletionPolicy="Delete", tags={"team": "a"})
        repositories.create("mine", deletionPolicy="Delete", adoptionPolicy="Adopt")
        repositories.create("held", deletionPolicy="Delete")
        repositories.create("unseen", deletionPolicy="Delete", tags={"team": "a"})
        for name in ("theirs", "held", "unseen"):
            repositories.ready(name)
        aws.reset_calls()
        sweeps(cluster, aws)

        # Neither refused for an owner of the past, nor "repaired" for tags that are not shown yet ...
        for name in ("theirs", "unseen", "held"):
            repositories.ready(name)
        assert repositories.writes() == []
        # ... and what another owns now is neither taken nor deleted.
        for name in ("mine", "held", "unseen"):
            repositories.delete(name)
            repositories.wait_gone(name, timeout=60)
        sweeps(cluster, aws)

    found = repositories.in_aws("mine")
    assert found is not None
    assert found["tags"] == {OWNER_TAG: ANOTHER}
    assert {name for name in ("held", "unseen", "gone") if repositories.in_aws(name)} == set()
    assert repositories.writes() == ["DeleteRepository", "DeleteRepository"]


def sweeps(cluster: Cluster, aws: FakeAws) -> None:
    """Wait until two more have begun, so that one has ended."""
    before = len(aws.attempts(operation="GetResources"))
    until(cluster, lambda: len(aws.attempts(operation="GetResources")) >= before + 2, "sweeps")
