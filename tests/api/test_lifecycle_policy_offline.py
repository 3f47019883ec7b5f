"""`problems` against a real API server for lifecycle policies of both kinds, and for what names them."""

from typing import Any

import pytest

from ecr_operator.api.admission import problems
from tests.api import lifecycle_mistakes
from tests.api import test_lifecycle_policy_admission as admission
from tests.api.lifecycle_policies import lifecycle_policy, of_inline
from tests.api.repositories import repository
from tests.api.test_lifecycle_policy_size import largest
from tests.api.test_offline_admission import answer, assert_same
from tests.cluster import Cluster

LARGEST = largest("tagPrefixList")
SPOILT = {**LARGEST, "rules": [*LARGEST["rules"][:49], LARGEST["rules"][49] | {"rulePriority": 1}]}

REFUSED: dict[str, dict[str, Any]] = {
    **{f"rules: {name}": of_inline(spec) for name, (spec, *_) in lifecycle_mistakes.REFUSED.items()},
    **{
        f"protection: {name}": lifecycle_policy("web", spec)
        for name, (spec, *_) in admission.REFUSED_PROTECTION.items()
    },
    **{
        f"inline: {name}": admission.inline(spec) for name, (spec, *_) in admission.REFUSED_PROTECTION.items()
    },
    **{name: lifecycle_policy("web", spec) for name, (spec, *_) in admission.REFUSED.items()},
    **{f"reference: {name}": repository("web", spec) for name, (spec, *_) in admission.REFERENCES.items()},
    "no rules at all": lifecycle_policy("web") | {"spec": {}},
    "no spec": {key: value for key, value in lifecycle_policy("web").items() if key != "spec"},
    "the largest with a mistake": lifecycle_policy("web", SPOILT),
    "a name with capitals": lifecycle_policy("Web"),
    "a selector that is misspelt": lifecycle_policy("web", {"repositorySelector": {"matchLabel": {}}}),
    "a field of AWS's JSON": lifecycle_policy("web", {"Rules": []}),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    **{f"rules: {name}": of_inline(spec) for name, spec in admission.RULES.items()},
    **{name: lifecycle_policy("web", spec) for name, spec in admission.ACCEPTED.items()},
    **{f"inline: {name}": admission.inline(spec) for name, spec in admission.PROTECTIONS.items()},
    "the largest": lifecycle_policy("web", LARGEST),
    "a reference": repository("web", {"lifecyclePolicyRef": {"name": "keep-releases"}}),
    "the longest name": lifecycle_policy("p" * 253),
}


@pytest.mark.parametrize("obj", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_api_server_refuses_is_refused_in_the_same_words(
    cluster: Cluster, obj: dict[str, Any]
) -> None:
    told = problems(obj)
    assert told
    assert_same(answer(cluster, obj), told)


@pytest.mark.parametrize("obj", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_the_api_server_takes_is_taken(cluster: Cluster, obj: dict[str, Any]) -> None:
    assert problems(obj) == ()
    assert not answer(cluster, obj)
