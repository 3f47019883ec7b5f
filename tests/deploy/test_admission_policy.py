"""The shipped admission policy as an object: how the API server takes it, its cost, and its variants."""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.admission import ACTIVE_SECONDS, ADMISSION, BAD_IMAGE, HOST, POLICY, Guarded, image, install, pod
from tests.cluster import ApiError, Cluster, Object, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane
from tests.installation import rendered

DOCS = Path(__file__).parent.parent.parent / "docs" / "admission.md"
VARIANTS = re.findall(r"```yaml\n(apiVersion: kustomize.*?)```", DOCS.read_text(), re.DOTALL)
OLD = f"{HOST}/web:1.2"
RBAC = "rbac.authorization.k8s.io/v1"


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """This module's own: others must not meet policies that are tried without a CRD, or in all namespaces."""
    with ControlPlane() as plane:
        yield plane


@pytest.fixture(scope="module")
def bare(plane: ControlPlane) -> Iterator[Cluster]:
    """Without CRDs."""
    with Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster(bare: Cluster) -> Cluster:
    install_crds(bare, CRDS)
    return bare


@pytest.fixture
def installed(cluster: Cluster) -> Iterator[Cluster]:
    yield from install(cluster)


def _denying(cluster: Cluster) -> Guarded:
    return Guarded(cluster, f"policy-{uuid.uuid4().hex[:8]}", "deny")


def test_pods_pass_while_the_crd_is_missing(bare: Cluster) -> None:
    """This test comes first. A policy of the same parameter that fails tells when they have been read."""
    assert bare.find("CustomResourceDefinition", None, "ecrrepositories.ecr-operator.dev") is None
    guarded = _denying(bare)
    for _ in install(bare):
        failing = _copy(bare.get("ValidatingAdmissionPolicy", None, POLICY), "failing")
        failing["spec"]["failurePolicy"] = "Fail"
        bare.create(failing)
        binding = _copy(bare.get("ValidatingAdmissionPolicyBinding", None, f"{POLICY}-deny"), "failing")
        binding["spec"]["policyName"] = "failing"
        bare.create(binding)
        refused = None
        for _ in bare.polls(30):
            try:
                guarded.refusal(pod(guarded.name, OLD))
            except ApiError as error:
                refused = error
                break
        assert refused is not None
        assert "'failing' denied request: failed to configure policy" in refused.message
        bare.delete("ValidatingAdmissionPolicyBinding", None, "failing")
        bare.delete("ValidatingAdmissionPolicy", None, "failing")
        for _ in bare.polls(30):
            try:
                assert guarded.refusal(pod(guarded.name, OLD)) is None
                return
            except ApiError as error:
                refused = error
        raise AssertionError(f"refused: {refused}")


def _copy(obj: Object, name: str) -> Object:
    return {key: obj[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": name}}


def test_a_dry_run_passes_and_an_apply_leaves_no_difference(cluster: Cluster) -> None:
    objects = rendered(cluster, ADMISSION)
    dry = cluster.kubectl("apply", "-k", str(ADMISSION), "--dry-run=server")
    assert (len(dry.stdout.splitlines()), dry.stderr) == (len(objects), "")

    for _ in install(cluster):
        assert cluster.kubectl("diff", "-k", str(ADMISSION)).stdout == ""


def test_the_expressions_fit_every_kind_and_the_crd(installed: Cluster) -> None:
    """Kubernetes checks validations only; so variables, conditions and messages are tried as such."""
    policy = installed.get("ValidatingAdmissionPolicy", None, POLICY)
    spec = policy["spec"]
    (validation,) = spec["validations"]
    expressions = [one["expression"] for one in (*spec["variables"], *spec["matchConditions"], validation)]
    expressions.append(validation["messageExpression"])
    # The checker learns of a CRD by and by, and takes what it does not know as fitting.
    planted = "params.status.nonsense"

    for _ in installed.polls(ACTIVE_SECONDS):
        warned = _warned(installed, spec, [*expressions, planted])
        if warned:
            break

    assert warned == [planted]
    assert _type_checking(installed, POLICY) == {}
    kinds = {one for rule in spec["matchConstraints"]["resourceRules"] for one in rule["resources"]}
    assert len(kinds) <= 10, "Kubernetes checks no more"


def _warned(cluster: Cluster, spec: Object, expressions: list[str]) -> list[str]:
    """Those of the expressions that do not fit the schemas, each as a validation of such a policy."""
    validations = [{"expression": f"size([{one}]) == 1"} for one in expressions]
    tried = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "tried"},
        "spec": spec | {"validations": validations},
    }
    cluster.create(tried)
    warnings = _type_checking(cluster, "tried").get("expressionWarnings", [])
    cluster.delete("ValidatingAdmissionPolicy", None, "tried")
    places = [int(one["fieldRef"].split("[")[1].split("]")[0]) for one in warnings]
    return [expressions[place] for place in places]


def _type_checking(cluster: Cluster, name: str) -> Object:
    seen = cluster.wait_for(
        "ValidatingAdmissionPolicy",
        None,
        name,
        lambda obj: obj["status"]["observedGeneration"] == obj["metadata"]["generation"],
        what="type checking",
    )
    found: Object = seen["status"]["typeChecking"]
    return found


