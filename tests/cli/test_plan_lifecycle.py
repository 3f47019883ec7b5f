"""`ecr-operator plan` of lifecycle policies: which repository gets which, from manifests alone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecr_operator.api.lifecycle import LifecycleRule
from ecr_operator.planning.lifecycle import lifecycle_text
from ecr_operator.planning.lifecycle_progress import text_hash
from tests.api.lifecycle_examples import days_since, rule
from tests.api.lifecycle_policies import MINIMAL
from tests.cli.lifecycle_manifests import Object, in_aws, policy, repository, status
from tests.fake_aws.client import FakeAws

Plan = Callable[..., tuple[int, str, str]]
READS = {"DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource"}
OTHER_RULES = [rule(1, days_since("Pushed", 30, "untagged"))]
IMAGES_IN_USE = "applied after AWS's preview, unless it would act on images in use"


@pytest.fixture
def fake(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """An empty AWS that is only read: no images are counted, and no preview is asked for."""
    aws.reset()
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    yield aws
    assert not aws.writes()
    assert aws.calls().keys() <= READS


@pytest.fixture
def show(fake: FakeAws, plan: Plan) -> Callable[..., tuple[int, list[str]]]:
    """The exit code and lines of a plan of manifests, without the headings."""

    def run(*manifests: Object) -> tuple[int, list[str]]:
        Path("objects.yaml").write_text(yaml.safe_dump_all(manifests))
        code, output, errors = plan("-f", "objects.yaml", "--cluster-name", "prod")
        assert errors == ""
        return code, [" ".join(line.split()) for line in output.splitlines()[1:]]

    return run


@pytest.fixture
def found(fake: FakeAws, plan: Plan) -> Callable[..., tuple[int, dict[str, Any]]]:
    """The exit code and the objects, by kind and name."""

    def run(*manifests: Object) -> tuple[int, dict[str, Any]]:
        Path("objects.yaml").write_text(yaml.safe_dump_all(manifests))
        code, output, errors = plan("-f", "objects.yaml", "--cluster-name", "prod", "-o", "json")
        assert errors == ""
        return code, {f"{one['kind']}/{one['name']}": one for one in json.loads(output)["objects"]}

    return run


Show = Callable[..., tuple[int, list[str]]]
Found = Callable[..., tuple[int, dict[str, Any]]]


class TestTheManifestsHaveThePolicy:
    def test_that_the_repository_names(self, show: Show) -> None:
        code, lines = show(policy(), repository(lifecyclePolicyRef={"name": "keep"}))
        assert code == 2
        assert lines == [
            "team-a/keep none reaches 1 EcrRepository of these manifests: web",
            "team-a/web create create repository web",
            "team-a/web create set the lifecycle policy (1 rule)",
            "",
            "1 to create, 1 without a change.",
        ]

    def test_that_selects_the_repository(self, fake: FakeAws, found: Found) -> None:
        in_aws(fake)
        chosen = {"images": "releases"}
        objects = [
            policy(labels=chosen),
            repository(labels=chosen),
            repository("api"),
            repository("own", chosen, lifecyclePolicy={"rules": OTHER_RULES}),
        ]
        code, got = found(*objects)
        assert code == 2
        assert got["EcrLifecyclePolicy/keep"]["repositories"] == [{"name": "web", "effect": "planned"}]
        web = got["EcrRepository/web"]
        assert web["lifecyclePolicySource"] == "keep"
        [change] = web["changes"]
        assert (change["type"], change["document"]) == ("PutLifecyclePolicy", MINIMAL)
        assert "lifecyclePolicySource" not in got["EcrRepository/api"]
        assert [one["type"] for one in got["EcrRepository/api"]["changes"]] == ["CreateRepository"]
        own = got["EcrRepository/own"]
        assert own["lifecyclePolicySource"] == "Inline"
        assert own["changes"][1]["document"]["rules"] == OTHER_RULES

    def test_and_aws_as_well(self, fake: FakeAws, show: Show) -> None:
        in_aws(fake, rules=MINIMAL["rules"])
        code, lines = show(policy(labels={}), repository())
        assert code == 0
        assert "team-a/web none in sync" in lines

    def test_but_those_of_another_namespace(self, show: Show) -> None:
        elsewhere = policy(labels={})
        elsewhere["metadata"]["namespace"] = "team-b"
        _, lines = show(elsewhere, repository())
        assert "team-b/keep none reaches no EcrRepository of these manifests" in lines
        assert not [line for line in lines if "lifecycle policy" in line]

    def test_twice(self, fake: FakeAws, found: Found) -> None:
        """The older one wins; without a status nobody knows which one is applied."""
        in_aws(fake)
        older = policy("young", labels={}, rules=OTHER_RULES)
        older["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
        _, got = found(policy("a", labels={}), older, repository())
        web = got["EcrRepository/web"]
        assert web["lifecyclePolicySource"] == "young"
        assert web["changes"][0]["document"]["rules"] == OTHER_RULES
        assert web["notes"] == [
            "EcrLifecyclePolicy a would select it too; it gets young, which comes first by age and name; one "
            "that is applied already would stay"
        ]
        conflict = {"name": "web", "effect": "conflict", "policy": "young"}
        assert got["EcrLifecyclePolicy/a"]["repositories"] == [conflict]
        assert "with another policy: web (young)" in got["EcrLifecyclePolicy/a"]["message"]

    def test_twice_and_one_is_applied_already(self, fake: FakeAws, found: Found) -> None:
        in_aws(fake, rules=OTHER_RULES)
        both = policy("a", labels={}), policy("b", labels={}, rules=OTHER_RULES)
        code, got = found(*both, repository() | {"status": status("b")})
        assert code == 0
        web = got["EcrRepository/web"]
        assert web["notes"] == ["EcrLifecyclePolicy a would select it too; it gets b, which it has already"]

    def test_suspended(self, fake: FakeAws, show: Show) -> None:
        in_aws(fake)
        code, lines = show(policy(labels={}, suspend=True), repository())
        assert code == 0
        assert "team-a/keep none `suspend` is true" in lines
        why = "EcrLifecyclePolicy 'keep' is suspended; no lifecycle policy is planned"
        assert f"Note: team-a/web: {why}." in lines

    def test_for_repositories_that_are_left_alone(self, fake: FakeAws, show: Show) -> None:
        leaving = repository("leaving")
        leaving["metadata"]["deletionTimestamp"] = "2026-11-25T00:00:00Z"
        observed = repository("seen", managementPolicy="Observe", lifecyclePolicyRef={"name": "nosuch"})
        _, lines = show(policy(labels={}), repository("off", suspend=True), leaving, observed)
        assert lines[0] == "team-a/keep none reaches no EcrRepository of these manifests"
        assert not [line for line in lines if "lifecycle policy" in line or "Note" in line]

    def test_that_is_being_deleted(self, fake: FakeAws, show: Show) -> None:
        leaving = policy(labels={})
        leaving["metadata"]["deletionTimestamp"] = "2026-11-25T00:00:00Z"
        code, lines = show(leaving)
        assert code == 0
        assert "EcrLifecyclePolicy 'keep' is being deleted: nothing is planned" in lines[0]


class TestTheManifestsDoNotHaveThePolicy:
    def test_that_the_repository_names(self, fake: FakeAws, show: Show) -> None:
        in_aws(fake, rules=OTHER_RULES)
        code, lines = show(repository(lifecyclePolicyRef={"name": "keep"}))
        assert code == 0
        assert lines[0] == "team-a/web none in sync"
        assert lines[1] == (
            "Note: team-a/web: EcrLifecyclePolicy 'keep' is not among these manifests: it is looked for in "
            "the cluster at run time, and no lifecycle policy is planned."
        )

    def test_that_is_refused_among_them(self, fake: FakeAws, found: Found) -> None:
        """The cluster may hold a better one of its name."""
        in_aws(fake)
        broken = policy(rules=[])
        code, got = found(broken, repository(lifecyclePolicyRef={"name": "keep"}))
        assert code == 3
        assert got["EcrLifecyclePolicy/keep"]["reason"] == "Invalid"
        assert got["EcrRepository/web"]["action"] == "none"
        assert "looked for in the cluster" in got["EcrRepository/web"]["notes"][0]

    @pytest.mark.parametrize("others", [(), (policy("other", labels={}),)], ids=["alone", "with another"])
    def test_that_the_status_names(self, fake: FakeAws, show: Show, others: tuple[Object, ...]) -> None:
        """It may go on selecting the repository: neither a removal nor another one is planned."""
        in_aws(fake, rules=MINIMAL["rules"])
        code, lines = show(*others, repository() | {"status": status("keep")})
        assert code == 0
        assert "team-a/web none in sync" in lines
        assert [line for line in lines if "'keep', which is not among these manifests" in line]


class TestAPolicyIsTakenOff:
    @pytest.mark.parametrize("source", ["keep", "Inline"])
    def test_that_does_not_apply_any_more(self, fake: FakeAws, show: Show, source: str) -> None:
        in_aws(fake, rules=MINIMAL["rules"])
        code, lines = show(policy(labels={"a": "b"}), repository() | {"status": status(source)})
        assert code == 2
        assert "team-a/web change remove the lifecycle policy" in lines
        note = "the lifecycle policy stays if an EcrLifecyclePolicy of the cluster selects this"
        assert f"Note: team-a/web: {note}." in lines

    def test_but_stays_where_that_was_asked_for(self, fake: FakeAws, show: Show) -> None:
        in_aws(fake, rules=MINIMAL["rules"])
        for state in ("Applied", "Unmanaged"):
            left = repository() | {"status": status("keep", "Retain", state)}
            code, lines = show(policy(labels={"a": "b"}), left)
            assert code == 0
            assert "team-a/web none in sync" in lines
        # An unmanaged one says nothing of who selects.
        assert show(repository() | {"status": status("gone", "Retain", "Unmanaged")})[1][1] == ""


PROTECTION: dict[str, tuple[dict[str, Any] | None, str]] = {
    "by default": (None, f", {IMAGES_IN_USE}"),
    "with a limit": ({"maxExpiringImages": 1}, f", {IMAGES_IN_USE} or expire more than 1 image"),
    "with protected tags": ({"protectedTags": ["prod-*"]}, f", {IMAGES_IN_USE} or with a protected tag"),
    "warned only": (
        {"imagesInUse": "Warn"},
        ", applied after AWS's preview, unless it would leave no image",
    ),
    "ignored": ({"imagesInUse": "Ignore"}, ""),
    "ignored, with a limit": (
        {"imagesInUse": "Ignore", "maxExpiringImages": 1000},
        ", applied after AWS's preview, unless it would expire more than 1,000 images",
    ),
}


@pytest.mark.parametrize(("protection", "words"), PROTECTION.values(), ids=PROTECTION)
def test_says_what_else_decides_on_an_existing_repository(
    fake: FakeAws, show: Show, protection: dict[str, Any] | None, words: str
) -> None:
    in_aws(fake, rules=OTHER_RULES)
    more = {} if protection is None else {"protection": protection}
    for objects in (
        [policy(**more), repository(lifecyclePolicyRef={"name": "keep"})],
        [repository(lifecyclePolicy=MINIMAL | more)],
    ):
        code, lines = show(*objects)
        assert code == 2
        assert f"team-a/web change replace the lifecycle policy (1 rule){words}" in lines


def test_a_hold_that_the_status_tells_of_is_noted(fake: FakeAws, found: Found) -> None:
    in_aws(fake)
    told = status("Inline", state="Held")
    rules = [LifecycleRule.from_json(one) for one in MINIMAL["rules"]]
    told["lifecyclePolicy"]["hash"] = text_hash(lifecycle_text(rules))
    condition = {"type": "LifecyclePolicyApplied", "status": "False", "reason": "ImagesInUse"}
    condition |= {"lastTransitionTime": "2026-01-01T00:00:00Z", "message": "rule 1 would expire v1"}
    told["conditions"] = [condition]
    _, got = found(repository(lifecyclePolicy=MINIMAL) | {"status": told})
    held = "by its status, this very lifecycle policy is Held: rule 1 would expire v1"
    assert got["EcrRepository/web"]["notes"] == [held]
    _, got = found(repository(lifecyclePolicy={"rules": OTHER_RULES}) | {"status": told})
    assert "notes" not in got["EcrRepository/web"]


def test_says_so_of_the_lifecycle_policy_alone(fake: FakeAws, found: Found) -> None:
    in_aws(fake)
    code, got = found(repository(imageTagMutability="IMMUTABLE", lifecyclePolicy=MINIMAL))
    assert code == 2
    changes = {one["type"]: one for one in got["EcrRepository/web"]["changes"]}
    assert changes["PutLifecyclePolicy"]["proviso"] == IMAGES_IN_USE
    assert changes["PutLifecyclePolicy"]["description"] == "set the lifecycle policy (1 rule)"
    assert "proviso" not in changes["SetTagMutability"]


class TestIsRefused:
    def test_what_the_api_server_would_refuse(self, show: Show, fake: FakeAws) -> None:
        code, lines = show(policy(rules=[rule(1, {"tagStatus": "any", "countType": "imageCountMoreThan"})]))
        assert code == 3
        assert "team-a/keep refuse Invalid: spec.rules[0].selection.countNumber" in lines[0]
        assert fake.calls() == {}

    def test_what_no_repository_could_be_given(self, show: Show, fake: FakeAws) -> None:
        tagged = {"countType": "imageCountMoreThan", "countNumber": 1, "tagStatus": "tagged"}
        rules = [
            rule(number, tagged | {"tagPrefixList": [f"v{number}"]}, description="x" * 700)
            for number in range(1, 51)
        ]
        code, lines = show(policy(rules=rules))
        assert code == 3
        assert lines[0].startswith("team-a/keep refuse PolicyTooLarge: The lifecycle policy has ")
        assert fake.calls() == {}


def test_long_lists_are_cut_for_people_alone(fake: FakeAws, show: Show, found: Found) -> None:
    objects = [policy(labels={}), *(repository(f"web-{number:02}") for number in range(12))]
    line = show(*objects)[1][0]
    assert "reaches 12 EcrRepositories of these manifests: web-00, web-01" in line
    assert line.endswith("web-09 and 2 more")
    assert len(found(*objects)[1]["EcrLifecyclePolicy/keep"]["repositories"]) == 12
