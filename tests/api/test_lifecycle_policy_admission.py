"""What the API server says to who writes an EcrLifecyclePolicy, or its like within an EcrRepository."""

import re
from typing import Any

import pytest

from ecr_operator.api.lifecycle_policy import (
    EcrLifecyclePolicySpec,
    ImagesInUse,
    LifecycleDeletionPolicy,
)
from tests.api import lifecycle_mistakes, test_label_selector, test_lifecycle_admission
from tests.api.lifecycle_examples import EXAMPLES
from tests.api.lifecycle_policies import (
    INLINE,
    MINIMAL,
    admitted,
    assert_refused,
    lifecycle_policy,
    of_inline,
)
from tests.api.repositories import repository
from tests.cluster import ApiError, Cluster

Refused = dict[str, tuple[dict[str, Any], str, str]]

PROTECTION = "spec.protection"
TAG_WORDS = "`protectedTags` must hold tags: letters, digits, '_', and not at the beginning '.' and '-', with"
BOTH_WORDS = "`lifecyclePolicyRef` may not be specified beside `lifecyclePolicy`"
NAME_WORDS = "`name` must be the name of an EcrLifecyclePolicy of the same namespace: lower-case letters"


def protection(**fields: Any) -> dict[str, Any]:
    return {"protection": fields}


def inline(spec: dict[str, Any]) -> dict[str, Any]:
    """The manifest of an EcrRepository that says the same in `lifecyclePolicy`."""
    return repository("web", {"lifecyclePolicy": MINIMAL | spec})


# The rules


@pytest.mark.parametrize(
    ("spec", "field", "words"), lifecycle_mistakes.REFUSED.values(), ids=lifecycle_mistakes.REFUSED.keys()
)
def test_rules_are_refused_in_the_words_of_an_inline_policy(
    cluster: Cluster, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, of_inline(spec), field.replace(INLINE, "spec."), words)
    assert told(cluster, of_inline(spec)) == told(cluster, repository("web", spec)).replace(INLINE, "spec.")


def told(cluster: Cluster, obj: dict[str, Any]) -> str:
    """What the API server says, without the kind."""
    with pytest.raises(ApiError) as error:
        admitted(cluster, obj)
    return re.sub(r"^.*? is invalid: ", "", error.value.message, flags=re.DOTALL)


RULES: dict[str, dict[str, Any]] = test_lifecycle_admission.ACCEPTED


@pytest.mark.parametrize("spec", RULES.values(), ids=RULES.keys())
def test_rules_are_accepted_as_of_an_inline_policy(cluster: Cluster, spec: dict[str, Any]) -> None:
    assert admitted(cluster, of_inline(spec))["spec"] == spec["lifecyclePolicy"]


def test_awss_example_with_two_rules_for_any_is_accepted() -> None:
    """Standard to archive, archive to expire: in each class one."""
    twice = [title for title, rules in EXAMPLES.items() if [statuses(r) for r in rules].count("any") == 2]
    assert twice
    assert {f"AWS: {title}" for title in twice} <= RULES.keys()


def statuses(rule: dict[str, Any]) -> Any:
    return rule["selection"]["tagStatus"]


def test_rules_are_required(cluster: Cluster) -> None:
    assert_refused(cluster, lifecycle_policy("web") | {"spec": {}}, "spec.rules", "Required value")
    without = lifecycle_policy("web")
    del without["spec"]
    assert_refused(cluster, without, "spec", "Required value")


# What both kinds say of protection

REFUSED_PROTECTION: Refused = {
    "an unknown answer to images in use": (
        protection(imagesInUse="Keep"),
        f"{PROTECTION}.imagesInUse",
        '"Hold", "Warn", "Ignore"',
    ),
    "a number of images below 0": (
        protection(maxExpiringImages=-1),
        f"{PROTECTION}.maxExpiringImages",
        "greater than or equal to 0",
    ),
    "more images than there can be": (
        protection(maxExpiringImages=2**31),
        f"{PROTECTION}.maxExpiringImages",
        "less than or equal to 2147483647",
    ),
    "a share of the images": (
        protection(maxExpiringImages="10%"),
        f"{PROTECTION}.maxExpiringImages",
        "must be of type integer",
    ),
    "an empty tag": (
        protection(protectedTags=[""]),
        f"{PROTECTION}.protectedTags[0]",
        "at least 1 chars long",
    ),
    "a tag of 129 characters": (
        protection(protectedTags=["ok", "t" * 129]),
        f"{PROTECTION}.protectedTags[1]",
        "more than 128",
    ),
    "a tag twice": (
        protection(protectedTags=["prod-*", "v1", "prod-*"]),
        f"{PROTECTION}.protectedTags",
        "`protectedTags` may not hold the same entry twice: 'prod-*'",
    ),
    "51 tags": (
        protection(protectedTags=[f"v{n}" for n in range(51)]),
        f"{PROTECTION}.protectedTags",
        "at most 50 items",
    ),
    **{
        f"the tag {glob!r}": (
            protection(protectedTags=["ok", glob]),
            f"{PROTECTION}.protectedTags[1]",
            TAG_WORDS,
        )
        for glob in (
            "web:prod",
            "prod/*",
            "-prod",
            ".prod",
            "prod *",
            "prod-[0-9]",
            "{a,b}",
            "^prod.+",
            "ä",
            "a\n",
        )
    },
}