def test_the_longest_report_and_very_many_images_stay_within_the_cost(installed: Cluster) -> None:
    """With `Ignore`, what costs too much would pass."""
    guarded = _denying(installed)
    repository = "r/" * 120 + "web"
    severities = {f"{'S' * 60}{number}": number for number in range(16)}
    many = [
        image("False", f"{'t' * 290}{number}", f"sha256:{number:064d}", severityCounts=severities)
        for number in range(19)
    ]
    guarded.report("long", *many, repository=repository)
    harmless = [
        f"{HOST}/{repository}:{'x' * 100}{number}@sha256:{number + 100:064d}" for number in range(500)
    ]
    bad = f"{HOST}/{repository}@sha256:{3:064d}"

    refused = guarded.refusal(pod(guarded.name, *harmless, bad))
    assert refused is not None
    assert bad in refused
    assert guarded.refusal(pod(guarded.name, *harmless)) is None


def test_many_repositories_in_a_namespace_are_all_asked(installed: Cluster) -> None:
    guarded = _denying(installed)
    for number in range(50):
        obj = {"apiVersion": "ecr-operator.dev/v1alpha1", "kind": "EcrRepository", "spec": {}}
        installed.create(obj | {"metadata": {"name": f"web-{number}", "namespace": guarded.name}})
    guarded.report("web-25", BAD_IMAGE)

    assert guarded.refusal(pod(guarded.name, f"{HOST}/web-25:1.2")) is not None
    assert guarded.refusal(pod(guarded.name, f"{HOST}/web-24:1.2")) is None


def test_who_installs_it_must_be_able_to_read_every_repository(plane: ControlPlane, cluster: Cluster) -> None:
    kubeconfig = plane.kubeconfig_for("installer")
    policies = {
        "apiGroups": ["admissionregistration.k8s.io"],
        "resources": ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
        "verbs": ["create", "get", "patch"],
    }
    repositories = {"apiGroups": ["ecr-operator.dev"], "resources": ["ecrrepositories"]}
    for obj in (
        {"kind": "ClusterRole", "rules": [policies]},
        {
            "kind": "ClusterRoleBinding",
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "installer"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "installer"}],
        },
    ):
        cluster.create({"apiVersion": RBAC, "metadata": {"name": "installer"}} | obj)
    with Cluster(kubeconfig, kubectl=plane.kubectl) as installer:

        def wait_said(*said: str) -> None:
            for _ in cluster.polls(20):
                done = installer.kubectl("apply", "-k", str(ADMISSION), check=False)
                if all(one in done.stderr for one in said) and (said or done.returncode == 0):
                    return
            raise AssertionError(done.stderr)

        def grant(*verbs: str) -> None:
            rules = [policies, repositories | {"verbs": list(verbs)}]
            cluster.merge_patch("ClusterRole", None, "installer", {"rules": rules})

        wait_said('must have "get" permission on all objects of the referenced paramKind')
        grant("get")
        wait_said('does not have "list" permission on the object referenced by paramRef')
        grant("get", "list")
        wait_said()
    cluster.kubectl("delete", "-k", str(ADMISSION))


@pytest.fixture
def variant(cluster: Cluster, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """One of the kustomizations of the documentation, which say where they take it from."""
    text = VARIANTS[request.param]
    assert "- ../../deploy/admission\n" in text
    (tmp_path / "admission").symlink_to(ADMISSION)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kustomization.yaml").write_text(text.replace("../../deploy", ".."))
    for _ in install(cluster, tmp_path / "mine"):
        yield


@pytest.mark.parametrize("variant", [0], indirect=True)
@pytest.mark.usefixtures("variant")
def test_a_namespace_without_a_mode_can_be_audited(plane: ControlPlane, cluster: Cluster) -> None:
    guarded = Guarded(cluster, f"policy-{uuid.uuid4().hex[:8]}", None)
    guarded.report("web", BAD_IMAGE)

    def counts() -> list[str]:
        lines = plane.apiserver_metrics().splitlines()
        return [line for line in lines if f'policy_binding="{POLICY}-audit"' in line]

    before = counts()
    for _ in cluster.polls(30):
        assert guarded.refusal(pod(guarded.name, OLD)) is None
        if counts() != before:
            break
    assert counts() != before


@pytest.mark.parametrize("variant", [1], indirect=True)
@pytest.mark.usefixtures("variant")
def test_repositories_can_all_be_in_one_namespace(cluster: Cluster) -> None:
    Guarded(cluster, "ecr", None).report("web", BAD_IMAGE)
    guarded = _denying(cluster)

    guarded.wait_refused(OLD)

    refused = guarded.refusal(pod(guarded.name, OLD))
    assert refused is not None
    assert "EcrRepository ecr/web" in refused


@pytest.mark.parametrize("variant", [2], indirect=True)
@pytest.mark.usefixtures("variant")
def test_what_controllers_make_can_be_refused_too(cluster: Cluster) -> None:
    guarded = _denying(cluster)
    guarded.report("web", BAD_IMAGE)

    who = ("--as=system:serviceaccount:kube-system:replicaset-controller", "--as-group=system:masters")
    text = json.dumps(pod(guarded.name, OLD))
    done = cluster.kubectl("create", "--dry-run=server", "-f", "-", *who, input=text, check=False)
    assert f"the image {OLD} does not pass" in done.stderr


def test_every_variant_of_the_documentation_is_tried() -> None:
    assert len(VARIANTS) == 3
