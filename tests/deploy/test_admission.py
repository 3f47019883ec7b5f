"""What the shipped admission policy refuses, and what it lets through."""

import json
import uuid
from collections.abc import Callable, Iterator

import pytest

from ecr_operator.planning.naming import HostForm, NoSuchHostError, registry_host
from tests.admission import (
    BAD,
    BAD_IMAGE,
    BAD_LATEST,
    GOOD,
    HOST,
    PLACES,
    POLICY,
    WORKLOADS,
    Guarded,
    image,
    install,
    pod,
    said,
    workload,
)
from tests.cluster import ApiError, Cluster, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane

ACCOUNT = "123456789012"
REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1")
KINDS = ("Pod", *WORKLOADS)
OLD, FIXED = f"{HOST}/web:1.2", f"{HOST}/web:1.3"


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """This module's own: what it counts of the policies is of these tests, and no other test meets them."""
    with ControlPlane() as plane:
        yield plane


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        install_crds(cluster, CRDS)
        yield from install(cluster)


Make = Callable[..., Guarded]


@pytest.fixture(scope="module")
def make(cluster: Cluster) -> Iterator[Make]:
    """Makes namespaces with a mode, and takes them away at the end."""
    made: list[Guarded] = []

    def one(mode: str | None) -> Guarded:
        made.append(Guarded(cluster, f"admission-{uuid.uuid4().hex[:8]}", mode))
        return made[-1]

    yield one
    for guarded in made:
        cluster.delete("Namespace", None, guarded.name)


@pytest.fixture(scope="module")
def denying(make: Make) -> Guarded:
    """A namespace with `deny`, in which several repositories are reported, `web` among them."""
    guarded = make("deny")
    guarded.report("other", image("False", "9.9", "sha256:" + "9" * 64))
    guarded.report(
        "web",
        image("True", "1.3", GOOD),
        BAD_IMAGE,
        BAD_LATEST,
        image("Unknown", "2.0", "sha256:" + "2" * 64),
        image("False", "RC", "sha256:" + "3" * 64),
    )
    guarded.report("silent")
    return guarded


def _hosts() -> Iterator[tuple[str, str]]:
    """Every registry host of some regions, and the one that AWS writes into URIs."""
    for region in REGIONS:
        for form in HostForm:
            try:
                yield registry_host(ACCOUNT, region, form), registry_host(ACCOUNT, region)
            except NoSuchHostError:
                continue


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_refused_wherever_the_image_is(denying: Guarded, kind: str, place: str) -> None:
    refused = denying.refusal(workload(kind, denying.name, FIXED, OLD, place=place))

    assert refused is not None
    assert f"the image {OLD} does not pass" in refused
    assert denying.refusal(workload(kind, denying.name, FIXED, place=place)) is None


def test_every_host_of_ecr_is_known(denying: Guarded) -> None:
    passed, wanted = set(), set()
    for host, standard in _hosts():
        name = f"host-{standard.split('.', 4)[3]}"
        if standard == host:
            denying.report(name, BAD_IMAGE, host=standard)
        for reference in (f"{host}/{name}:1.2", f"{host}:443/{name}@{BAD}", f"{host.upper()}/{name}:1.2"):
            wanted.add(reference)
            if denying.refusal(pod(denying.name, reference)) is None:
                passed.add(reference)

    assert len(wanted) > 3 * len(REGIONS)
    assert passed == set()


