"""`problems` against a real API server: both take an object, or both refuse it with the same sentences."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ecr_operator.api.admission import problems
from ecr_operator.api.admission.expressions import compiled, evaluate
from ecr_operator.api.admission.rules import rule_errors
from ecr_operator.api.crd import root_schema
from ecr_operator.api.kind import Kind
from ecr_operator.api.kinds import KINDS
from ecr_operator.api.markers import LIST_MAP_KEYS, LIST_TYPE, MAP_TYPE, VALIDATIONS
from ecr_operator.api.names import API_VERSION
from ecr_operator.api.schema import Schema
from tests.api import (
    lifecycle_mistakes,
    test_access_admission,
    test_admission,
    test_lifecycle_admission,
    test_repository_policy,
)
from tests.api.lifecycle_examples import more_than, rule
from tests.api.lifecycle_mistakes import policy
from tests.api.repositories import repository
from tests.api.test_admission import filters
from tests.api.test_repository_policy import statement
from tests.cluster import ApiError, Cluster
from tests.kinds import path

NOT_CHECKED = "some validation rules were not checked"


def answer(cluster: Cluster, obj: dict[str, Any]) -> str:
    """What the API server says to the object, as kubectl sends it; empty when it takes it."""
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    try:
        cluster.request("POST", path(obj["kind"], "default"), obj, query=query)
    except ApiError as error:
        if error.status not in (400, 422):
            raise
        return error.message
    return ""


def assert_same(message: str, told: tuple[str, ...]) -> None:
    """The API server says exactly these sentences, in whatever order."""
    assert bool(message) == bool(told), f"the API server: {message!r}\nproblems: {told}"
    rest = re.sub(r"^.*? (is invalid|strict decoding error): ", "", message, flags=re.DOTALL)
    for sentence in sorted(told, key=len, reverse=True):
        assert sentence in rest, f"{sentence}\nis not in\n{message}"
        rest = rest.replace(sentence, "", 1)
    rest = rest.replace("<nil>: Invalid value: null: ", "").replace("<nil>: ", "")
    assert not re.sub(r"[\[\], ]", "", rest), f"only the API server says {rest!r}"


REFUSED: dict[str, dict[str, Any]] = {
    **{name: spec for name, (spec, *_) in test_admission.REFUSED.items()},
    **{f"lifecycle: {name}": spec for name, (spec, *_) in lifecycle_mistakes.REFUSED.items()},
    **{f"access: {name}": {"access": a} for name, (a, *_) in test_access_admission.REFUSED.items()},
    **{f"statements: {name}": spec for name, (spec, *_) in test_repository_policy.REFUSED.items()},
}
ACCEPTED: dict[str, dict[str, Any]] = {
    **test_admission.ACCEPTED,
    **{f"lifecycle: {name}": spec for name, spec in test_lifecycle_admission.ACCEPTED.items()},
    **{f"access: {name}": {"access": a} for name, a in test_access_admission.ACCEPTED.items()},
    **{f"statements: {name}": spec for name, spec in test_repository_policy.ACCEPTED.items()},
}


@pytest.mark.parametrize("spec", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_api_server_refuses_is_refused_in_the_same_words(
    cluster: Cluster, spec: dict[str, Any]
) -> None:
    obj = repository("web", spec)
    told = problems(obj)
    assert told
    assert_same(answer(cluster, obj), told)


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_the_api_server_takes_is_taken(cluster: Cluster, spec: dict[str, Any]) -> None:
    obj = repository("web", spec)
    assert problems(obj) == ()
    assert not answer(cluster, obj)


def largest_lifecycle(field: str) -> list[dict[str, Any]]:
    texts = [[f"{n:02}-{entry:02}-{'x' * 118}****" for entry in range(25)] for n in range(50)]
    return [rule(n + 1, more_than(1, "tagged", **{field: texts[n]})) for n in range(50)]


LARGEST: dict[str, dict[str, Any]] = {
    "accounts, principals and functions": {
        "access": test_access_admission.ACCEPTED["as much as there can be"]
    },
    "patterns": policy(*largest_lifecycle("tagPatternList")),
    "prefixes": policy(*largest_lifecycle("tagPrefixList")),
    "statements": test_repository_policy.policy(*(statement(f"{n:0128}") for n in range(50))),
    "tags": {"tags": {f"{n:0128}": "v" * 256 for n in range(45)}},
}


def change(spec: Any, values: dict[Any, Any]) -> Any:
    """Return a copy in which entries that are equal to a key are its value."""
    if isinstance(spec, dict):
        return {key: change(inner, values) for key, inner in spec.items()}
    if isinstance(spec, list):
        return [change(inner, values) for inner in spec]
    return values.get(spec, spec)


ACCOUNTS: list[str] = test_access_admission.LARGEST_GRANT["accounts"]
PREFIXES = [entry["selection"]["tagPrefixList"][0] for entry in largest_lifecycle("tagPrefixList")]

LARGEST_WITH_A_MISTAKE: dict[str, dict[str, Any]] = {
    "the last account is the first": change(
        LARGEST["accounts, principals and functions"], {ACCOUNTS[99]: ACCOUNTS[0]}
    ),
    "the last account is the one before": change(
        LARGEST["accounts, principals and functions"], {ACCOUNTS[99]: ACCOUNTS[98]}
    ),
    "the last rule has a prefix of the first": change(LARGEST["prefixes"], {PREFIXES[49]: PREFIXES[0]}),
    "the last rule has the priority of the one before": change(LARGEST["prefixes"], {50: 49}),
    "the last statement has the Sid of the first": change(LARGEST["statements"], {f"{49:0128}": f"{0:0128}"}),
}


@pytest.mark.parametrize("spec", LARGEST.values(), ids=LARGEST.keys())
def test_the_largest_objects_are_taken(cluster: Cluster, spec: dict[str, Any]) -> None:
    obj = repository("web", spec)
    assert problems(obj) == ()
    assert not answer(cluster, obj)


@pytest.mark.parametrize("spec", LARGEST_WITH_A_MISTAKE.values(), ids=LARGEST_WITH_A_MISTAKE.keys())
def test_the_largest_objects_are_refused_in_the_same_words(cluster: Cluster, spec: dict[str, Any]) -> None:
    obj = repository("web", spec)
    told = problems(obj)
    assert told
    assert_same(answer(cluster, obj), told)


def test_a_rule_that_is_too_much_for_the_engine_counts_as_one_that_holds() -> None:
    pairs = {"rule": "!self.exists(a, self.exists(b, a + b == -1))", "message": "never"}
    schema: Schema = {"type": "array", "items": {"type": "integer"}, VALIDATIONS: [pairs]}
    assert list(rule_errors(list(range(100)), schema)) == []


FILTERS = "imageTagMutabilityExclusionFilters"

SPECS: dict[str, Any] = {
    "null": None,
    "text": "x",
    "a list": [],
    "a number": 5,
    "nulls in it": {"suspend": None, "tags": {"a": None}, FILTERS: None},
    "a null in a list": filters("a") | {FILTERS: [None]},
    "wrong types": {"repositoryName": True, "suspend": "no", "tags": [], "imageTagMutability": 5},
    "wrong types inside": {"tags": {"a": 1, "b": 1.5, "c": {}, "d": []}},
    "a list for text": {"deletionPolicy": ["<&>", [1, None, 1.5, True]]},
    "rules that show the value": {"repositoryName": 'A"\\\n\x07\x7f\u00e9\u65e5\u200b\U0001f600'},
    "several broken rules": {"repositoryName": "Web", "adoptFrom": "x/y/z/", "tags": {"aws:a": "&", "#": ""}},
    "too many and too long": {"tags": {f"key-{n}": "v" * 300 for n in range(46)}},
    "letters beyond ASCII": {"tags": {"\u00df\u65e5": "\u0663 \u00c4"}},
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_shapes_of_a_spec(cluster: Cluster, spec: Any) -> None:
    obj = repository("web") | {"spec": spec}
    assert_same(answer(cluster, obj), problems(obj))


METADATA: dict[str, Any] = {
    "no name": {},
    "an empty name": {"name": ""},
    "a null as name": {"name": None},
    "a name with capitals": {"name": "We_b"},
    "a name that ends in a dot": {"name": "web."},
    "a name of 253 characters": {"name": "w" * 253},
    "a name of 254 characters": {"name": "w" * 254},
    "a name of 1 character": {"name": "w"},
    "a prefix that is no name beside a name": {"name": "web", "generateName": "X_"},
    "a prefix with a hyphen beside a name": {"name": "web", "generateName": "web-"},
    "a prefix with a dot beside a name": {"name": "web", "generateName": "web."},
    "labels": {"name": "web", "labels": {"app.kubernetes.io/name": "web", "a": "", "B_1": "X.y"}},
    "wrong labels": {"name": "web", "labels": {"a b": "x y", "ok": "-", "/a": "b", "a/": "c", "A.B/c": "d"}},
    "labels with three parts": {"name": "web", "labels": {"a/b/c": "d"}},
    "too long labels": {"name": "web", "labels": {"k" * 64: "v" * 64, f"{'p' * 254}/a": ""}},
    "annotations": {"name": "web", "annotations": {"A.b/C": "any text\n", "x": ""}},
    "wrong annotations": {"name": "web", "annotations": {"A/b/c": "", "Ab_c/d": "", " ": ""}},
    "too large annotations": {"name": "web", "annotations": {"a": "x" * 262144}},
    "a wrong finalizer": {"name": "web", "finalizers": ["a b"]},
    "nulls": {"name": "web", "labels": None, "annotations": {"a": None}, "creationTimestamp": None},
    "what a live object has": {"name": "web", "uid": "x", "generation": 3, "managedFields": []},
}


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA.keys())
def test_metadata(cluster: Cluster, metadata: Any) -> None:
    obj = repository("web") | {"metadata": metadata}
    assert_same(answer(cluster, obj), problems(obj))


WRONG_METADATA: dict[str, tuple[Any, str]] = {
    "text": ("x", "metadata in body must be of type object"),
    "a number as name": ({"name": 5}, "metadata.name in body must be of type string"),
    "a label without quotes": (
        {"name": "web", "labels": {"a": True}},
        "metadata.labels.a in body must be of type string",
    ),
    "an annotation without quotes": (
        {"name": "web", "annotations": {"a": 1}},
        "metadata.annotations.a in body must be of type string",
    ),
    "an owner without a name": (
        {"name": "web", "ownerReferences": [{"kind": "x", "apiVersion": "v1", "uid": "x"}]},
        "metadata.ownerReferences[0].name: Required value",
    ),
}


@pytest.mark.parametrize(("metadata", "sentence"), WRONG_METADATA.values(), ids=WRONG_METADATA.keys())
def test_wrong_types_in_metadata_are_told_with_their_field(
    cluster: Cluster, metadata: Any, sentence: str
) -> None:
    obj = repository("web") | {"metadata": metadata}
    assert answer(cluster, obj)
    assert sentence in problems(obj)[0]


UNKNOWN: dict[str, dict[str, Any]] = {
    "in spec": {"spec": {"deletionpolicy": "Delete", "foo": None}},
    "in a list": {
        "spec": filters("a") | {FILTERS: [{"filterType": "WILDCARD", "filter": "a", "x": {"y": 1}}]}
    },
    "at the top": {"foo": 1, "data": {"a": 1}},
    "in metadata": {"metadata": {"name": "web", "foo": 1, "ownerReferences": [{"bar": 1}]}},
    "in status": {"status": {"foo": 1, "conditions": [{"x": 1}]}},
    "in several places": {"metadata": {"name": "web", "a": 1}, "spec": {"b": 1}, "status": {"c": 1}, "d": 1},
}


@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_unknown_fields(cluster: Cluster, change: dict[str, Any]) -> None:
    obj = repository("web") | change
    unknown = tuple(told for told in problems(obj) if told.startswith("unknown field"))
    assert unknown
    assert_same(answer(cluster, obj), unknown)


def test_unknown_fields_do_not_hide_the_other_errors() -> None:
    told = problems(repository("web", {"foo": 1, "suspend": "yes"}))
    assert told[0] == 'unknown field "spec.foo"'
    assert told[1].startswith("spec.suspend: Invalid value: ")
    assert told[2].startswith(NOT_CHECKED)


@pytest.mark.parametrize("status", [None, "x", {"observedGeneration": "x"}, {}])
def test_what_status_holds_does_not_matter(cluster: Cluster, status: Any) -> None:
    obj = repository("web") | {"status": status}
    assert problems(obj) == ()
    assert not answer(cluster, obj)


def test_an_object_without_spec_is_taken_as_the_api_server_takes_it(cluster: Cluster) -> None:
    obj = repository("web")
    del obj["spec"]
    assert problems(obj) == ()
    assert not answer(cluster, obj)


@pytest.mark.parametrize(
    ("metadata", "obj", "words"),
    [
        ({"generateName": "web-"}, {}, "cannot use generate name with apply"),
        (
            {"name": "web"},
            {"kind": "EcrRepo"},
            'no matches for kind "EcrRepo" in version "ecr-operator.dev/v1alp',
        ),
        ({"name": "web"}, {"apiVersion": "ecr-operator.dev/v1"}, 'in version "ecr-operator.dev/v1"'),
        ({"name": "web"}, {"apiVersion": None}, "apiVersion not set"),
        ({"name": "web"}, {"kind": None}, "kind not set"),
    ],
)
def test_what_kubectl_itself_refuses(cluster: Cluster, metadata: Any, obj: Any, words: str) -> None:
    whole = {"apiVersion": API_VERSION, "kind": "EcrRepository", "metadata": metadata} | obj
    assert words in " ".join(problems(whole))
    done = cluster.kubectl("apply", "--dry-run=server", "-f", "-", input=json.dumps(whole), check=False)
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize("namespace", ["a.b", "A", "n" * 64])
def test_a_namespace_that_no_cluster_can_have(namespace: str) -> None:
    (told,) = problems(repository("web", namespace=namespace))
    assert told.startswith(f'metadata.namespace: Invalid value: "{namespace}": ')


@pytest.mark.parametrize("obj", [None, "x", [], {}, {"kind": []}, {"apiVersion": 1, "kind": 2}])
def test_anything_gets_an_answer(obj: Any) -> None:
    assert problems(obj)


def test_the_argument_is_left_as_it_is() -> None:
    obj = repository("web", {"suspend": None, "foo": 1})
    problems(obj)
    assert obj == repository("web", {"suspend": None, "foo": 1})


# The generated schemas


def nodes(schema: Schema) -> Iterator[Schema]:
    yield schema
    for inner in (
        *schema.get("properties", {}).values(),
        schema.get("items"),
        schema.get("additionalProperties"),
    ):
        if inner:
            yield from nodes(inner)


@pytest.fixture(params=KINDS, ids=[kind.kind for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


HANDLED = {
    *("type", "properties", "items", "additionalProperties", "required", "default", "description"),
    *("enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "x-kubernetes-preserve-unknown-fields"),
    *(VALIDATIONS, LIST_TYPE, LIST_MAP_KEYS, MAP_TYPE),
}


def test_every_keyword_of_a_spec_is_checked(kind: Kind) -> None:
    for node in nodes(root_schema(kind)["properties"]["spec"]):
        assert node.keys() - HANDLED <= {"format"}
        assert node.get("format", "int64") == "int64"


def test_every_rule_over_pairs_can_be_taken_apart(kind: Kind) -> None:
    """It is one `self.all(a, ...)`, for a list so long that the engine gives up."""
    lists = [node for node in nodes(root_schema(kind)) if node.get("type") == "array"]
    for text in [validation["rule"] for node in lists for validation in node.get(VALIDATIONS, [])]:
        if len(re.findall(r"\.(all|exists|exists_one|map|filter)\(", text)) > 1:
            assert text.startswith("self.all(a, ")
            brackets = re.sub(r"'[^']*'|[^()]", "", text)
            depths = [*itertools.accumulate(1 if bracket == "(" else -1 for bracket in brackets)]
            assert depths.index(0) == len(depths) - 1


def test_every_rule_can_be_compiled(kind: Kind) -> None:
    for node in nodes(root_schema(kind)):
        for validation in node.get(VALIDATIONS, []):
            assert validation.keys() <= {"rule", "message", "messageExpression", "fieldPath", "reason"}
            if "oldSelf" not in validation["rule"]:
                assert compiled(validation["rule"])
            if "messageExpression" in validation:
                assert compiled(validation["messageExpression"])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("sets.contains(self, ['a'])", ["b", "a"]),
        ("!sets.contains(self, ['a', 'c'])", ["b", "a"]),
        ("sets.equivalent(self, ['a', 'b', 'a'])", ["b", "a"]),
        ("sets.intersects(self, ['c', 'a'])", ["b", "a"]),
        ("!sets.intersects(self, [])", ["b"]),
        (r"self.matches(r'^[\p{L}]+$') && size(self) == 2", "\u00df\u65e5"),
        (r"!self.matches('^a$')", "a\n"),
        ("self.join(', ') == 'a, b'", ["a", "b"]),
        ("self.size() == 2 && string(self.n) == '3'", {"n": 3, "m": 1}),
    ],
)
def test_what_rules_may_use(expression: str, value: Any) -> None:
    assert evaluate(expression, value) is True
