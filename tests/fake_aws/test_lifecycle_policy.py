"""Lifecycle policies: the grammar, and the text as it comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.ecr.lifecycle_examples import (
    ANY,
    ARCHIVE,
    ARCHIVED,
    EXPIRE,
    INVALID,
    UNTAGGED,
    VALID,
    Policy,
    days,
    keep,
    one,
    policy,
    rule,
    tagged,
)
from tests.fake_aws.refusal import Refusal, code_of, refusal_of

WORDS = "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
FAILURE = f"{WORDS}'Lifecycle policy validation failure: "
NO_SCHEMA = "instance failed to match exactly one schema (matched 0 out of 2)"
LAST = "Rule for tagStatus=ANY must have the lowest priority per storage class"


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"])


def put(ecr: Any, wanted: Any) -> str:
    text = json.dumps(wanted, indent=4)
    return ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=text)["lifecyclePolicyText"]


def refusal(raw: Any, wanted: Any) -> Refusal:
    text = wanted if isinstance(wanted, str) else json.dumps(wanted)
    return refusal_of(raw.put_lifecycle_policy, repositoryName="app", lifecyclePolicyText=text.ljust(100))


@pytest.mark.parametrize("name", VALID)
def test_what_aws_shows_is_taken_and_comes_back(ecr: Any, name: str) -> None:
    assert json.loads(put(ecr, VALID[name])) == VALID[name]
    assert json.loads(ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]) == VALID[name]


@pytest.mark.parametrize("name", INVALID)
def test_what_aws_says_it_refuses_is_refused_and_changes_nothing(fake: FakeAws, raw: Any, name: str) -> None:
    refused = refusal(raw, INVALID[name])
    assert refused.code == "InvalidParameterException"
    assert refused.message.startswith(FAILURE)
    assert fake.lifecycle_policy("app") is None


def without(policy: Policy, *path: str) -> dict[str, Any]:
    found = json.loads(json.dumps(policy))
    *parents, last = path
    place = found["rules"][0]
    for name in parents:
        place = place[name]
    del place[last]
    return found


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("not json", "Could not map policyString into LifecyclePolicy."),
        ("[]", "Could not map policyString into LifecyclePolicy."),
        ({}, 'object has missing required properties (["rules"])'),
        (
            {"rules": [], "version": 1},
            'object instance has properties which are not allowed by the schema: (["version"])',
        ),
        ({"rules": []}, "array is too short"),
        ({"rules": {}}, "instance type (object) does not match any allowed primitive type"),
        ({"rules": ["x"]}, "instance type (string) does not match any allowed primitive type"),
        (without(one(**ANY, **keep(1)), "action"), 'object has missing required properties (["action"])'),
        (without(one(**ANY, **keep(1)), "rulePriority"), "object has missing required properties"),
        (without(one(**ANY, **keep(1)), "selection", "countType"), "object has missing required properties"),
        ({"rules": [rule(0, "x" * 99, EXPIRE, **ANY, **keep(1))]}, "numeric instance is lower than"),
        ({"rules": [rule(True, "x" * 99, EXPIRE, **ANY, **keep(1))]}, "instance type (boolean)"),
        (
            policy(*(rule(n, "", EXPIRE, **tagged(f"{n}"), **keep(1)) for n in range(1, 52))),
            "array is too long",
        ),
        (one(**ANY, **keep(1), countUnit=None), NO_SCHEMA),
        (one({"type": "expire", "targetStorageClass": None}, **ANY, **keep(1)), NO_SCHEMA),  # type: ignore[dict-item]
        (one({"type": "expire", "targetStorageClass": "archive"}, **ANY, **keep(1)), NO_SCHEMA),
        (one(**ANY, **keep(1), tagPrefixList=None), NO_SCHEMA),
        (one(**tagged(), **keep(1)), "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED."),
        (one(tagStatus="tagged", **keep(1)), "Must specify tagPrefixList or tagPatternList"),
        (one(tagStatus="tagged", tagPrefixList="a", **keep(1)), "instance type (string)"),
        (one(tagStatus="tagged", tagPrefixList=[""], **keep(1)), 'string "" is too short'),
        (INVALID["untagged once per storage class"], "Only one rule can select Untagged images per storage"),
        (INVALID["any must have the highest value for rulePriority"], LAST),
        (INVALID["any twice in one storage class"], LAST),
    ],
)
def test_a_refusal_says_why_in_the_words_of_ecr(raw: Any, wanted: Any, why: str) -> None:
    assert refusal(raw, wanted).message.startswith(f"{FAILURE}{why}")


@pytest.mark.parametrize("length", [99, 30_721])
def test_a_text_has_100_to_30720_characters(raw: Any, length: int) -> None:
    text = json.dumps(VALID["image count"])[:length].ljust(length)
    refused = refusal_of(raw.put_lifecycle_policy, repositoryName="app", lifecyclePolicyText=text)
    assert refused.code == "InvalidParameterException"
    assert "'lifecyclePolicyText' failed to satisfy constraint: 'must have length" in refused.message


def test_50_rules_are_taken(ecr: Any) -> None:
    rules = [rule(n, "", EXPIRE, **tagged(f"{n}"), **keep(1)) for n in range(1, 51)]
    assert len(json.loads(put(ecr, policy(*rules)))["rules"]) == 50


def test_prefixes_are_unique_per_storage_class(ecr: Any, raw: Any) -> None:
    prefix = {"tagStatus": "tagged", "tagPrefixList": ["v", "v"]}
    first = rule(1, "One", ARCHIVE, **prefix, **days(30))
    put(ecr, policy(first, rule(2, "Two", EXPIRE, **prefix, **ARCHIVED)))
    twice = refusal(raw, policy(first, rule(2, "Two", EXPIRE, **prefix, **keep(3))))
    assert "Tag prefixes must be unique" in twice.message


def test_the_text_is_compact_and_its_rules_come_by_priority(ecr: Any) -> None:
    wanted = policy(
        rule(7, "Last", EXPIRE, **keep(1), **ANY),
        rule(3, "First", EXPIRE, **keep(1), **UNTAGGED),
    )
    del wanted["rules"][0]["description"]
    text = put(ecr, wanted)
    assert text == (
        '{"rules":[{"rulePriority":3,"description":"First","selection":{"tagStatus":"untagged",'
        '"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}},'
        '{"rulePriority":7,"selection":{"tagStatus":"any",'
        '"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}'
    )
    assert ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"] == text


def test_it_may_come_back_with_the_default_class_and_lists_in_another_order(fake: FakeAws, ecr: Any) -> None:
    put(ecr, policy(rule(1, "One", EXPIRE, **tagged("a*", "b*"), **keep(1))))
    fake.set_lifecycle_reformat("expanded")
    (found,) = json.loads(ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"])["rules"]
    assert found["selection"] == {**tagged("b*", "a*"), "storageClass": "standard", **keep(1)}
    assert fake.lifecycle_policy("app")["rules"] == [found]
    fake.reset()
    fake.create_repositories(["app"])
    assert "storageClass" not in put(ecr, VALID["image count"])
    with pytest.raises(RuntimeError, match="plain, expanded"):
        fake.set_lifecycle_reformat("other")


def test_a_policy_that_is_not_there_is_its_own_error(ecr: Any) -> None:
    for call in (ecr.get_lifecycle_policy, ecr.delete_lifecycle_policy):
        refused = refusal_of(call, repositoryName="app")
        assert refused.code == "LifecyclePolicyNotFoundException"
        assert refused.message == (
            "Lifecycle policy does not exist for the repository with name 'app' "
            "in the registry with id '111111111111'"
        )
        assert code_of(call, repositoryName="missing") == "RepositoryNotFoundException"
    text = json.dumps(VALID["image count"])
    assert (
        code_of(ecr.put_lifecycle_policy, repositoryName="missing", lifecyclePolicyText=text)
        == "RepositoryNotFoundException"
    )


def test_a_delete_answers_with_the_policy_and_it_is_gone(ecr: Any) -> None:
    text = put(ecr, VALID["image count"])
    answer = ecr.delete_lifecycle_policy(repositoryName="app")
    assert (answer["registryId"], answer["repositoryName"]) == ("111111111111", "app")
    assert answer["lifecyclePolicyText"] == text
    assert code_of(ecr.get_lifecycle_policy, repositoryName="app") == "LifecyclePolicyNotFoundException"


def test_a_new_text_was_never_run_and_a_put_of_the_same_changes_nothing(fake: FakeAws, ecr: Any) -> None:
    def evaluated() -> datetime:
        return ecr.get_lifecycle_policy(repositoryName="app")["lastEvaluatedAt"]

    put(ecr, VALID["image count"])
    never = datetime.fromtimestamp(0, UTC)
    assert evaluated() == never
    fake.set_lifecycle_evaluated("app", 1_700_000_000)
    put(ecr, VALID["image count"])
    assert evaluated() == datetime.fromtimestamp(1_700_000_000, UTC)
    put(ecr, VALID["image age"])
    assert evaluated() == never


def test_texts_can_be_put_in_place_as_they_are(fake: FakeAws, ecr: Any) -> None:
    fake.create_repositories(["seeded"], lifecycle_policy="{}")
    assert ecr.get_lifecycle_policy(repositoryName="seeded")["lifecyclePolicyText"] == "{}"
    fake.put_lifecycle_policy("seeded", "no json")
    fake.set_lifecycle_reformat("expanded")
    assert ecr.get_lifecycle_policy(repositoryName="seeded")["lifecyclePolicyText"] == "no json"
    assert fake.lifecycle_policy("seeded") == "no json"
    fake.put_lifecycle_policy("seeded", None)
    assert fake.lifecycle_policy("seeded") is None