@pytest.mark.parametrize(
    "named",
    [":1.2", f"@{BAD}", f":1.2@{BAD}", f":1.3@{BAD}", ":latest", "", ":RC"],
    ids=lambda named: named[:12] or "no tag",
)
def test_an_image_is_known_by_every_name_that_is_reported(denying: Guarded, named: str) -> None:
    assert denying.refusal(pod(denying.name, f"{HOST}/web{named}")) is not None


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param(f"{HOST}/web:1.3", id="passed True"),
        pytest.param(f"{HOST}/web:2.0", id="passed Unknown"),
        pytest.param(f"{HOST}/web:1.2@{GOOD}", id="the digest decides, not the tag"),
        pytest.param(f"{HOST}/web:1.2@sha256:{'d' * 64}", id="a digest that is not reported"),
        pytest.param(f"{HOST}/web:1.20", id="a tag that begins so"),
        pytest.param(f"{HOST}/web:rc", id="a tag in small letters"),
        pytest.param(f"{HOST}/web:9.9", id="the tag of another repository"),
        pytest.param(f"{HOST}/web/api:1.2", id="a repository below"),
        pytest.param(f"{HOST}/web2:1.2", id="a repository that begins so"),
        pytest.param(f"{HOST}/web2@{BAD}", id="the digest in a repository that begins so"),
        pytest.param(f"{HOST}/web/api@{BAD}", id="the digest in a repository below"),
        pytest.param(f"{HOST}/other:latest", id="another repository"),
        pytest.param(f"{HOST}/silent", id="latest of another repository"),
        pytest.param("210987654321.dkr.ecr.eu-west-1.amazonaws.com/web:1.2", id="another account"),
        pytest.param(f"{ACCOUNT}.dkr.ecr.eu-west-2.amazonaws.com/web:1.2", id="another region"),
        pytest.param(f"{HOST}.example.com/web:1.2", id="a host that begins so"),
        pytest.param(f"example.com/{HOST}/web:1.2", id="a mirror"),
        pytest.param("web:1.2", id="no host"),
    ],
)
def test_what_is_not_reported_so_passes(denying: Guarded, reference: str) -> None:
    assert denying.refusal(pod(denying.name, reference)) is None


def test_each_repository_of_the_namespace_counts(denying: Guarded) -> None:
    assert denying.refusal(pod(denying.name, FIXED, f"{HOST}/other:9.9")) is not None


def test_a_report_without_verdicts_refuses_nothing(make: Make) -> None:
    guarded = make("deny")
    guarded.report("web", image(None, "1.2"))
    guarded.report("old", BAD_IMAGE, repository="old")

    assert guarded.refusal(pod(guarded.name, OLD)) is None
    # An object that the operator has not seen yet must not be in the way of the others.
    bare = {"apiVersion": "ecr-operator.dev/v1alpha1", "kind": "EcrRepository", "spec": {}}
    guarded.cluster.create(bare | {"metadata": {"name": "new", "namespace": guarded.name}})
    assert guarded.refusal(pod(guarded.name, f"{HOST}/old:1.2")) is not None


def test_a_new_verdict_counts_at_once(make: Make) -> None:
    guarded = make("deny")
    guarded.report("web", BAD_IMAGE)
    assert guarded.refusal(pod(guarded.name, OLD)) is not None

    guarded.report("web", BAD_IMAGE | {"passed": "True"})

    assert guarded.refusal(pod(guarded.name, OLD)) is None


def test_the_message_says_what_is_wrong_and_what_to_do(denying: Guarded) -> None:
    refused = denying.refusal(pod(denying.name, OLD, f"{HOST}/web"))

    assert refused is not None
    for part in (
        f"the image {OLD} does not pass the vulnerabilityPolicy of the EcrRepository {denying.name}/web",
        "3 critical, 10 high, 0 medium findings (scan COMPLETE of 2026-11-20T10:00:00Z)",
        f"digest {BAD}, the first of 2 such images",
        "Use an image that passes, or accept these findings in its vulnerabilityPolicy",
        f"kubectl -n {denying.name} get ecrrepo web -o yaml",
    ):
        assert part in refused
    unscanned = denying.refusal(pod(denying.name, f"{HOST}/web:latest"))
    assert unscanned is not None
    assert "its findings are not known, digest sha256:ccc" in unscanned


