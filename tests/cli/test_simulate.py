"""`ecr-operator simulate`: what is printed, what it rests on, and the exit code."""

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from ecr_operator.cli.image_file import read_images
from ecr_operator.cli.policy_file import read_policy
from ecr_operator.cli.simulation import Simulation, show
from tests.api.lifecycle_examples import ARCHIVE, Rule, archived, days_since, more_than, rule
from tests.fake_aws.client import ACCOUNT, FakeAws

Simulate = Callable[..., tuple[int, str, str]]

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
AT = ("--at", "2026-11-28T12:00:00Z")
INDEX = "application/vnd.oci.image.index.v1+json"
UNTAGGED = rule(1, days_since("Pushed", 7, "untagged"))
KEEP_TWO = rule(1, more_than(2, "tagged", tagPatternList=["prod*"]))
PAGE = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text()
RIGHTS = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]
"""The rights that the documentation says are needed."""
NOTE = (
    "Note: this is ecr-operator's reading of AWS's documentation; AWS's own preview is the judge: "
    "`aws ecr start-lifecycle-policy-preview`."
)


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def detail(letter: str, *tags: str, pushed: Any = "2026-11-01T13:00:00+01:00", **more: Any) -> dict[str, Any]:
    """An image as the AWS CLI prints it."""
    tagged = {"imageTags": list(tags)} if tags else {}
    return {
        "registryId": ACCOUNT,
        "repositoryName": "web",
        "imageDigest": digest(letter),
        **tagged,
        "imagePushedAt": pushed,
        "imageStatus": "ACTIVE",
        **more,
    }


def images(*details: dict[str, Any], path: str = "images.json") -> str:
    Path(path).write_text(json.dumps({"imageDetails": list(details)}))
    return path


def policy(*rules: Rule, path: str = "policy.json") -> str:
    Path(path).write_text(json.dumps({"rules": list(rules)}))
    return path


def repository(name: str = "web", *rules: Rule, **spec: Any) -> dict[str, Any]:
    policies = {"lifecyclePolicy": {"rules": list(rules)}} if rules else {}
    return {
        "apiVersion": "ecr-operator.dev/v1alpha1",
        "kind": "EcrRepository",
        "metadata": {"name": name, "namespace": "team-a"},
        "spec": policies | spec,
    }


def lifecycle_policy(name: str, *rules: Rule, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "ecr-operator.dev/v1alpha1",
        "kind": "EcrLifecyclePolicy",
        "metadata": {"name": name, "namespace": "team-a"},
        "spec": {"rules": list(rules)} | spec,
    }


def manifests(*objects: dict[str, Any], path: str = "web.yaml") -> str:
    Path(path).write_text(yaml.safe_dump_all(objects))
    return path


def actions(output: str) -> dict[str, str]:
    """The actions of `-o json`, by the first letter of the digest."""
    return {one["imageDigest"][7]: one["action"] for one in json.loads(output)["images"]}


