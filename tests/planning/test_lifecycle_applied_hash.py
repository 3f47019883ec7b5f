"""The hash by which a start knows whether an EcrLifecyclePolicy was changed meanwhile."""

from typing import Any, NamedTuple

import pytest

from ecr_operator.api.lifecycle_policy import EcrLifecyclePolicySpec
from ecr_operator.planning.lifecycle_summary import applied_hash
from tests.api.lifecycle_examples import more_than, rule

RULE = rule(1, more_than(5, "tagged", tagPatternList=["v*"]))


def spec_of(**fields: Any) -> EcrLifecyclePolicySpec:
    return EcrLifecyclePolicySpec.from_json({"rules": [RULE]} | fields)


SPEC = spec_of()


class Change(NamedTuple):
    spec: dict[str, Any]
    same: bool = False


HASHES: dict[str, Change] = {
    "the text": Change({"rules": [RULE | {"description": "x"}]}),
    "the protection": Change({"protection": {"imagesInUse": "Warn"}}),
    "a bound": Change({"protection": {"maxExpiringImages": 0}}),
    "a protected tag": Change({"protection": {"protectedTags": ["prod-*"]}}),
    "a selector of all": Change({"repositorySelector": {}}),
    "a selector of some": Change({"repositorySelector": {"matchLabels": {"a": "b"}}}),
    "what becomes of it": Change({"deletionPolicy": "Retain"}),
    "nothing": Change({}, same=True),
    "the default storage class": Change(
        {"rules": [RULE | {"selection": RULE["selection"] | {"storageClass": "standard"}}]}, same=True
    ),
    "the defaults, written out": Change(
        {"protection": {"imagesInUse": "Hold"}, "deletionPolicy": "Delete", "suspend": False}, same=True
    ),
}


@pytest.mark.parametrize(("change", "same"), HASHES.values(), ids=HASHES)
def test_the_hash_is_that_of_what_is_asked_for(change: dict[str, Any], same: bool) -> None:
    assert (applied_hash(spec_of(**change)) == applied_hash(SPEC)) is same


def test_each_change_has_a_hash_of_its_own() -> None:
    hashes = [applied_hash(spec_of(**one.spec)) for one in HASHES.values() if not one.same]
    assert len({*hashes, applied_hash(SPEC)}) == len(hashes) + 1
    tags = [spec_of(protection={"protectedTags": tags}) for tags in (["a", "b"], ["b", "a", "a"])]
    assert applied_hash(tags[0]) == applied_hash(tags[1])
