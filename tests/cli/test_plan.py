"""`ecr-operator plan`: what is printed, what it rests on, and the exit code."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecr_operator.api.names import OWNER_TAG
from tests.api.pull_secrets import pull_secret
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.policies import AUDIT, LAMBDA, OTHER, RULE, policy

READS = {
    "DescribeRegistry",
    "DescribeRepositories",
    "GetLifecyclePolicy",
    "GetRepositoryPolicy",
    "ListTagsForResource",
}
Plan = Callable[..., tuple[int, str, str]]
OWNER = "prod/team-a/web"


@pytest.fixture
def fake(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """An empty AWS, and nothing written to it but by the test's own hand."""
    aws.reset()
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    yield aws
    assert not aws.writes()
    assert aws.calls().keys() <= READS


def manifest(name: str = "web", namespace: str | None = "team-a", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {
        "apiVersion": "ecr-operator.dev/v1alpha1",
        "kind": "EcrRepository",
        "metadata": metadata,
        "spec": spec,
    }


def written(*manifests: dict[str, Any], path: str = "web.yaml") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(yaml.safe_dump_all(manifests))
    return path


def in_aws(fake: FakeAws, name: str = "web", owner: str | None = OWNER, **parameters: Any) -> Any:
    """A repository made by hand; the client for more."""
    ecr = fake.client("ecr", unseen=True)
    tags = [{"Key": OWNER_TAG, "Value": owner}] if owner else []
    ecr.create_repository(repositoryName=name, tags=tags, **parameters)
    return ecr


def objects(output: str) -> dict[str, dict[str, Any]]:
    """The objects of `-o json` by their names."""
    return {entry["name"]: entry for entry in json.loads(output)["objects"]}


def descriptions(entry: dict[str, Any]) -> list[str]:
    return [change["description"] for change in entry.get("changes", [])]


class TestWhatWouldHappen:
    def test_a_new_repository_is_created_with_its_policies(self, fake: FakeAws, plan: Plan) -> None:
        spec = {"lifecyclePolicy": {"rules": [RULE]}, "access": {"pull": {"accounts": [OTHER]}}}
        code, output, errors = plan("-f", written(manifest(**spec)))
        assert code == 2
        assert errors == ""
        assert output.splitlines() == [
            "OBJECT       ACTION   DETAIL",
            "team-a/web   create   create repository web",
            "team-a/web   create   set the lifecycle policy (1 rule)",
            "team-a/web   create   set the repository policy (add EcrOperatorPull)",
            "",
            "1 to create.",
        ]

    def test_nothing_is_to_be_done_where_aws_holds_what_is_asked_for(self, fake: FakeAws, plan: Plan) -> None:
        ecr = in_aws(fake, imageTagMutability="IMMUTABLE")
        ecr.set_repository_policy(repositoryName="web", policyText=policy(AUDIT, LAMBDA))
        asked = manifest(imageTagMutability="IMMUTABLE", repositoryPolicy={"statements": [AUDIT]})
        code, output, _ = plan("-f", written(asked), "--cluster-name", "prod")
        assert code == 0
        assert "team-a/web   none     in sync" in output
        assert output.endswith("1 without a change.\n")

    def test_each_change_is_a_row_with_what_it_replaces_and_keeps(self, fake: FakeAws, plan: Plan) -> None:
        ecr = in_aws(fake)
        ecr.set_repository_policy(repositoryName="web", policyText=policy(AUDIT, LAMBDA))
        audit = AUDIT | {"Action": "ecr:ListImages"}
        spec = {"imageTagMutability": "IMMUTABLE", "repositoryPolicy": {"statements": [audit]}}
        code, output, _ = plan("-f", written(manifest(**spec)), "--cluster-name", "prod", "-o", "json")
        entry = objects(output)["web"]
        assert code == 2
        assert entry["action"] == "change"
        assert descriptions(entry) == [
            "set imageTagMutability to IMMUTABLE (was MUTABLE)",
            f"set the repository policy (change Audit; keep {LAMBDA['Sid']})",
        ]
        assert entry["changes"][1]["type"] == "SetRepositoryPolicy"
        assert entry["changes"][1]["parts"] == ["statements/Audit"]
        # What a reviewer wants to read: the whole policy as it would be.
        sent = entry["changes"][1]["document"]["Statement"]
        assert [statement["Sid"] for statement in sent] == [LAMBDA["Sid"], "Audit"]

    def test_a_creation_tells_its_settings(self, fake: FakeAws, plan: Plan) -> None:
        spec = {"imageTagMutability": "IMMUTABLE", "encryptionConfiguration": {"encryptionType": "KMS"}}
        _, output, _ = plan("-f", written(manifest(tags={"a": "1"}, **spec)))
        assert "create repository web (IMMUTABLE; KMS; tags a=1)" in output

    def test_an_object_that_is_being_deleted_is_not_planned(self, fake: FakeAws, plan: Plan) -> None:
        asked = manifest()
        asked["metadata"]["deletionTimestamp"] = "2026-11-25T00:00:00Z"
        code, output, _ = plan("-f", written(asked))
        assert code == 0
        assert "is being deleted" in output

    def test_a_name_that_the_setting_does_not_allow_is_noted(
        self, fake: FakeAws, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ECR_OPERATOR_REPOSITORY_NAMES", "{namespace}/*")
        _, output, _ = plan("-f", written(manifest(), manifest("api", repositoryName="team-a/api")))
        assert "Note: team-a/web: the setting ECR_OPERATOR_REPOSITORY_NAMES does not allow web" in output
        assert "does not allow team-a/api" not in output

    def test_adopting_needs_no_note_where_the_setting_allows_it(
        self, fake: FakeAws, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_aws(fake, owner=None)
        monkeypatch.setenv("ECR_OPERATOR_ADOPTION", "Everywhere")
        _, output, _ = plan("-f", written(manifest(adoptionPolicy="Adopt")), "--cluster-name", "prod")
        assert "Note:" not in output

    def test_the_same_object_twice_counts_once_and_the_last_one_counts(
        self, fake: FakeAws, plan: Plan
    ) -> None:
        both = [manifest(tags={"a": "1"}), manifest(tags={"a": "2"})]
        _, output, _ = plan("-f", written(*both))
        assert "tags a=2" in output
        assert output.endswith("\n1 to create.\n")

    def test_parts_are_taken_back_only_for_a_manifest_with_status(self, fake: FakeAws, plan: Plan) -> None:
        ecr = in_aws(fake)
        arn = ecr.describe_repositories()["repositories"][0]["repositoryArn"]
        ecr.set_repository_policy(repositoryName="web", policyText=policy(AUDIT))
        ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "1"}])
        asked = manifest()
        status = {"managed": ["repository", "tags/a", "statements/Audit"], "repositoryArn": arn}
        status |= {"registryId": ACCOUNT, "region": arn.split(":")[3]}
        options = ("--cluster-name", "prod", "-o", "json")
        assert plan("-f", written(asked), *options)[0] == 0
        code, output, _ = plan("-f", written(asked | {"status": status}), *options)
        assert code == 2
        assert descriptions(objects(output)["web"]) == [
            "remove tags a",
            "remove the repository policy (Audit)",
        ]

    def test_the_status_may_come_from_another_manifest_of_the_object(self, fake: FakeAws, plan: Plan) -> None:
        """What is in the cluster first, then the edit."""
        ecr = in_aws(fake)
        arn = ecr.describe_repositories()["repositories"][0]["repositoryArn"]
        ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "1"}])
        status = {"managed": ["repository", "tags/a"], "repositoryArn": arn}
        status |= {"registryId": ACCOUNT, "region": arn.split(":")[3]}
        live = written(manifest(tags={"a": "1"}) | {"status": status}, path="live.yaml")
        code, output, _ = plan("-f", live, "-f", written(manifest()), "--cluster-name", "prod")
        assert code == 2
        assert output.splitlines()[1:] == ["team-a/web   change   remove tags a", "", "1 to change."]

    def test_adopting_shows_what_follows_the_owner_tag(self, fake: FakeAws, plan: Plan) -> None:
        ecr = in_aws(fake, owner=None)
        ecr.set_repository_policy(repositoryName="web", policyText=policy(LAMBDA))
        asked = manifest(adoptionPolicy="Adopt", repositoryPolicy={"statements": [AUDIT]})
        code, output, _ = plan("-f", written(asked), "--cluster-name", "prod", "-o", "json")
        entry = objects(output)["web"]
        assert code == 2
        assert descriptions(entry) == [
            f"set tags {OWNER_TAG}={OWNER}",
            f"set the repository policy (add Audit; keep {LAMBDA['Sid']})",
        ]
        assert "ecr-operator.dev/adoption" in entry["notes"][0]

    @pytest.mark.parametrize(
        ("spec", "message"),
        [({"managementPolicy": "Observe"}, "nothing is written"), ({"suspend": True}, "`suspend` is true")],
        ids=["observe", "suspend"],
    )
    def test_objects_that_change_nothing(
        self, fake: FakeAws, plan: Plan, spec: dict[str, Any], message: str
    ) -> None:
        in_aws(fake, owner="stage/team-a/web", imageTagMutability="MUTABLE")
        code, output, _ = plan("-f", written(manifest(imageTagMutability="IMMUTABLE", **spec)))
        assert code == 0
        assert message in output

    def test_default_tags_of_the_operator_are_part_of_the_plan(
        self, fake: FakeAws, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_aws(fake)
        monkeypatch.setenv("ECR_OPERATOR_DEFAULT_TAGS", "org=acme")
        monkeypatch.setenv("ECR_OPERATOR_CLUSTER_NAME", "prod")
        code, output, _ = plan("-f", written(manifest()))
        assert code == 2
        assert "set tags org=acme" in output

    def test_a_renamed_cluster_takes_its_repositories_back(
        self, fake: FakeAws, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ecr = in_aws(fake)
        ecr.set_repository_policy(repositoryName="web", policyText=policy(LAMBDA))
        monkeypatch.setenv("ECR_OPERATOR_PREVIOUS_CLUSTER_NAMES", "prod")
        asked = manifest(repositoryPolicy={"statements": [AUDIT]})
        code, output, _ = plan("-f", written(asked), "--cluster-name", "new", "-o", "json")
        assert code == 2
        assert descriptions(objects(output)["web"]) == [
            f"set tags {OWNER_TAG}=new/team-a/web",
            f"set the repository policy (add Audit; keep {LAMBDA['Sid']})",
        ]


class TestWithoutAClusterName:
    def test_an_owner_of_this_name_counts_as_ours_and_that_is_said(self, fake: FakeAws, plan: Plan) -> None:
        in_aws(fake)
        code, output, _ = plan("-f", written(manifest()))
        assert code == 0
        assert f"Note: team-a/web: the owner '{OWNER}' counts as this object" in output

    def test_another_owner_is_another(self, fake: FakeAws, plan: Plan) -> None:
        in_aws(fake, owner="prod/team-b/web")
        code, output, _ = plan("-f", written(manifest()))
        assert code == 3
        assert "RepositoryOwnedByAnother: The repository belongs to 'prod/team-b/web'" in output

    def test_with_one_the_same_name_in_another_cluster_is_another(self, fake: FakeAws, plan: Plan) -> None:
        in_aws(fake)
        code, output, _ = plan("-f", written(manifest()), "--cluster-name", "stage")
        assert code == 3
        assert "set `adoptFrom: prod/team-a/web`" in output


TYPO = {name: value for name, value in LAMBDA.items() if name != "Condition"} | {
    "Sid": "Typo",
    "Conditions": LAMBDA["Condition"],
}
BIG_LIFECYCLE = {
    "rules": [
        RULE | {"rulePriority": number, "description": "x" * 700, "selection": RULE["selection"] | selection}
        for number, selection in enumerate(
            ({"tagStatus": "tagged", "tagPrefixList": [f"v{one}"]} for one in range(50)), 1
        )
    ]
}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "what the schema refuses": ({"imageTagMutability": "Immutable"}, 'supported values: "'),
    "what a rule of the schema refuses": (
        {"access": {"pull": {"accounts": ["12345678901"]}}},
        "AWS account ids of 12 digits",
    ),
    "an unknown field": ({"lifecylePolicy": {}}, 'unknown field "spec.lifecylePolicy"'),
    "a misspelt member of a statement": ({"repositoryPolicy": {"statements": [TYPO]}}, "Statement Typo"),
    "a principal of another partition": (
        {"access": {"push": {"principals": ["arn:aws-cn:iam::123456789012:role/x"]}}},
        "InvalidPolicy: `access.push.principals`",
    ),
    "a repository policy over 10,240 characters": (
        {"access": {"pull": {"principals": [f"arn:aws:iam::{OTHER}:role/{n:0200}" for n in range(60)]}}},
        "AWS allows 10,240",
    ),
    "a lifecycle policy over 30,720 characters": (
        {"lifecyclePolicy": BIG_LIFECYCLE},
        "AWS allows 30,720",
    ),
}


@pytest.mark.parametrize(("spec", "words"), REFUSED.values(), ids=REFUSED)
def test_is_refused_without_asking_aws(fake: FakeAws, plan: Plan, spec: dict[str, Any], words: str) -> None:
    code, output, _ = plan("-f", written(manifest(**spec)))
    assert code == 3
    assert words in output
    assert "(web.yaml:1)" in output
    assert fake.calls() == {}


def test_a_repository_that_nobody_owns_is_refused(fake: FakeAws, plan: Plan) -> None:
    in_aws(fake, owner=None)
    code, output, _ = plan("-f", written(manifest()))
    assert code == 3
    assert "RepositoryNotOurs" in output


def test_a_status_of_another_repository_tells_that_the_name_was_changed(fake: FakeAws, plan: Plan) -> None:
    arn = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/old"
    status = {"repositoryArn": arn, "registryId": ACCOUNT, "region": "eu-west-1", "managed": ["repository"]}
    code, output, _ = plan("-f", written(manifest(repositoryName="new") | {"status": status}))
    assert code == 3
    assert "`repositoryName` cannot be changed" in output


def test_an_owner_that_the_manifest_calls_another_is_not_taken_for_the_object(
    fake: FakeAws, plan: Plan
) -> None:
    in_aws(fake, owner="old/team-a/web")
    _, output, _ = plan("-f", written(manifest(adoptFrom="old/team-a/web")))
    assert "counts as this object" not in output
    assert "change" in output


def test_two_manifests_of_one_repository_cannot_both_have_it(fake: FakeAws, plan: Plan) -> None:
    both = [manifest("web", repositoryName="x/y"), manifest("api", repositoryName="x/y")]
    code, output, _ = plan("-f", written(*both), "-o", "json")
    assert code == 3
    assert {name: entry["action"] for name, entry in objects(output).items()} == {
        "api": "create",
        "web": "refuse",
    }
    assert objects(output)["web"]["reason"] == "RepositoryNameTaken"


class TestWhatIsRead:
    def test_directories_lists_and_standard_input(
        self, fake: FakeAws, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written(manifest("one", None), {"apiVersion": "v1", "kind": "Namespace"}, path="d/a.yaml")
        written(manifest("two"), path="d/deeper/b.yml")
        code, output, _ = plan("-f", "d", "-n", "team-b", "-o", "json")
        assert code == 2
        assert list(objects(output)) == ["one"]
        assert objects(output)["one"]["namespace"] == "team-b"
        assert objects(output)["one"]["source"] == "d/a.yaml:1"
        _, output, _ = plan("-R", "-f", "d", "-o", "json")
        assert list(objects(output)) == ["one", "two"]

    def test_a_pull_secret_is_checked_without_a_cluster(self, fake: FakeAws, plan: Plan) -> None:
        """Nor taken for a repository of its name."""
        good = pull_secret("good", {})
        bad = pull_secret("bad", {"namespaces": {}})
        code, output, _ = plan("-f", written(good, bad))
        assert code == 3
        shown = "valid; its namespaces are not shown, because no kubeconfig was given"
        assert f"good     none     {shown}: name one with --kubeconfig or KUBECONFIG\n" in output
        assert "bad      refuse   Invalid: spec.namespaces: Required value: at least one of" in output
        assert "team" not in output
        assert plan("-f", written(good))[0] == 0
        assert fake.calls() == {}

    def test_objects_are_shown_in_the_order_of_the_manifests(self, fake: FakeAws, plan: Plan) -> None:
        names = ["c", "a", "b"]
        bad = manifest("a", repositoryName="UPPER")
        manifests = [bad if name == "a" else manifest(name, repositoryName=f"x/{name}") for name in names]
        code, output, _ = plan("-f", written(*manifests), "-o", "json")
        assert code == 3
        assert list(objects(output)) == names
        assert json.loads(output)["summary"] == {
            "none": 0,
            "create": 2,
            "change": 0,
            "refuse": 1,
            "error": 0,
        }


class TestErrors:
    def test_a_file_that_is_not_there(self, fake: FakeAws, plan: Plan) -> None:
        code, output, errors = plan("-f", "nowhere.yaml")
        assert (code, output) == (1, "")
        assert errors.startswith("error: the path 'nowhere.yaml' does not exist")

    def test_nothing_of_ours_in_the_files(self, fake: FakeAws, plan: Plan) -> None:
        code, _, errors = plan("-f", written({"apiVersion": "v1", "kind": "Namespace"}))
        assert code == 1
        assert "no object of ecr-operator.dev" in errors

    def test_aws_that_refuses(self, fake: FakeAws, plan: Plan) -> None:
        fake.inject("DescribeRepositories", "AccessDeniedException", "User x is not authorized to do this")
        code, output, _ = plan("-f", written(manifest()))
        assert code == 1
        assert "AccessDenied" in output
        assert "not authorized" in output

    def test_no_region(self, fake: FakeAws, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            monkeypatch.delenv(name, raising=False)
        code, output, _ = plan("-f", written(manifest(), manifest("bad", repositoryName="UPPER")))
        assert code == 1
        assert "set AWS_REGION" in output
        assert "`repositoryName` must" in output

    @pytest.mark.parametrize(
        ("variable", "value"), [("AWS_PROFILE", "nosuch"), ("AWS_CONFIG_FILE", "broken")], ids=str
    )
    def test_a_configuration_of_aws_that_cannot_be_used(
        self, fake: FakeAws, plan: Plan, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
    ) -> None:
        Path("broken").write_text("[default\nno configuration")
        monkeypatch.setenv(variable, value)
        code, output, _ = plan("-f", written(manifest()))
        assert code == 1
        assert value in output

    def test_a_bad_status_is_told_as_one(self, fake: FakeAws, plan: Plan) -> None:
        code, output, _ = plan("-f", written(manifest() | {"status": {"managed": 7}}))
        assert code == 3
        assert "`status.managed`" in output

    @pytest.mark.parametrize(
        "arguments", [(), ("-f",), ("-f", "x", "-o", "yaml"), ("-f", "x", "--cluster-name", "a/b")], ids=str
    )
    def test_usage(self, fake: FakeAws, plan: Plan, arguments: tuple[str, ...]) -> None:
        assert plan(*arguments)[0] == 64