@pytest.mark.parametrize("kind", WORKLOADS)
def test_an_update_is_judged_by_what_it_brings_in(make: Make, kind: str) -> None:
    """The workload was there before its image was found to be bad."""
    guarded = make(None)
    cluster, name = guarded.cluster, guarded.name
    obj = workload(kind, name, OLD, FIXED)
    cluster.create(obj)
    guarded.relabel("deny")
    guarded.report("web", BAD_IMAGE, BAD_LATEST, image("True", "1.3", GOOD))

    cluster.merge_patch(kind, name, "tried", {"metadata": {"annotations": {"team": "a"}}})
    if kind not in ("Job", "CronJob", "DaemonSet"):
        cluster.merge_patch(kind, name, "tried", {"spec": {"replicas": 1}})
        cluster.merge_patch(kind, name, "tried", {"spec": {"replicas": 0}})
    if kind == "Job":
        # Kubernetes lets nobody change its images.
        return
    other = {"spec": workload(kind, name, OLD, f"{HOST}/web:1.4")["spec"]}
    cluster.merge_patch(kind, name, "tried", other)
    with pytest.raises(ApiError) as refused:
        cluster.merge_patch(kind, name, "tried", {"spec": workload(kind, name, OLD, f"{HOST}/web")["spec"]})
    assert f"the image {HOST}/web does not pass" in said(refused.value)
    cluster.merge_patch(kind, name, "tried", {"spec": workload(kind, name, FIXED, FIXED)["spec"]})


def test_a_running_pod_gets_no_bad_image(denying: Guarded) -> None:
    """Neither an ephemeral container nor, where Kubernetes allows it, another image in a container."""
    cluster, name = denying.cluster, denying.name
    cluster.create(pod(name, FIXED, name="running"))

    def debug(reference: str) -> None:
        added = {"name": f"debug-{len(reference)}", "image": reference}
        patch = {"spec": {"ephemeralContainers": [added]}}
        cluster.merge_patch("Pod", name, "running", patch, subresource="ephemeralcontainers")

    with pytest.raises(ApiError) as refused:
        debug(OLD)
    assert f"the image {OLD} does not pass" in said(refused.value)
    debug(f"{HOST}/web:2.0-debug")
    with pytest.raises(ApiError) as refused:
        cluster.json_patch(
            "Pod", name, "running", [{"op": "replace", "path": "/spec/containers/0/image", "value": OLD}]
        )
    assert f"the image {OLD} does not pass" in said(refused.value)
    cluster.merge_patch("Pod", name, "running", {"metadata": {"labels": {"team": "a"}}})


@pytest.mark.parametrize(
    ("user", "passes"),
    [
        ("system:serviceaccount:kube-system:replicaset-controller", True),
        ("system:serviceaccount:kube-system:deployment-controller", True),
        ("system:serviceaccount:kube-system:statefulset-controller", True),
        ("system:serviceaccount:kube-system:daemon-set-controller", True),
        ("system:serviceaccount:kube-system:replication-controller", True),
        ("system:serviceaccount:kube-system:job-controller", True),
        ("system:serviceaccount:kube-system:cronjob-controller", True),
        ("system:kube-controller-manager", True),
        ("system:serviceaccount:team-a:replicaset-controller", False),
        ("system:serviceaccount:kube-system:default", False),
    ],
)
def test_what_controllers_make_of_admitted_workloads_passes(
    denying: Guarded, user: str, passes: bool
) -> None:
    assert _refused_as(denying, user, "system:masters") is not passes


def test_mirrors_of_static_pods_pass(denying: Guarded) -> None:
    assert not _refused_as(denying, "system:node:a", "system:masters", "system:nodes")


def _refused_as(guarded: Guarded, user: str, *groups: str) -> bool:
    """Whether that user may not create a Pod with an owner; RBAC is no question."""
    obj = pod(guarded.name, OLD)
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": True}
    obj["metadata"]["ownerReferences"] = [owner]
    who = [f"--as={user}", *(f"--as-group={group}" for group in groups)]
    done = guarded.cluster.kubectl(
        "create", "--dry-run=server", "-f", "-", *who, input=json.dumps(obj), check=False
    )
    assert done.returncode == 0 or f"'{POLICY}'" in done.stderr, done.stderr
    return done.returncode != 0