@pytest.mark.parametrize(
    ("spec", "field", "words"), REFUSED_PROTECTION.values(), ids=REFUSED_PROTECTION.keys()
)
def test_protection_is_refused_in_both_kinds(
    cluster: Cluster, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, lifecycle_policy("web", spec), field, words)
    assert_refused(cluster, inline(spec), field.replace("spec.", INLINE), words)


PROTECTIONS: dict[str, dict[str, Any]] = {
    "nothing said": protection(),
    "nothing may expire": protection(maxExpiringImages=0),
    "as many as there can be": protection(maxExpiringImages=2**31 - 1),
    "no tags": protection(protectedTags=[]),
    "tags of all forms": protection(protectedTags=["*", "?", "prod-*", "v1.2.3", "_x", "7", "*-LTS", "a?b*"]),
    "50 long tags": protection(protectedTags=[f"{n:0127}*" for n in range(50)]),
    **{f"imagesInUse {value}": protection(imagesInUse=value) for value in ("Hold", "Warn", "Ignore")},
}


@pytest.mark.parametrize("spec", PROTECTIONS.values(), ids=PROTECTIONS.keys())
def test_protection_is_accepted_in_both_kinds(cluster: Cluster, spec: dict[str, Any]) -> None:
    assert admitted(cluster, lifecycle_policy("web", spec))["spec"] == MINIMAL | spec
    assert admitted(cluster, inline(spec))["spec"]["lifecyclePolicy"] == MINIMAL | spec


# What only an EcrLifecyclePolicy has

REFUSED: Refused = {
    **{
        f"selector: {name}": (
            {"repositorySelector": selector},
            field.replace(test_label_selector.SELECTOR, "spec.repositorySelector"),
            words,
        )
        for name, (selector, field, words) in test_label_selector.REFUSED.items()
    },
    "an unknown deletion policy": ({"deletionPolicy": "Orphan"}, "spec.deletionPolicy", '"Delete", "Retain"'),
    "suspend in words": ({"suspend": "yes"}, "spec.suspend", "boolean"),
}


@pytest.mark.parametrize(("spec", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_field_and_what_to_write(
    cluster: Cluster, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, lifecycle_policy("web", spec), field, words)


ACCEPTED: dict[str, dict[str, Any]] = {
    "what is required": {},
    "everything": {
        "suspend": True,
        "rules": EXAMPLES["combining archive and expire rules"],
        "repositorySelector": {
            "matchLabels": {"team": "a"},
            "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["legacy"]}],
        },
        **protection(imagesInUse="Warn", maxExpiringImages=100, protectedTags=["prod-*"]),
        "deletionPolicy": "Retain",
    },
    **{
        f"selector: {name}": {"repositorySelector": selector}
        for name, selector in test_label_selector.ACCEPTED.items()
    },
    "taken off when it goes": {"deletionPolicy": "Delete"},
    **PROTECTIONS,
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, spec: dict[str, Any]) -> None:
    kept = admitted(cluster, lifecycle_policy("web", spec))["spec"]
    assert kept == MINIMAL | spec
    assert EcrLifecyclePolicySpec.from_json(kept).to_json() == kept


def test_defaults_live_in_code_and_not_on_the_wire() -> None:
    spec = EcrLifecyclePolicySpec.from_json(MINIMAL)
    assert spec.to_json() == MINIMAL
    assert not spec.is_suspended
    assert spec.repository_selector is None
    assert spec.effective_deletion_policy is LifecycleDeletionPolicy.DELETE
    assert spec.effective_protection.effective_images_in_use is ImagesInUse.HOLD
    assert spec.effective_protection.max_expiring_images is None


# What only an EcrRepository has

REFERENCES: Refused = {
    "a policy and a reference": (
        {"lifecyclePolicy": MINIMAL, "lifecyclePolicyRef": {"name": "web"}},
        "spec.lifecyclePolicyRef",
        BOTH_WORDS,
    ),
    "a reference without a name": (
        {"lifecyclePolicyRef": {}},
        "spec.lifecyclePolicyRef.name",
        "Required value",
    ),
    "a reference to nothing": (
        {"lifecyclePolicyRef": {"name": ""}},
        "spec.lifecyclePolicyRef.name",
        "at least 1 chars long",
    ),
    "a name of 254 characters": (
        {"lifecyclePolicyRef": {"name": "n" * 254}},
        "spec.lifecyclePolicyRef.name",
        "more than 253",
    ),
    **{
        f"the name {name!r}": (
            {"lifecyclePolicyRef": {"name": name}},
            "spec.lifecyclePolicyRef.name",
            NAME_WORDS,
        )
        for name in ("Web", "keep_releases", "team-a/web", "-web", "web.", "*")
    },
}


@pytest.mark.parametrize(("spec", "field", "words"), REFERENCES.values(), ids=REFERENCES.keys())
def test_a_reference_is_refused(cluster: Cluster, spec: dict[str, Any], field: str, words: str) -> None:
    assert_refused(cluster, repository("web", spec), field, words)


@pytest.mark.parametrize("name", ["keep-releases", "a.b-1", "n" * 253])
def test_a_reference_is_accepted(cluster: Cluster, name: str) -> None:
    spec = {"lifecyclePolicyRef": {"name": name}}
    assert admitted(cluster, repository("web", spec))["spec"] == spec


def test_a_policy_may_be_replaced_by_a_reference(cluster: Cluster, namespace: str) -> None:
    cluster.apply(repository("web", {"lifecyclePolicy": MINIMAL}, namespace))
    spec = {"lifecyclePolicyRef": {"name": "keep-releases"}}
    assert cluster.apply(repository("web", spec, namespace))["spec"] == spec