class TestImagesOfAFile:
    def test_a_table_tells_what_goes_what_is_kept_and_by_which_rule(self, simulate: Simulate) -> None:
        rules = [
            KEEP_TWO,
            UNTAGGED | {"rulePriority": 2},
            rule(3, days_since("Pulled", 90, "any"), ARCHIVE),
            rule(4, archived(100, "any")),
        ]
        listed = images(
            detail("a", "prod-1", "a", "b", "c", pushed="2026-11-01T13:00:00+01:00"),
            detail("b", "prod-2", pushed="2026-11-02T13:00:00.123+01:00"),
            detail("c", "prod-3", pushed=NOON.timestamp()),
            detail("d", pushed="2026-11-20T12:00:00+00:00"),
            detail("e", "beta", pushed="2026-01-01T12:00:00+00:00"),
            detail("f", "beta-2", pushed="2026-01-01T12:00:00+00:00", lastRecordedPullTime=NOON.isoformat()),
            detail("0", imageStatus="ARCHIVED", lastArchivedAt="2026-02-02T00:00:00+00:00"),
        )
        code, output, errors = simulate(policy(*rules), "--images", listed, *AT)
        assert (code, errors) == (0, "")
        assert output.splitlines() == [
            "DIGEST                TAGS       PUSHED                 CLASS      ACTION    RULE",
            "sha256:000000000000   <none>     2026-11-01T12:00:00Z   archive    expire    4",
            "sha256:aaaaaaaaaaaa   a,b,c,+1   2026-11-01T12:00:00Z   standard   expire    1",
            "sha256:dddddddddddd   <none>     2026-11-20T12:00:00Z   standard   expire    2",
            "sha256:eeeeeeeeeeee   beta       2026-01-01T12:00:00Z   standard   archive   3",
            "sha256:ffffffffffff   beta-2     2026-01-01T12:00:00Z   standard   keep      3",
            "sha256:bbbbbbbbbbbb   prod-2     2026-11-02T12:00:00Z   standard   keep      1",
            "sha256:cccccccccccc   prod-3     2026-11-28T12:00:00Z   standard   keep      1",
            NOTE,
            "",
            "3 to expire, 1 to archive, 3 kept, at 2026-11-28T12:00:00Z by policy.json:1.",
        ]

    def test_a_program_gets_all_of_it(self, simulate: Simulate) -> None:
        listed = images(
            detail("a", "v1", "v2"),
            detail("b", pushed="2026-11-03T00:00:00Z"),
            detail("c", subjectManifestDigest=digest("a")),
        )
        code, output, _ = simulate(
            policy(UNTAGGED), "--images", listed, *AT, "-o", "json", "--repository", "x"
        )
        assert code == 0
        assert json.loads(output) == {
            "repositoryName": "x",
            "policy": "policy.json:1",
            "at": "2026-11-28T12:00:00Z",
            "images": [
                {
                    "imageDigest": digest("c"),
                    "imageTags": [],
                    "imagePushedAt": "2026-11-01T12:00:00Z",
                    "storageClass": "standard",
                    "action": "expire",
                    "rulePriority": 1,
                },
                {
                    "imageDigest": digest("b"),
                    "imageTags": [],
                    "imagePushedAt": "2026-11-03T00:00:00Z",
                    "storageClass": "standard",
                    "action": "expire",
                    "rulePriority": 1,
                },
                {
                    "imageDigest": digest("a"),
                    "imageTags": ["v1", "v2"],
                    "imagePushedAt": "2026-11-01T12:00:00Z",
                    "storageClass": "standard",
                    "action": "keep",
                },
            ],
            "summary": {"expire": 2, "archive": 0, "keep": 1},
            "notes": [NOTE.removeprefix("Note: ").removesuffix(".")],
        }

    @pytest.mark.parametrize(
        ("at", "action"),
        [
            ("2026-11-08", "keep"),
            ("2026-11-08T12:00:00", "keep"),
            ("2026-11-08T12:00:01", "expire"),
            ("2026-11-08T12:00:01+01:00", "keep"),
            ("2026-11-09", "expire"),
        ],
    )
    def test_the_time_may_be_another(self, simulate: Simulate, at: str, action: str) -> None:
        listed = images(detail("a"))
        assert actions(simulate(policy(UNTAGGED), "--images", listed, "--at", at, "-o", "json")[1]) == {
            "a": action
        }

    def test_a_time_without_an_offset_is_utc_wherever_the_command_runs(
        self, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("TZ", "XXX-9")
            time.tzset()
            output = simulate(policy(UNTAGGED), "--images", images(), "--at", "2026-11-28", "-o", "json")[1]
        time.tzset()
        assert json.loads(output)["at"] == "2026-11-28T00:00:00Z"

    def test_restored_images_and_signatures(self, simulate: Simulate) -> None:
        restored = detail("a", lastArchivedAt="2026-11-10T00:00:00Z", lastActivatedAt="2026-11-27T00:00:00Z")
        signature = detail("c", "v1", pushed="2026-11-27T00:00:00Z", subjectManifestDigest=digest("b"))
        listed = images(restored, detail("b"), signature)
        _, output, _ = simulate(policy(UNTAGGED), "--images", listed, *AT, "-o", "json")
        assert actions(output) == {"a": "keep", "b": "expire", "c": "expire"}
        assert json.loads(output)["images"][1]["follows"] == digest("b")

    def test_by_itself_it_is_now(self, simulate: Simulate) -> None:
        now = datetime.now(UTC)
        listed = images(detail("a"), detail("b", pushed=now.isoformat()))
        output = simulate(policy(UNTAGGED), "--images", listed, "-o", "json")[1]
        assert actions(output) == {"a": "expire", "b": "keep"}
        assert json.loads(output)["at"] >= now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def test_images_may_come_from_standard_input_and_without_their_frame(
        self, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        standard_input(monkeypatch, json.dumps([detail("a")]))
        assert actions(simulate(policy(UNTAGGED), "--images", "-", *AT, "-o", "json")[1]) == {"a": "expire"}

    def test_a_note_tells_that_the_images_of_an_index_are_not_known(self, simulate: Simulate) -> None:
        listed = images(detail("a", "v1", imageManifestMediaType=INDEX), detail("b"))
        _, output, _ = simulate(policy(UNTAGGED), "--images", listed, *AT)
        assert "Note: the images of 1 index are not known; AWS would keep them" in output
        # Nothing goes: nothing to be known.
        assert "1 index" not in simulate(policy(KEEP_TWO), "--images", listed, *AT)[1]

    def test_a_note_tells_that_images_tie(self, simulate: Simulate) -> None:
        listed = images(*(detail(letter, "prod") for letter in "abc"))
        _, output, _ = simulate(policy(KEEP_TWO), "--images", listed, *AT)
        assert "expire   1 (tied)" in output
        assert "Note: 3 images are tied" in output
        assert "Note: no image is kept." in output

    def test_a_terminal_gets_the_same_in_colour(self, simulate: Simulate) -> None:
        listed = images(detail("a"), detail("b", "v1", "v2"))
        plain = simulate(policy(UNTAGGED), "--images", listed, *AT)[1]
        found = read_policy("policy.json", None)
        simulation = Simulation.of(found, None, read_images("images.json"), NOON)
        told = io.StringIO()
        show(simulation, Console(file=told, force_terminal=True, width=300, color_system="standard"))
        assert "\x1b[31m" in told.getvalue()
        shown = re.sub(r"\x1b\[[0-9;]*m", "", told.getvalue())
        assert [line.rstrip() for line in shown.splitlines()] == plain.splitlines()

    def test_no_images(self, simulate: Simulate) -> None:
        code, output, _ = simulate(policy(UNTAGGED), "--images", images(), *AT)
        assert code == 0
        assert output.splitlines()[0] == "DIGEST   TAGS   PUSHED   CLASS   ACTION   RULE"
        assert "\n0 to expire, 0 to archive, 0 kept" in output


class TestPolicies:
    @pytest.fixture
    def run(self, simulate: Simulate) -> Callable[..., dict[str, Any]]:
        def run(*arguments: str) -> dict[str, Any]:
            listed = images(detail("a"), detail("b", "v1"))
            code, output, errors = simulate(*arguments, "--images", listed, *AT, "-o", "json")
            assert (code, errors) == (0, "")
            found: dict[str, Any] = json.loads(output)
            return found

        return run

    def test_a_manifest(self, run: Callable[..., dict[str, Any]]) -> None:
        found = run(manifests(repository("web", UNTAGGED)))
        assert (found["repositoryName"], found["policy"]) == ("web", "web.yaml:1")
        assert found["summary"]["expire"] == 1
        found = run(manifests(repository("web", UNTAGGED, repositoryName="team-a/web")))
        assert found["repositoryName"] == "team-a/web"

    def test_of_several_manifests_the_one_of_the_repository(self, run: Callable[..., dict[str, Any]]) -> None:
        every = rule(1, days_since("Pushed", 1, "any"))
        listing = {
            "apiVersion": "v1",
            "kind": "List",
            "items": [repository("web", UNTAGGED), repository("api", every)],
        }
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
        path = manifests(config, repository("plain"), listing)
        assert run(path, "--repository", "web")["summary"]["expire"] == 1
        assert run(path, "--repository", "api")["summary"]["expire"] == 2

    def test_the_only_policy_may_be_tried_on_another_repository(
        self, run: Callable[..., dict[str, Any]]
    ) -> None:
        assert run(manifests(repository("web", UNTAGGED)), "--repository", "api")["repositoryName"] == "api"

    def test_a_lifecycle_policy_of_its_own(self, run: Callable[..., dict[str, Any]]) -> None:
        path = manifests(lifecycle_policy("weekly", UNTAGGED, protection={"maxExpiringImages": 0}))
        found = run(path)
        assert (found["repositoryName"], found["policy"]) == (None, "web.yaml:1")
        assert found["summary"]["expire"] == 1
        assert run(path, "--repository", "web")["repositoryName"] == "web"

    def test_a_lifecycle_policy_is_for_the_repository_that_names_it(
        self, run: Callable[..., dict[str, Any]]
    ) -> None:
        reference = {"lifecyclePolicyRef": {"name": "weekly"}}
        elsewhere = repository("api", **reference)
        elsewhere["metadata"]["namespace"] = "team-b"
        web = repository("web", repositoryName="team-a/web", **reference)
        path = manifests(elsewhere, web, lifecycle_policy("weekly", UNTAGGED))
        assert run(path)["repositoryName"] == "team-a/web"
        two = manifests(repository("worker", **reference), web, lifecycle_policy("weekly", UNTAGGED))
        assert run(two)["repositoryName"] is None

    def test_of_several_lifecycle_policies_the_one_that_the_repository_names(
        self, run: Callable[..., dict[str, Any]]
    ) -> None:
        path = manifests(
            lifecycle_policy("daily", rule(1, days_since("Pushed", 1, "any"))),
            lifecycle_policy("weekly", UNTAGGED),
            repository("web", lifecyclePolicyRef={"name": "weekly"}),
            repository("api", lifecyclePolicyRef={"name": "daily"}),
            repository("own", KEEP_TWO),
        )
        assert run(path, "--repository", "web")["summary"]["expire"] == 1
        assert run(path, "--repository", "api")["summary"]["expire"] == 2
        assert run(path, "--repository", "own")["summary"]["expire"] == 0

    def test_what_the_aws_cli_prints(self, run: Callable[..., dict[str, Any]]) -> None:
        answer = {"repositoryName": "web", "lifecyclePolicyText": json.dumps({"rules": [UNTAGGED]})}
        Path("answer.json").write_text(json.dumps(answer))
        found = run("answer.json")
        assert (found["repositoryName"], found["summary"]["expire"]) == ("web", 1)

    def test_standard_input_with_a_byte_order_mark(
        self, run: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        standard_input(monkeypatch, "\ufeff" + json.dumps({"rules": [UNTAGGED]}))
        assert run("-")["policy"] == "-:1"


class TestImagesInAws:
    @pytest.fixture
    def fake(self, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
        """An empty AWS that is only read."""
        aws.reset()
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        aws.client("ecr", unseen=True).create_repository(repositoryName="web")
        # Not the operator's rights, but those of the person who runs the command.
        aws.set_iam_policy(ACCOUNT, RIGHTS)
        yield aws
        aws.set_iam_policy(ACCOUNT, None)
        assert not aws.writes()
        assert aws.calls().keys() <= {"DescribeImages", "BatchGetImage"}

    def put(self, fake: FakeAws, *tags: str, days: float = 30, **more: Any) -> str:
        pushed = NOON.timestamp() - days * 86_400
        made = fake.put_image("web", tags=list(tags), pushed_at=pushed, **more)
        return str(made["imageDigest"])

    def put_index(self, fake: FakeAws, *children: str, tags: tuple[str, ...] = (), **more: Any) -> str:
        entries = [{"digest": child, "mediaType": "x", "size": 1} for child in children]
        text = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
        return self.put(fake, *tags, manifest=text, **more)

    def acted(self, output: str) -> set[str]:
        return {one["imageDigest"] for one in json.loads(output)["images"] if one["action"] != "keep"}

    def test_images_of_every_status_are_read_with_one_call(self, fake: FakeAws, simulate: Simulate) -> None:
        old = self.put(fake, days=200)
        kept = self.put(fake, "v1", days=200)
        stored = self.put(fake, "v2", status="ARCHIVED", days=200)
        restoring = self.put(fake, "v3", status="ACTIVATING", days=20)
        rules = policy(UNTAGGED, rule(2, archived(100, "any")))
        code, output, errors = simulate(rules, "--repository", "web", *AT, "-o", "json")
        assert (code, errors) == (0, "")
        assert self.acted(output) == {old, stored}
        classes = {one["imageDigest"]: one["storageClass"] for one in json.loads(output)["images"]}
        assert (classes[kept], classes[stored], classes[restoring]) == ("standard", "archive", "archive")
        assert fake.calls() == {"DescribeImages": 1}

    def test_all_pages_are_read(
        self, fake: FakeAws, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ecr_operator.aws.images.IMAGES_PER_PAGE", 2)
        put = {self.put(fake) for _ in range(5)}
        assert self.acted(simulate(policy(UNTAGGED), "--repository", "web", *AT, "-o", "json")[1]) == put
        assert fake.calls() == {"DescribeImages": 3}

    def test_a_manifest_tells_the_repository(self, fake: FakeAws, simulate: Simulate) -> None:
        old = self.put(fake)
        _, output, _ = simulate(manifests(repository("web", UNTAGGED)), *AT, "-o", "json")
        assert self.acted(output) == {old}

    def test_an_index_holds_its_images(self, fake: FakeAws, simulate: Simulate) -> None:
        children = [self.put(fake), self.put(fake)]
        loose = self.put(fake)
        index = self.put_index(fake, *children, tags=("v1",))
        _, output, _ = simulate(policy(UNTAGGED), "--repository", "web", *AT)
        held = [line for line in output.splitlines() if line.endswith(f"keep     1 (held by {index[:19]})")]
        assert {line.split()[0] for line in held} == {child[:19] for child in children}
        assert f"{loose[:19]}   <none>" in output
        assert "Note: AWS was asked for the manifests of 1 index: that counts as a pull." in output
        assert "not known" not in output
        assert "1 to expire, 0 to archive, 3 kept" in output
        assert fake.calls() == {"DescribeImages": 1, "BatchGetImage": 1}

    def test_an_index_that_an_index_holds_is_asked_for_too(self, fake: FakeAws, simulate: Simulate) -> None:
        child = self.put(fake)
        inner = self.put_index(fake, child)
        self.put_index(fake, inner, tags=("v1",))
        loose = self.put(fake)
        _, output, _ = simulate(policy(UNTAGGED), "--repository", "web", *AT, "-o", "json")
        assert self.acted(output) == {loose}
        assert fake.calls() == {"DescribeImages": 1, "BatchGetImage": 2}

    def test_many_indexes_are_asked_for_some_at_a_time(
        self, fake: FakeAws, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ecr_operator.aws.images.IDS_PER_CALL", 2)
        for number in range(3):
            self.put_index(fake, self.put(fake), tags=(f"v{number}",))
        _, output, _ = simulate(policy(UNTAGGED), "--repository", "web", *AT, "-o", "json")
        assert self.acted(output) == set()
        assert fake.calls() == {"DescribeImages": 1, "BatchGetImage": 2}

    def test_an_archived_index_is_not_asked_for(self, fake: FakeAws, simulate: Simulate) -> None:
        child = self.put(fake)
        self.put_index(fake, child, tags=("v1",), status="ARCHIVED")
        _, output, _ = simulate(policy(UNTAGGED), "--repository", "web", *AT, "-o", "json")
        assert self.acted(output) == {child}
        assert fake.calls() == {"DescribeImages": 1}

    def test_no_index_is_asked_for_where_it_does_not_matter(self, fake: FakeAws, simulate: Simulate) -> None:
        self.put_index(fake, self.put(fake, days=1), tags=("v1",))
        _, output, _ = simulate(policy(UNTAGGED), "--repository", "web", *AT)
        assert "0 to expire" in output
        self.put_index(fake, self.put(fake), days=31)
        fake.client("ecr", unseen=True).batch_delete_image(
            repositoryName="web", imageIds=[{"imageTag": "v1"}]
        )
        _, output, _ = simulate(policy(UNTAGGED), "--repository", "web", *AT)
        assert "2 to expire" in output
        assert fake.calls() == {"DescribeImages": 2}

    def test_indexes_may_be_left_alone(self, fake: FakeAws, simulate: Simulate) -> None:
        child = self.put(fake)
        self.put_index(fake, child, tags=("v1",))
        _, output, _ = simulate(policy(UNTAGGED), "--repository", "web", "--no-children", *AT, "-o", "json")
        assert self.acted(output) == {child}
        assert "1 index are not known" in json.loads(output)["notes"][0]
        assert fake.calls() == {"DescribeImages": 1}

    @pytest.mark.parametrize(
        ("action", "advice"),
        [("ecr:DescribeImages", ""), ("ecr:BatchGetImage", "; --no-children does without it")],
    )
    def test_a_right_that_is_missing(
        self, fake: FakeAws, simulate: Simulate, action: str, advice: str
    ) -> None:
        fake.set_iam_policy(ACCOUNT, RIGHTS.replace(action, "ecr:ListImages"))
        self.put_index(fake, self.put(fake), tags=("v1",))
        code, output, errors = simulate(policy(UNTAGGED), "--repository", "web", *AT)
        assert (code, output) == (1, "")
        assert errors.startswith("error: AccessDenied: ")
        assert errors.endswith(f"because no identity-based policy allows the {action} action{advice}\n")

    def test_a_repository_that_is_not_there(self, fake: FakeAws, simulate: Simulate) -> None:
        code, output, errors = simulate(policy(UNTAGGED), "--repository", "absent", *AT)
        assert (code, output) == (1, "")
        assert "DescribeImages: RepositoryNotFoundException: The repository with name 'absent'" in errors
        assert errors.endswith("; look at --repository and AWS_REGION\n")


UNREADABLE: dict[str, tuple[str, str]] = {
    "an unknown member": (
        json.dumps({"rules": [UNTAGGED | {"prio": 1}]}),
        'error: policy.json:1: unknown field "rules[0].prio"',
    ),
    "a rule that AWS would refuse": (
        json.dumps({"rules": [rule(1, more_than(1, "tagged"))]}),
        "exactly one of `tagPatternList` and `tagPrefixList` must be specified",
    ),
    "a member twice": ('{\n"rules": [],\n"rules": []}', 'key "rules" already set in map'),
    "no rules": ("{}", "error: policy.json:1: rules: Required value"),
    "a trailing comma": ('{"rules": [\n],\n}', "error: policy.json:2: is not JSON"),
    "a list": ("- 1", "error: policy.json:1: is no lifecycle policy; give AWS's policy JSON"),
    "nothing": ("", "error: policy.json: holds no lifecycle policy; give AWS's policy JSON"),
    "a repository without a policy": (
        json.dumps(repository("web")),
        "holds no lifecycle policy; give AWS's policy JSON, the output of",
    ),
    "two policies": (
        yaml.safe_dump_all([repository("web", UNTAGGED), repository("api", UNTAGGED)]),
        "holds 2 lifecycle policies; say with --repository which one (api, web), or give each in a file of "
        "its own",
    ),
    "two policies that are for no repository": (
        yaml.safe_dump_all([lifecycle_policy("a", UNTAGGED), lifecycle_policy("b", UNTAGGED)]),
        "holds 2 lifecycle policies; give each in a file of its own",
    ),
    "a lifecycle policy with a mistake": (
        json.dumps(lifecycle_policy("a", rule(1, more_than(1, "tagged")))),
        "error: policy.json:1: rules[0].selection: Invalid value: exactly one of `tagPatternList` and",
    ),
    "a lifecycle policy without rules": (
        json.dumps(lifecycle_policy("a") | {"spec": None}),
        "error: policy.json:1: ",
    ),
    "a repository that names a policy that is elsewhere": (
        json.dumps(repository("web", lifecyclePolicyRef={"name": "weekly"})),
        "holds no lifecycle policy; give AWS's policy JSON, the output of `aws ecr get-lifecycle-policy`, an "
        "EcrLifecyclePolicy, or an EcrRepository with `lifecyclePolicy`",
    ),
    "a policy text that is none": (
        json.dumps({"lifecyclePolicyText": "{,"}),
        "error: policy.json:1: lifecyclePolicyText is not JSON",
    ),
    "a policy text of something else": (
        json.dumps({"lifecyclePolicyText": "1"}),
        "error: policy.json:1: lifecyclePolicyText is no policy",
    ),
}


@pytest.mark.parametrize(("text", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_policy_that_cannot_be_used(simulate: Simulate, text: str, message: str) -> None:
    Path("policy.json").write_text(text)
    code, output, errors = simulate("policy.json", "--images", images(), *AT)
    assert (code, output) == (1, "")
    assert message in errors
    assert errors.startswith("error: policy.json")


def test_many_problems_are_told_five_at_a_time(simulate: Simulate) -> None:
    wrong = [UNTAGGED | {"rulePriority": number, "prio": 1} for number in range(1, 8)]
    assert "; and " in simulate(policy(*wrong), "--images", images())[2]


WRONG_IMAGES: dict[str, tuple[str, str]] = {
    "no JSON": ("{\n,}", "images.json:2: is not JSON"),
    "no list": ("{}", "images.json: holds no `imageDetails`; write it with `aws ecr describe-images"),
    "no image": ('{"imageDetails": [1]}', "images.json: imageDetails[0]: is no image"),
    "no digest": ('[{"imagePushedAt": 1}]', "imageDetails[0]: imageDigest is missing"),
    "no time": (
        json.dumps([detail("a"), detail("b", pushed=None)]),
        "imageDetails[1]: imagePushedAt is missing",
    ),
    "a wrong time": (
        json.dumps([detail("a", lastArchivedAt="yesterday")]),
        "imageDetails[0]: lastArchivedAt: is no time; write one like 2026-11-28T09:30:00Z",
    ),
    "a time that no calendar has": (json.dumps([detail("a", pushed=1e30)]), "imagePushedAt: is no time"),
    "a time of another type": (json.dumps([detail("a", pushed=[])]), "imagePushedAt: is no time"),
    "wrong tags": (json.dumps([detail("a", imageTags=[1])]), "imageTags is no list of tags"),
    "two repositories": (
        json.dumps([detail("a"), detail("b", repositoryName="api")]),
        "images.json: holds images of api, web; give those of one repository",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG_IMAGES.values(), ids=WRONG_IMAGES)
def test_images_that_cannot_be_used(simulate: Simulate, text: str, message: str) -> None:
    Path("images.json").write_text(text)
    code, output, errors = simulate(policy(UNTAGGED), "--images", "images.json", *AT)
    assert (code, output) == (1, "")
    assert message in errors


def test_a_file_that_is_not_there(simulate: Simulate) -> None:
    code, _, errors = simulate("absent.json", "--images", images())
    assert (code, errors) == (1, "error: absent.json: cannot be read: No such file or directory\n")


def test_aws_that_is_not_configured(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    code, _, errors = simulate(policy(UNTAGGED), "--repository", "web")
    assert code == 1
    assert errors.startswith("error: ")
    assert "AWS_REGION" in errors


UNUSABLE: dict[str, tuple[list[str], str]] = {
    "no images": ([], "the policy does not say which one"),
    "a time that is none": (
        ["--images", "images.json", "--at", "tomorrow"],
        "must be a date or a time such as",
    ),
    "a time of no year": (
        ["--images", "images.json", "--at", "0001-01-01T00:00:00+05:00"],
        "must be a date or a time",
    ),
    "an unknown form": (["--images", "images.json", "-o", "xml"], "is not"),
}


@pytest.mark.parametrize(("arguments", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_arguments_that_cannot_be_used(simulate: Simulate, arguments: list[str], message: str) -> None:
    images()
    code, output, errors = simulate(policy(UNTAGGED), *arguments)
    assert (code, output) == (64, "")
    assert message in errors


def test_one_standard_input_is_not_two_files(simulate: Simulate) -> None:
    code, _, errors = simulate("-", "--images", "-")
    assert code == 64
    assert "standard input already" in errors


def standard_input(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
