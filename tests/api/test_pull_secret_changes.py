"""What may become of an EcrPullSecret that is there: transition rules, and applies that shrink it."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ecr_operator.api.admission import change_problems, problems
from tests.api import test_label_selector, test_pull_secret_registries
from tests.api.pull_secrets import MINIMAL, pull_secret
from tests.cluster import ApiError, Cluster

KIND = "EcrPullSecret"


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    """The name of an object of the test's own."""
    name = f"changes-{uuid.uuid4().hex[:8]}"
    yield name
    if cluster.find(KIND, None, name):
        cluster.delete(KIND, None, name)


FORMAT = "spec.format: Invalid value: "
FORMAT_WORDS = "`format` may not be changed: Kubernetes never changes the type of a Secret"
SECRET = "spec.secretName: Invalid value: "
SECRET_WORDS = "`secretName` may not be changed: Pods and service accounts name the Secret"

REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "the Secret's name to another": ({"secretName": "one"}, {"secretName": "two"}, SECRET, SECRET_WORDS),
    "the Secret's name from absent to another": ({}, {"secretName": "two"}, SECRET, SECRET_WORDS),
    "the Secret's name from another to absent": ({"secretName": "one"}, {}, SECRET, SECRET_WORDS),
    "the format to another": (
        {"format": "DockerConfigJson"},
        {"format": "DockerConfigFile"},
        FORMAT,
        FORMAT_WORDS,
    ),
    "the format from absent to another": ({}, {"format": "ArgoCDRepoCreds"}, FORMAT, FORMAT_WORDS),
    "the format from another to absent": ({"format": "DockerConfigFile"}, {}, FORMAT, FORMAT_WORDS),
}


