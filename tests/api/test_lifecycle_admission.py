"""ECR's grammar of lifecycle policies is enforced when an object is applied, by a real API server."""

import time
from typing import Any

import pytest

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from tests.api.lifecycle_examples import ARCHIVE, EXAMPLES, archived, days_since, more_than, rule
from tests.api.lifecycle_grammar import is_valid, policies
from tests.api.lifecycle_mistakes import PROD, REFUSED, RULES, one, policy, prefixes
from tests.api.repositories import assert_refused, repository
from tests.cluster import ApiError, Cluster
from tests.kinds import path


@pytest.mark.parametrize(("spec", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_rule_and_what_to_write(
    cluster: Cluster, namespace: str, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, namespace, spec, field, words)


@pytest.mark.parametrize("name", ["two rules for any", "any before another rule", "a priority twice"])
def test_one_mistake_is_one_message(cluster: Cluster, namespace: str, name: str) -> None:
    with pytest.raises(ApiError) as error:
        cluster.create(repository("web", REFUSED[name][0], namespace))
    assert error.value.message.count(f"{RULES}:") == 1


ACCEPTED: dict[str, dict[str, Any]] = {
    **{f"AWS: {title}": policy(*rules) for title, rules in EXAMPLES.items()},
    "standard by name": one(more_than(1, "any") | {"storageClass": "standard"}),
    "the highest numbers": policy(rule(2**31 - 1, more_than(2**31 - 1, "any"), description="d" * 1024)),
    "rules in no order, with gaps": policy(
        rule(900, more_than(1, "any")), prefixes(20, "b"), prefixes(3, "a"), rule(5, more_than(1, "untagged"))
    ),
    "one untagged rule for each storage class": policy(
        rule(1, archived(90, "untagged")), rule(2, days_since("Pushed", 1, "untagged"), ARCHIVE)
    ),
    "a prefix in a rule of each storage class": policy(
        rule(1, days_since("Pushed", 30, "tagged", tagPrefixList=["a"]), ARCHIVE),
        rule(2, archived(90, "tagged", tagPrefixList=["a"])),
    ),
    "any of standard before a rule of the archive": policy(
        rule(1, more_than(5, "any")),
        rule(2, archived(90, "tagged", tagPrefixList=["a"])),
        rule(3, archived(365, "any")),
    ),
    "a prefix that begins another": policy(prefixes(1, "prod"), prefixes(2, "prod-")),
    "a pattern in two rules": policy(
        rule(1, more_than(5, "tagged", **PROD)), rule(2, days_since("Pushed", 30, "tagged", **PROD))
    ),
    "patterns of 128 characters": one(more_than(1, "tagged", tagPatternList=[f"****{'a' * 124}"])),
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, namespace: str, spec: dict[str, Any]) -> None:
    assert cluster.create(repository("web", spec, namespace))["spec"] == spec
    assert LifecyclePolicy.from_json(spec["lifecyclePolicy"]).to_json() == spec["lifecyclePolicy"]


@pytest.mark.parametrize("field", ["tagPatternList", "tagPrefixList"])
def test_the_largest_policy_is_within_the_cost_that_the_api_server_allows(
    cluster: Cluster, namespace: str, field: str
) -> None:
    """Six times as long as ECR's own limit of 30,720 characters, which is planning's to check."""
    texts = [[f"{n:02}-{entry:02}-{'x' * 118}****" for entry in range(25)] for n in range(50)]
    spec = policy(*(rule(n + 1, more_than(1, "tagged", **{field: texts[n]})) for n in range(50)))
    cluster.create(repository("web", spec, namespace))
    start = time.monotonic()
    cluster.status_patch("EcrRepository", namespace, "web", {"registryId": "123456789012"})
    assert time.monotonic() - start < 5


def is_accepted(cluster: Cluster, spec: dict[str, Any]) -> bool:
    where = path("EcrRepository", "default")
    try:
        cluster.request("POST", where, repository("web", spec, "default"), query={"dryRun": "All"})
    except ApiError as error:
        if error.status != 422:
            raise
        return False
    return True


def test_the_api_server_accepts_exactly_the_policies_of_the_grammar(cluster: Cluster) -> None:
    verdicts = []
    for rules in policies(150, seed=20261124):
        verdicts.append(is_valid(rules))
        assert is_accepted(cluster, policy(*rules)) == verdicts[-1], rules
    assert 40 < verdicts.count(True) < 110


@pytest.mark.parametrize("rules", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_grammar_knows_the_examples_of_aws(rules: list[dict[str, Any]]) -> None:
    assert is_valid(rules)


def test_the_storage_class_defaults_to_standard() -> None:
    (standard, archive) = LifecyclePolicy.from_json(
        {"rules": EXAMPLES["combining archive and expire rules"]}
    ).rules
    assert standard.selection.effective_storage_class is LifecycleStorageClass.STANDARD
    assert archive.selection.effective_storage_class is LifecycleStorageClass.ARCHIVE
