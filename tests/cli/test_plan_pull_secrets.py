"""`ecr-operator plan` of EcrPullSecrets: what the namespaces of a real cluster would gain and lose.

All plans are made by a user who may list what is needed, and nothing else.
"""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecr_operator.api.names import RECONCILE_ANNOTATION
from tests.cluster import ApiError, Cluster, Object
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.pull_secrets import HOST, LABEL, PullSecrets, docker_data

Run = Callable[..., tuple[int, str, str]]
OTHER = "222222222222"
OTHER_HOST = HOST.replace(ACCOUNT, OTHER)
LISTED = ("namespaces", "secrets", "serviceaccounts")


def may_list(cluster: Cluster, name: str, *resources: str) -> Path:
    """The kubeconfig of a user who may list EcrPullSecrets and `resources`, and do nothing else."""
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account(name)}, force=True)
    rules = [
        {"apiGroups": ["ecr-operator.dev"], "resources": ["ecrpullsecrets"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": list(resources), "verbs": ["list"]},
    ]
    group = "rbac.authorization.k8s.io"
    role: Object = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    binding = role | {
        "kind": "ClusterRoleBinding",
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", **account(name)}],
    }
    cluster.apply(role | {"rules": rules}, force=True)
    cluster.apply(binding, force=True)
    found = cluster.kubeconfig_of("default", name)
    with Cluster(found) as user:
        # The authorizer learns of a binding a moment after it was written.
        for _ in cluster.polls(20):
            if _may_list(user):
                return found
    raise AssertionError(f"{name} was not granted its rights")


def _may_list(user: Cluster) -> bool:
    try:
        user.list("EcrPullSecret")
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True


def account(name: str) -> dict[str, str]:
    return {"name": name, "namespace": "default"}


@pytest.fixture(scope="module")
def kubeconfig(cluster: Cluster) -> Path:
    """That of a user who may only list what the command needs."""
    return may_list(cluster, "plan-lists", *LISTED)


class Plans:
    """Plans of manifests; asserts that none asks for a token, or shows one."""

    def __init__(self, run: Run, kubeconfig: Path, aws: FakeAws) -> None:
        self._run = run
        self._kubeconfig = kubeconfig
        self._aws = aws
        self.outputs: list[str] = []

    def text(self, *manifests: Object, options: tuple[str, ...] | None = None) -> tuple[int, str]:
        """Exit code, and what is printed."""
        Path("objects.yaml").write_text(yaml.safe_dump_all(manifests))
        given = ("--kubeconfig", str(self._kubeconfig)) if options is None else options
        before = self._aws.calls().get("GetAuthorizationToken", 0)
        code, output, errors = self._run("-f", "objects.yaml", *given)
        assert self._aws.calls().get("GetAuthorizationToken", 0) == before
        assert errors == ""
        self.outputs.append(output)
        return code, output

    def json(self, *manifests: Object) -> tuple[int, dict[str, Any]]:
        """Exit code, and the objects by name."""
        code, output = self.text(*manifests, options=("--kubeconfig", str(self._kubeconfig), "-o", "json"))
        return code, {entry["name"]: entry for entry in json.loads(output)["objects"]}

    def one(self, manifest: Object) -> tuple[int, dict[str, Any]]:
        """Exit code, and the only object."""
        code, found = self.json(manifest)
        return code, found[manifest["metadata"]["name"]]


@pytest.fixture
def plans(plan: Run, kubeconfig: Path, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plans]:
    """No credential that the fake AWS ever gave is in any output of the test."""
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    found = Plans(plan, kubeconfig, aws)
    yield found
    secrets = aws.secrets()
    texts = {*secrets, *(base64.b64encode(text.encode()).decode() for text in secrets)}
    for output in found.outputs:
        assert not [text[:4] for text in texts if text in output]


def rows(entry: dict[str, Any], effect: str) -> list[str]:
    return [row["description"] for row in entry.get("namespaces", []) if row["effect"] == effect]


def default_account(pulls: PullSecrets, name: str, **labels: str) -> str:
    """A namespace whose default service account is there."""
    whole = pulls.namespace(name, **labels)
    pulls.cluster.wait_for("ServiceAccount", whole, "default", bool)
    return whole


SERVICE_ACCOUNTS = {"names": ["default"]}


class TestOfANewObject:
    def test_shows_who_gets_the_secret(self, pulls: PullSecrets, plans: Plans, cluster: Cluster) -> None:
        one, two = (default_account(pulls, name) for name in ("one", "two"))
        pulls.namespace("other", **{LABEL: "none"})
        asked = pulls.manifest("new", serviceAccounts=SERVICE_ACCOUNTS)
        key = pulls.name("new")
        code, output = plans.text(asked)
        assert code == 2
        lines = [line.removeprefix(key).strip() for line in output.splitlines()]
        assert lines[1:6] == [
            "create   2 namespaces selected; Secret ecr: 2 to get it; service accounts: 2 to name it",
            f"create   create Secret {one}/ecr",
            f"create   create Secret {two}/ecr",
            f"change   service account {one}/default: add ecr",
            f"change   service account {two}/default: add ecr",
        ]
        assert f"Note: {key}: registries without `accounts` stand for {ACCOUNT}" in output
        assert "Note: the namespaces are those of the cluster at https://" in output
        assert output.endswith("\n1 to create.\n")
        assert pulls.secret(one) is None

    def test_of_many_namespaces_some_are_shown_and_all_are_in_the_document(
        self, pulls: PullSecrets, plans: Plans
    ) -> None:
        names = [pulls.namespace(f"n{number:02}") for number in range(12)]
        asked = pulls.manifest("new")
        _, output = plans.text(asked)
        assert output.count("create Secret") == 10
        assert "and 2 more to get it; `-o json` lists all" in output
        _, entry = plans.one(asked)
        assert rows(entry, "gain") == [f"create Secret {name}/ecr" for name in names]
        assert entry["counts"] == {
            "selected": 12,
            "gain": 12,
            "change": 0,
            "lose": 0,
            "refused": 0,
            "serviceAccountsGain": 0,
            "serviceAccountsLose": 0,
        }

    def test_no_namespace_matches(self, pulls: PullSecrets, plans: Plans) -> None:
        code, entry = plans.one(pulls.manifest("new"))
        assert (code, entry["action"], entry["reason"]) == (0, "none", "NoNamespaceMatched")

    def test_a_foreign_secret_is_refused_and_the_others_go_on(self, pulls: PullSecrets, plans: Plans) -> None:
        foreign, free = pulls.namespace("foreign"), pulls.namespace("free")
        pulls.foreign(foreign, docker_data("quay.io", HOST))
        code, output = plans.text(pulls.manifest("new"))
        assert code == 3
        assert "2 namespaces selected; Secret ecr: 1 to get it, 1 refused" in output
        assert f"create   create Secret {free}/ecr" in output
        assert f"refuse   {foreign}: SecretNotOurs: A Secret ecr exists" in output
        assert "(it would lose the host quay.io)" in output
        assert output.endswith("\n1 to create, 1 namespace that cannot have a Secret.\n")

    def test_where_every_namespace_is_refused_the_object_is(self, pulls: PullSecrets, plans: Plans) -> None:
        pulls.foreign(pulls.namespace("foreign"), docker_data("quay.io"))
        code, entry = plans.one(pulls.manifest("new"))
        assert (code, entry["action"]) == (3, "refuse")
        assert entry["namespaces"][0]["reason"] == "SecretNotOurs"

    def test_a_foreign_secret_is_adopted_where_nothing_is_lost(
        self, pulls: PullSecrets, plans: Plans
    ) -> None:
        good, bad = pulls.namespace("good"), pulls.namespace("bad")
        pulls.foreign(good, docker_data(HOST))
        pulls.foreign(bad, docker_data(HOST, "quay.io"))
        code, entry = plans.one(pulls.manifest("new", adoptionPolicy="Adopt"))
        assert code == 3
        refreshed = "data: the credentials' bytes would be refreshed"
        assert rows(entry, "change") == [f"adopt Secret {good}/ecr ({refreshed}; labels; owner)"]
        assert "would lose the host quay.io" in rows(entry, "refused")[0]

    def test_a_role_hands_out_for_its_own_account(self, pulls: PullSecrets, plans: Plans) -> None:
        name = pulls.namespace("a")
        pulls.foreign(name, docker_data(OTHER_HOST))
        auth = {"roleArn": f"arn:aws:iam::{OTHER}:role/pull"}
        code, entry = plans.one(pulls.manifest("new", auth=auth, adoptionPolicy="Adopt"))
        assert code == 2
        assert entry["counts"]["change"] == 1
        assert "notes" not in entry

    def test_an_account_that_aws_does_not_tell_is_noted(
        self, pulls: PullSecrets, plans: Plans, aws: FakeAws
    ) -> None:
        pulls.namespace("a")
        rule = aws.inject("DescribeRegistry", "AccessDeniedException", "User x is not authorized")
        try:
            code, entry = plans.one(pulls.manifest("new"))
        finally:
            aws.clear(rule)
        assert code == 2
        [note] = entry["notes"]
        assert "account of the operator's own identity is not known here (AccessDenied" in note

    def test_a_namespace_that_is_being_deleted_is_left_alone(
        self, pulls: PullSecrets, plans: Plans, cluster: Cluster
    ) -> None:
        going, stays = pulls.namespace("going"), pulls.namespace("stays")
        metadata = {"name": "held", "namespace": going, "finalizers": ["example.com/hold"]}
        cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        cluster.delete("Namespace", None, going)
        try:
            code, entry = plans.one(pulls.manifest("new"))
        finally:
            cluster.merge_patch("ConfigMap", going, "held", {"metadata": {"finalizers": None}})
        assert code == 2
        assert rows(entry, "gain") == [f"create Secret {stays}/ecr"]
        assert rows(entry, "refused") == []
        assert f"nothing is written in namespaces that are being deleted: {going}" in entry["notes"]

    def test_an_operator_of_some_namespaces_writes_in_no_others(
        self, pulls: PullSecrets, plans: Plans, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = pulls.namespace("one"), pulls.namespace("two")
        monkeypatch.setenv("ECR_OPERATOR_WATCH_NAMESPACES", one)
        monkeypatch.setenv("ECR_OPERATOR_CLUSTER_NAME", "test")
        code, entry = plans.one(pulls.manifest("new", namespaces={"include": [one, two]}))
        assert code == 2
        assert rows(entry, "gain") == [f"create Secret {one}/ecr"]

    def test_a_suspended_one_does_nothing(self, pulls: PullSecrets, plans: Plans) -> None:
        pulls.namespace("a")
        code, entry = plans.one(pulls.manifest("new", suspend=True))
        assert (code, entry["action"], entry["reason"]) == (0, "none", "Suspended")

    def test_what_the_settings_refuse_needs_no_cluster(
        self, pulls: PullSecrets, plans: Plans, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ECR_OPERATOR_OWN_IDENTITY_TOKENS", "false")
        code, output = plans.text(pulls.manifest("new"), options=())
        assert code == 3
        assert "OperatorIdentityRefused" in output


@pytest.mark.usefixtures("operator")
class TestOfAnObjectThatIsThere:
    def test_nothing_is_to_be_done_when_the_operator_has_done_it(
        self, pulls: PullSecrets, plans: Plans, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = default_account(pulls, "a")
        pulls.create(serviceAccounts=SERVICE_ACCOUNTS)
        pulls.healed()
        pulls.wait_entries(name, ["ecr"])
        asked = pulls.manifest("pull", serviceAccounts=SERVICE_ACCOUNTS)
        code, output = plans.text(asked)
        assert code == 0
        assert "none     in sync; 1 namespace selected" in output
        # Also for somebody whose region is not that of the operator.
        monkeypatch.setenv("AWS_REGION", "us-west-2")
        assert plans.text(asked)[0] == 0

    def test_shows_who_loses_secret_and_entry(self, pulls: PullSecrets, plans: Plans) -> None:
        stays, goes = default_account(pulls, "stays"), default_account(pulls, "goes")
        pulls.create(serviceAccounts=SERVICE_ACCOUNTS)
        pulls.healed()
        for name in (stays, goes):
            pulls.wait_entries(name, ["ecr"])
        targets = {"include": [stays]}
        asked = pulls.manifest("pull", namespaces=targets, serviceAccounts=SERVICE_ACCOUNTS)
        code, entry = plans.one(asked)
        assert code == 2
        assert entry["action"] == "change"
        assert rows(entry, "lose") == [f"delete Secret {goes}/ecr"]
        assert rows(entry, "serviceAccount") == [f"service account {goes}/default: remove ecr"]
        # The accounts alone.
        _, entry = plans.one(pulls.manifest("pull"))
        assert entry["counts"]["lose"] == 0
        assert entry["counts"]["serviceAccountsLose"] == 2

    def test_shows_the_hosts_that_come_and_go(self, pulls: PullSecrets, plans: Plans) -> None:
        name = pulls.namespace("a")
        pulls.create()
        pulls.healed()
        code, entry = plans.one(pulls.manifest("pull", registries=[{"accounts": [OTHER]}]))
        assert code == 2
        assert rows(entry, "change") == [f"update Secret {name}/ecr (data: add {OTHER_HOST} and drop {HOST})"]
        # The same hosts by another identity.
        auth = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/pull"}
        _, entry = plans.one(pulls.manifest("pull", auth=auth))
        refreshed = f"update Secret {name}/ecr (data: the credentials' bytes would be refreshed)"
        assert rows(entry, "change") == [refreshed]

    def test_an_annotation_that_asks_for_new_credentials_refreshes_all(
        self, pulls: PullSecrets, plans: Plans
    ) -> None:
        pulls.namespace("a")
        pulls.create()
        pulls.healed()
        asked = pulls.manifest("pull")
        asked["metadata"]["annotations"] = {RECONCILE_ANNOTATION: "leaked"}
        code, entry = plans.one(asked)
        assert code == 2
        assert "bytes would be refreshed" in rows(entry, "change")[0]

    def test_what_outlives_the_object_loses_its_owner(self, pulls: PullSecrets, plans: Plans) -> None:
        name = pulls.namespace("a")
        pulls.create()
        pulls.healed()
        code, entry = plans.one(pulls.manifest("pull", deletionPolicy="Retain"))
        assert code == 2
        assert rows(entry, "change") == [f"remove the owner reference of Secret {name}/ecr"]

    def test_what_may_not_be_changed_is_refused_as_by_the_api_server(
        self, pulls: PullSecrets, plans: Plans
    ) -> None:
        pulls.create()
        pulls.wait("pull", "Ready", "True", "NoNamespaceMatched")
        asked = pulls.manifest("pull", secretName="other")
        code, entry = plans.one(asked)
        assert (code, entry["action"], entry["reason"]) == (3, "refuse", "Invalid")
        with pytest.raises(ApiError) as error:
            pulls.patch(secretName="other")
        assert entry["message"].split(": ", 2)[2] in error.value.message

    def test_an_older_one_of_the_name_goes_before(self, pulls: PullSecrets, plans: Plans) -> None:
        name, free = pulls.namespace("a"), pulls.namespace("free")
        pulls.create("old", namespaces={"include": [name]})
        pulls.healed("old")
        code, entry = plans.one(pulls.manifest("new"))
        assert code == 3
        assert rows(entry, "gain") == [f"create Secret {free}/ecr"]
        [refused] = rows(entry, "refused")
        assert refused.startswith(f"{name}: Conflict: EcrPullSecret {pulls.name('old')} is older")

    def test_what_becomes_of_others_is_noted(self, pulls: PullSecrets, plans: Plans) -> None:
        name = pulls.namespace("a")
        pulls.create("a-old", namespaces={"include": ["absent"]})
        pulls.wait("a-old", "Ready", "True", "NoNamespaceMatched")
        pulls.create("b-young")
        pulls.healed("b-young")
        code, entry = plans.one(pulls.manifest("a-old", namespaces={"include": [name]}))
        assert code == 2
        assert "labels; owner" in rows(entry, "change")[0]
        assert [note for note in entry["notes"] if "Conflict" in note] == [
            f"EcrPullSecret {pulls.name('b-young')} would fail in {name}: Conflict: EcrPullSecret "
            f"{pulls.name('a-old')} is older and writes the Secret ecr there; change `secretName` or the "
            "namespaces of one of the two"
        ]

    def test_who_waits_for_the_name_gets_what_is_left(self, pulls: PullSecrets, plans: Plans) -> None:
        name = pulls.namespace("a")
        pulls.create("a-old")
        pulls.healed("a-old")
        pulls.create("b-young")
        pulls.failing(name, "Conflict", "b-young")
        code, entry = plans.one(pulls.manifest("a-old", namespaces={"include": ["absent"]}))
        young = pulls.name("b-young")
        assert code == 2
        assert rows(entry, "lose") == [f"Secret {name}/ecr passes to EcrPullSecret {young}"]
        [note] = [note for note in entry["notes"] if young in note]
        assert note.startswith(f"EcrPullSecret {young} would follow: ")
        assert f"Secret {name}/ecr" in note

    def test_no_credential_is_shown_whatever_is_asked(
        self, pulls: PullSecrets, plans: Plans, cluster: Cluster
    ) -> None:
        ours, foreign = pulls.namespace("ours"), pulls.namespace("foreign")
        theirs = pulls.foreign(foreign, docker_data("quay.io"))
        pulls.create()
        pulls.counted(matched=2, ready=1, failed=1)
        secret = pulls.wait_secret(ours)
        asked = pulls.manifest("pull", registries=[{}, {"accounts": [OTHER]}])
        plans.text(asked)
        plans.json(asked)
        values = [*secret["data"].values(), *theirs["data"].values()]
        texts = [*values, *(base64.b64decode(value).decode() for value in values), "somebody's"]
        texts += [json.loads(base64.b64decode(value))["auths"].popitem()[1]["auth"] for value in values]
        for output in plans.outputs:
            assert not [text[:4] for text in texts if text in output]
            assert HOST in output or OTHER_HOST in output


class TestWhichCluster:
    def test_none_is_given(self, pulls: PullSecrets, plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = "valid; its namespaces are not shown, because no kubeconfig was given"
        for value in (None, "nowhere", "/dev/null"):
            if value is not None:
                monkeypatch.setenv("KUBECONFIG", value)
            code, output = plans.text(pulls.manifest("new"), options=())
            assert code == 0
            assert f"none     {shown}: name one with --kubeconfig or KUBECONFIG\n" in output
            assert "cluster at" not in output

    @pytest.mark.parametrize("how", ["KUBECONFIG", "home"])
    def test_is_found_as_kubectl_finds_it(
        self,
        pulls: PullSecrets,
        plans: Plans,
        kubeconfig: Path,
        how: str,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        pulls.namespace("a")
        if how == "KUBECONFIG":
            monkeypatch.setenv("KUBECONFIG", f"nowhere:{kubeconfig}")
        else:
            (tmp_path / ".kube").mkdir()
            (tmp_path / ".kube" / "config").write_text(kubeconfig.read_text())
        code, output = plans.text(pulls.manifest("new"), options=())
        assert code == 2
        assert "1 to get it" in output

    def test_a_context_may_be_named(self, pulls: PullSecrets, plans: Plans, kubeconfig: Path) -> None:
        pulls.namespace("a")
        config = yaml.safe_load(kubeconfig.read_text())
        name = config["current-context"]
        Path("config").write_text(yaml.safe_dump(config | {"current-context": "nosuch"}))
        chosen = ("--kubeconfig", "config", "--context", name)
        assert plans.text(pulls.manifest("new"), options=chosen)[0] == 2
        code, output = plans.text(pulls.manifest("new"), options=("--kubeconfig", "config"))
        assert code == 1
        assert "InvalidConfiguration" in output
        code, output = plans.text(pulls.manifest("new"), options=("--context", name))
        assert code == 1
        assert "--context was given, but there is no kubeconfig" in output

    @pytest.mark.parametrize("text", ["", "a: [", "[]", None], ids=["empty", "no YAML", "a list", "absent"])
    def test_a_file_that_is_none_is_an_error(
        self, pulls: PullSecrets, plans: Plans, text: str | None
    ) -> None:
        if text is not None:
            Path("config").write_text(text)
        code, output = plans.text(pulls.manifest("new"), options=("--kubeconfig", "config"))
        assert code == 1
        assert "InvalidConfiguration: " in output

    def test_one_that_does_not_answer(self, pulls: PullSecrets, plans: Plans, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
        Path("config").write_text(yaml.safe_dump(config))
        code, output = plans.text(pulls.manifest("new"), options=("--kubeconfig", "config"))
        assert code == 1
        assert "Unavailable: ecrpullsecrets cannot be listed" in output

    @pytest.mark.parametrize("resource", LISTED)
    def test_a_right_that_is_missing_is_named(
        self, pulls: PullSecrets, plans: Plans, cluster: Cluster, resource: str
    ) -> None:
        others = [one for one in LISTED if one != resource]
        user = may_list(cluster, f"plan-without-{resource}", *others)
        asked = pulls.manifest("new", serviceAccounts=SERVICE_ACCOUNTS)
        done = pulls.manifest("suspended", suspend=True)
        code, output = plans.text(asked, done, options=("--kubeconfig", str(user)))
        assert code == 1
        assert "none     `suspend` is true" in output
        [line] = [line for line in output.splitlines() if "error" in line]
        assert f"error    Forbidden: the right to `list` {resource} is missing: {resource} is forbid" in line

    def test_service_accounts_are_listed_only_where_they_are_named(
        self, pulls: PullSecrets, plans: Plans, cluster: Cluster
    ) -> None:
        # Those of other tests may be on their way.
        for one in cluster.list("EcrPullSecret"):
            if "serviceAccounts" in one["spec"]:
                cluster.wait_gone("EcrPullSecret", None, one["metadata"]["name"], 20)
        user = may_list(cluster, "plan-without-serviceaccounts", "namespaces", "secrets")
        pulls.namespace("a")
        assert plans.text(pulls.manifest("new"), options=("--kubeconfig", str(user)))[0] == 2


def test_an_apply_of_several_is_planned_as_one(pulls: PullSecrets, plans: Plans) -> None:
    name = pulls.namespace("a")
    code, found = plans.json(pulls.manifest("b"), pulls.manifest("a"))
    assert code == 3
    # Made in the same second: the first by name.
    assert rows(found[pulls.name("a")], "gain") == [f"create Secret {name}/ecr"]
    assert f"{name}: Conflict" in rows(found[pulls.name("b")], "refused")[0]
