"""`problems` against a real API server for EcrPullSecrets: both take an object, or both refuse it."""

from typing import Any

import pytest

from ecr_operator.api.admission import problems
from tests.api import test_label_selector, test_pull_secret_admission, test_pull_secret_registries
from tests.api.pull_secrets import pull_secret
from tests.api.test_offline_admission import answer, assert_same
from tests.cluster import Cluster


def selecting(selector: dict[str, Any]) -> dict[str, Any]:
    return {"namespaces": {"selector": selector}}


REFUSED: dict[str, dict[str, Any]] = {
    **{name: spec for name, (spec, *_) in test_pull_secret_admission.REFUSED.items()},
    **{f"registries: {name}": spec for name, (spec, *_) in test_pull_secret_registries.REFUSED.items()},
    **{f"selector: {name}": selecting(s) for name, (s, *_) in test_label_selector.REFUSED.items()},
}
ACCEPTED: dict[str, dict[str, Any]] = {
    **test_pull_secret_admission.ACCEPTED,
    **{f"registries: {name}": spec for name, spec in test_pull_secret_registries.ACCEPTED.items()},
    **{f"selector: {name}": selecting(s) for name, s in test_label_selector.ACCEPTED.items()},
}


@pytest.mark.parametrize("spec", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_api_server_refuses_is_refused_in_the_same_words(
    cluster: Cluster, spec: dict[str, Any]
) -> None:
    obj = pull_secret("web", spec)
    told = problems(obj)
    assert told
    assert_same(answer(cluster, obj), told)


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_the_api_server_takes_is_taken(cluster: Cluster, spec: dict[str, Any]) -> None:
    obj = pull_secret("web", spec)
    assert problems(obj) == ()
    assert not answer(cluster, obj)


@pytest.mark.parametrize("name", ["a" * 63, "a" * 64])
def test_the_length_of_the_name(cluster: Cluster, name: str) -> None:
    obj = pull_secret(name, {})
    assert_same(answer(cluster, obj), problems(obj))


def test_an_object_without_spec_is_refused(cluster: Cluster) -> None:
    obj = pull_secret("web", {})
    del obj["spec"]
    told = problems(obj)
    assert told
    assert_same(answer(cluster, obj), told)
