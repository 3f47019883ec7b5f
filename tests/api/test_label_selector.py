"""A label selector takes what Kubernetes' own takes, and says what to write instead of the rest."""

import re
from typing import Any

import pytest

from ecr_operator.api.kubernetes_values import DNS_SUBDOMAIN_MAX, LABEL_KEY_MAX
from ecr_operator.api.label_selector import LabelSelector
from ecr_operator.api.schema import structural_schema
from tests.api.pull_secrets import assert_accepted, assert_refused
from tests.cluster import ApiError, Cluster
from tests.kinds import path

SELECTOR = "spec.namespaces.selector"
LABELS = f"{SELECTOR}.matchLabels"
EXPRESSION = f"{SELECTOR}.matchExpressions[0]"
KEY_WORDS = "must be a label's key: '<name>' or '<prefix>/<name>'"
VALUE_FORM = "at most 63 letters, digits, '-', '_' and '.'"


def labels(**pairs: Any) -> dict[str, Any]:
    return {"matchLabels": pairs}


def expression(**fields: Any) -> dict[str, Any]:
    return {"matchExpressions": [{"key": "team"} | fields]}


WRONG_KEYS = ("", "-a", "a-", "a b", "a/b/c", "/a", "a/", "A.example/b", "a_b/c", "k" * 64, "ä", "a*")
WRONG_VALUES = ("-a", "a.", "a b", "a/b", "ä", "*")

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a label that YAML took for a truth": (labels(a=True), f"{LABELS}.a", "must be of type string"),
    "a value of 64 characters": (labels(a="v" * 64), f"{LABELS}.a", "more than 63"),
    "21 labels": ({"matchLabels": {f"key-{n}": "" for n in range(21)}}, LABELS, "at most 20"),
    **{
        f"the key {key[:12]!r}": (
            {"matchLabels": {"ok": "", key: ""}},
            LABELS,
            f"a key of `matchLabels` {KEY_WORDS}",
        )
        for key in WRONG_KEYS
    },
    **{
        f"the value {value!r}": (
            labels(a=value),
            f"{LABELS}[a]",
            f"a value of `matchLabels` must be a label's value: {VALUE_FORM}",
        )
        for value in WRONG_VALUES
    },
    "an expression without its operator": (expression(), f"{EXPRESSION}.operator", "Required value"),
    "an expression without its key": (
        {"matchExpressions": [{"operator": "Exists"}]},
        f"{EXPRESSION}.key",
        "Required value",
    ),
    "an operator of node affinity": (
        expression(operator="Gt", values=["1"]),
        f"{EXPRESSION}.operator",
        '"In", "NotIn", "Exists", "DoesNotExist"',
    ),
    "In without values": (
        expression(operator="In"),
        f"{EXPRESSION}.values",
        "`values` must hold at least one value when `operator` is 'In' or 'NotIn'",
    ),
    "NotIn with no value": (
        expression(operator="NotIn", values=[]),
        f"{EXPRESSION}.values",
        "`values` must hold at least one value when `operator` is 'In' or 'NotIn'",
    ),
    "Exists with a value": (
        expression(operator="Exists", values=["a"]),
        f"{EXPRESSION}.values",
        "`values` may be specified only when `operator` is 'In' or 'NotIn'",
    ),
    "DoesNotExist with a value": (
        expression(operator="DoesNotExist", values=["a"]),
        f"{EXPRESSION}.values",
        "`values` may be specified only when `operator` is 'In' or 'NotIn'",
    ),
    "an expression with a wrong key": (
        expression(key="a b", operator="Exists"),
        f"{EXPRESSION}.key",
        f"`key` {KEY_WORDS}",
    ),
    "an expression whose second value is wrong": (
        expression(operator="In", values=["a", "b c"]),
        f"{EXPRESSION}.values[1]",
        f"`values` must hold values of a label: {VALUE_FORM}",
    ),
    "51 values": (
        expression(operator="In", values=[str(n) for n in range(51)]),
        f"{EXPRESSION}.values",
        "at most 50 items",
    ),
    "21 expressions": (
        {"matchExpressions": [{"key": f"key-{n}", "operator": "Exists"} for n in range(21)]},
        f"{SELECTOR}.matchExpressions",
        "at most 20 items",
    ),
}


@pytest.mark.parametrize(("selector", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_entry_and_what_to_write(
    cluster: Cluster, selector: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, {"namespaces": {"selector": selector}}, field, words)


LONGEST_KEY = f"{'.'.join(['p' * 63] * 3)}.{'p' * 61}/{'k' * 63}"
ACCEPTED: dict[str, dict[str, Any]] = {
    "everything": {},
    "no labels and no expressions": {"matchLabels": {}, "matchExpressions": []},
    "labels": labels(team="a", B_1="X.y", empty=""),
    "the label that every namespace has": {"matchLabels": {"kubernetes.io/metadata.name": "team-a"}},
    "the longest key and value": {"matchLabels": {LONGEST_KEY: "v" * 63}},
    "all operators": {
        "matchExpressions": [
            {"key": "team", "operator": "In", "values": ["a", ""]},
            {"key": "team", "operator": "NotIn", "values": ["b"]},
            {"key": "example.com/pulls", "operator": "Exists"},
            {"key": "team", "operator": "DoesNotExist", "values": []},
        ]
    },
    "both": labels(team="a") | expression(operator="Exists"),
    "as much as there can be": {
        "matchLabels": {f"{LONGEST_KEY[:-2]}{n:02}": "v" * 63 for n in range(20)},
        "matchExpressions": [
            {"key": LONGEST_KEY, "operator": "In", "values": [f"{m:063}" for m in range(50)]}
            for _ in range(20)
        ],
    },
}


@pytest.mark.parametrize("selector", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, selector: dict[str, Any]) -> None:
    assert_accepted(cluster, {"namespaces": {"selector": selector}})
    assert LabelSelector.from_json(selector).to_json() == selector


def kubernetes_takes(cluster: Cluster, namespace: str, selector: dict[str, Any]) -> bool:
    """Whether Kubernetes takes the selector on a kind of its own."""
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web"},
        "spec": {"maxUnavailable": 1, "selector": selector},
    }
    where = (
        path("Pod", namespace).replace("/api/v1", "/apis/policy/v1").replace("pods", "poddisruptionbudgets")
    )
    try:
        cluster.request("POST", where, budget, query={"dryRun": "All"})
    except ApiError as error:
        if error.status not in (400, 422):
            raise
        return False
    return True


OUR_BOUNDS = re.compile("at most (20|50)")


def test_kubernetes_itself_refuses_the_same_and_takes_the_same(cluster: Cluster) -> None:
    """Our bounds on how many there are aside: Kubernetes has none."""
    for name, (selector, _, words) in REFUSED.items():
        assert kubernetes_takes(cluster, "default", selector) == bool(OUR_BOUNDS.search(words)), name
    for name, selector in ACCEPTED.items():
        assert kubernetes_takes(cluster, "default", selector), name


def test_the_longest_key_is_of_the_longest_prefix_and_name() -> None:
    assert len(LONGEST_KEY) == LABEL_KEY_MAX == DNS_SUBDOMAIN_MAX + 64


def test_server_side_apply_writes_the_lists_and_labels_whole() -> None:
    fields = structural_schema(LabelSelector)["properties"]
    assert fields["matchLabels"]["x-kubernetes-map-type"] == "atomic"
    assert fields["matchExpressions"]["x-kubernetes-list-type"] == "atomic"
