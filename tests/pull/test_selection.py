"""Which namespaces an EcrPullSecret means."""

from typing import Any

import pytest

from tests.pull_secrets import LABEL, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")

NAMES = ("a-one", "a-two", "b-one")


def globbed(pulls: PullSecrets, value: Any) -> Any:
    """The test's own names in place of short ones."""
    if isinstance(value, list):
        return [pulls.name(one) for one in value]
    if isinstance(value, dict):
        return {"matchLabels": {LABEL: pulls.prefix} | value.get("matchLabels", {})}
    return value


@pytest.mark.parametrize(
    ("namespaces", "expected"),
    [
        ({"include": ["a-*"]}, {"a-one", "a-two"}),
        ({"include": ["a-one", "b-one"]}, {"a-one", "b-one"}),
        ({"include": ["*"], "exclude": ["a-one", "b-*"]}, {"a-two"}),
        ({"include": ["*"], "exclude": ["*"]}, set()),
        ({"selector": {}}, set(NAMES)),
        ({"selector": {"matchLabels": {"tier": "x"}}}, {"a-one", "b-one"}),
        ({"selector": {"matchLabels": {"tier": "none"}}}, set()),
        ({"include": ["a-*"], "selector": {"matchLabels": {"tier": "x"}}}, {"a-one"}),
        ({"selector": {}, "exclude": ["a-*"]}, {"b-one"}),
        ({"include": ["absent"]}, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_these_get_it_and_no_others(
    pulls: PullSecrets, namespaces: dict[str, Any], expected: set[str]
) -> None:
    for name in NAMES:
        pulls.namespace(name, tier="x" if name.endswith("one") else "y")
    pulls.create(namespaces={field: globbed(pulls, value) for field, value in namespaces.items()})
    obj = pulls.counted(matched=len(expected), ready=len(expected), failed=0)

    assert {name for name in NAMES if pulls.secret(pulls.name(name))} == expected
    reason = "InSync" if expected else "NoNamespaceMatched"
    assert condition(obj, "Ready")["reason"] == reason  # type: ignore[index]
    if not expected:
        for _ in pulls.cluster.polls(10):
            events = [one for one in pulls.cluster.events(obj) if one["reason"] == reason]
            if events:
                break
        assert [one["type"] for one in events] == ["Warning"]


def test_an_empty_selector_means_every_namespace_of_the_cluster(pulls: PullSecrets) -> None:
    """Also kube-system: who writes `{}` gets what it says."""
    name = pulls.namespace("a", **{LABEL: "none"})
    pulls.create(namespaces={"selector": {}}, secretName=pulls.name("all"))
    pulls.wait_secret(name, name=pulls.name("all"))
    pulls.wait_secret("kube-system", name=pulls.name("all"))
    late = pulls.namespace("late", **{LABEL: "none"})
    pulls.wait_secret(late, name=pulls.name("all"))

    pulls.patch(namespaces={"selector": None, "include": [name]})
    pulls.counted(matched=1, ready=1, failed=0)
    pulls.wait_no_secret("kube-system", name=pulls.name("all"))
    pulls.wait_no_secret(late, name=pulls.name("all"))
    assert pulls.secret(name, pulls.name("all")) is not None


def test_a_namespace_that_is_deselected_by_the_spec_loses_it(pulls: PullSecrets) -> None:
    one, two = pulls.namespace("one"), pulls.namespace("two")
    pulls.create()
    pulls.healed()
    before = pulls.wait_secret(two)
    pulls.patch(namespaces={"exclude": [one]})
    pulls.counted(matched=1, ready=1, failed=0)
    pulls.wait_no_secret(one)
    assert pulls.secret(two) == before
    pulls.patch(namespaces={"exclude": None})
    pulls.healed()
    assert pulls.secret(one)["data"] == before["data"]  # type: ignore[index]


def test_the_namespace_object_itself_is_left_alone(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    before = pulls.cluster.get("Namespace", None, name)
    pulls.create(serviceAccounts={"names": ["default"]})
    pulls.healed()
    pulls.label(name, "none")
    pulls.wait_no_secret(name)
    pulls.label(name)
    pulls.healed()
    after = pulls.cluster.get("Namespace", None, name)
    assert after["metadata"].get("annotations") == before["metadata"].get("annotations")
    assert after["metadata"].get("finalizers") == before["metadata"].get("finalizers")
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