@pytest.mark.parametrize(("before", "after", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(
    cluster: Cluster, name: str, before: dict[str, Any], after: dict[str, Any], field: str, words: str
) -> None:
    live = cluster.apply(pull_secret(name, before))
    with pytest.raises(ApiError) as error:
        cluster.apply(pull_secret(name, after))
    assert error.value.status == 422
    assert field in error.value.message
    assert words in error.value.message
    # The same words without an API server, where the former state is known.
    [told] = change_problems(pull_secret(name, after), live)
    assert told.partition(": Invalid")[0] in field
    assert words in told
    assert told.split(": ", 2)[2] in error.value.message
    assert change_problems(pull_secret(name, before), live) == ()


ROLE = "arn:aws:iam::123456789012:role/ecr-pull"
FULL: dict[str, Any] = {
    "suspend": False,
    "secretName": "pull",
    "registries": [{"region": "eu-west-1", "accounts": ["123456789012"], "hosts": ["Standard"]}, {}],
    "auth": {"roleArn": ROLE, "externalId": "abc"},
    "namespaces": {
        "include": ["team-*", "ci"],
        "exclude": ["team-z"],
        "selector": {
            "matchLabels": {"team": "a"},
            "matchExpressions": [{"key": "team", "operator": "Exists"}],
        },
    },
    "serviceAccounts": {"names": ["default", "ci"]},
    "format": "DockerConfigJson",
    "deletionPolicy": "Retain",
}

ALLOWED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the format from absent to the default": ({}, {"format": "DockerConfigJson"}),
    "the format from the default to absent": ({"format": "DockerConfigJson"}, {}),
    "everything else": (
        FULL,
        {
            "suspend": True,
            "secretName": "pull",
            "registries": [{"public": True}],
            "auth": {"roleArn": f"{ROLE}-2", "access": "PullPush"},
            "namespaces": {"include": ["*"]},
            "serviceAccounts": {"names": ["builder"]},
            "format": "DockerConfigJson",
            "adoptionPolicy": "Adopt",
            "deletionPolicy": "Delete",
        },
    ),
    "fewer registries": (FULL, FULL | {"registries": [{}]}),
    "the first registry to the default": (FULL, FULL | {"registries": [{}, {"public": True}]}),
    "no role any more": (FULL, {key: value for key, value in FULL.items() if key != "auth"}),
    "no service accounts any more": (
        FULL,
        {key: value for key, value in FULL.items() if key != "serviceAccounts"},
    ),
    "the selector to one that selects all": (FULL, FULL | {"namespaces": {"selector": {}}}),
    "the selector goes": (FULL, FULL | {"namespaces": {"include": ["team-*"]}}),
    "only what is required stays": ({"deletionPolicy": "Retain", "auth": {"roleArn": ROLE}}, {}),
}


@pytest.mark.parametrize(("before", "after"), ALLOWED.values(), ids=ALLOWED.keys())
def test_allowed(cluster: Cluster, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Both are written by one manager, so that what is gone from the manifest goes."""
    cluster.apply(pull_secret(name, before))
    assert cluster.apply(pull_secret(name, after))["spec"] == MINIMAL | after


def test_the_secrets_name_may_be_written_out_and_left_out(cluster: Cluster, name: str) -> None:
    for spec in ({}, {"secretName": name}, {}):
        assert cluster.apply(pull_secret(name, spec))["spec"] == MINIMAL | spec


@pytest.mark.parametrize("spec", [FULL, {}], ids=["everything", "what is required"])
def test_applying_again_changes_nothing(cluster: Cluster, name: str, spec: dict[str, Any]) -> None:
    manifest = pull_secret(name, spec)
    first = cluster.apply(manifest)
    assert first["spec"] == MINIMAL | spec
    second = cluster.apply(manifest)
    assert (second["spec"], second["metadata"]["generation"]) == (first["spec"], 1)
    # The second apply stores the default of `status`; from then on nothing is written at all.
    assert cluster.apply(manifest) == second


def test_an_untouched_object_has_been_observed_by_nobody(cluster: Cluster, name: str) -> None:
    created = cluster.create(pull_secret(name, {}))
    assert created["status"] == {"observedGeneration": -1}
    assert cluster.get(KIND, None, name)["status"] == {"observedGeneration": -1}


LARGEST: dict[str, Any] = {
    **FULL,
    "secretName": "s" * 253,
    **test_pull_secret_registries.LARGEST,
    "auth": {"roleArn": f"{ROLE}/{'p' * 500}", "externalId": "e" * 1224, "sessionName": "s" * 64},
    "namespaces": {
        "include": [f"{'*' * 60}{n:03}" for n in range(100)],
        "exclude": [f"{'?' * 60}{n:03}" for n in range(100)],
        "selector": test_label_selector.ACCEPTED["as much as there can be"],
    },
    "serviceAccounts": {"names": [f"{n:0253}" for n in range(50)]},
}


def test_the_largest_object_is_within_the_cost_that_the_api_server_allows(
    cluster: Cluster, name: str
) -> None:
    """All rules are asked again when only the status is written."""
    manifest = pull_secret(name, LARGEST)
    assert problems(manifest) == ()
    assert cluster.create(manifest)["spec"] == LARGEST
    start = time.monotonic()
    cluster.status_patch(KIND, None, name, {"identity": ROLE})
    assert time.monotonic() - start < 5


ADDED: dict[str, dict[str, Any]] = {
    "registries": {"registries": [{"public": True}]},
    "auth": {"auth": {"roleArn": ROLE, "access": "PullPush"}},
    "namespaces": {"namespaces": {"include": ["*"]}},
    "serviceAccounts": {"serviceAccounts": {"names": ["smuggled"]}},
}


@pytest.mark.parametrize("field", ADDED)
def test_a_second_manager_cannot_add_an_entry_unseen(cluster: Cluster, name: str, field: str) -> None:
    cluster.apply(pull_secret(name, FULL))
    manifest = pull_secret(name, {}) | {"spec": ADDED[field]}
    with pytest.raises(ApiError) as error:
        cluster.apply(manifest, field_manager="second")
    assert error.value.status == 409
    assert f".spec.{field}" in error.value.message


def test_suspending_by_hand_outlives_the_next_apply(cluster: Cluster, name: str) -> None:
    cluster.apply(pull_secret(name, {}))
    cluster.merge_patch(KIND, None, name, {"spec": {"suspend": True}})
    assert cluster.apply(pull_secret(name, {}))["spec"] == MINIMAL | {"suspend": True}
