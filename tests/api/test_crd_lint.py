"""Every generated CRD keeps to the conventions, and the linter that says so can find what is wrong."""

from typing import Any

import pytest

from ecr_operator.api.crd import crd
from ecr_operator.api.kind import Kind
from ecr_operator.api.kinds import KINDS
from tests.api.crd_linter import lint

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)


def schema_of(kind: Kind) -> dict[str, Any]:
    schema: dict[str, Any] = crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


@each_kind
def test_the_schema_keeps_to_the_conventions(kind: Kind) -> None:
    assert lint(schema_of(kind)) == []


@each_kind
def test_spec_is_always_there_and_status_is_optional(kind: Kind) -> None:
    schema = schema_of(kind)
    assert schema["properties"].keys() == {"apiVersion", "kind", "metadata", "spec", "status"}
    by_default = schema["properties"]["spec"].get("default") == {}
    assert schema.get("required", []) == ([] if by_default else ["spec"])


@each_kind
def test_no_field_of_status_is_required(kind: Kind) -> None:
    assert "required" not in schema_of(kind)["properties"]["status"]


@each_kind
def test_conditions_have_the_shape_of_metav1_condition(kind: Kind) -> None:
    conditions = schema_of(kind)["properties"]["status"]["properties"]["conditions"]
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    item = conditions["items"]
    assert set(item["required"]) == {"type", "status", "reason", "message", "lastTransitionTime"}
    assert item["properties"].keys() == set(item["required"]) | {"observedGeneration"}
    assert item["properties"]["status"]["enum"] == ["True", "False", "Unknown"]
    assert item["properties"]["message"]["maxLength"] == 512


@each_kind
def test_the_version_has_a_status_subresource_and_the_common_columns(kind: Kind) -> None:
    manifest = crd(kind)
    (version,) = manifest["spec"]["versions"]
    assert version["subresources"] == {"status": {}}
    assert (version["served"], version["storage"]) == (True, True)
    columns = [column["name"] for column in version["additionalPrinterColumns"]]
    assert columns[-3:] == ["Ready", "Reason", "Age"]
    assert manifest["metadata"]["name"] == f"{kind.plural}.ecr-operator.dev"
    assert manifest["spec"]["names"]["categories"] == ["ecr"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a list without a type": ({"type": "array", "maxItems": 1, "items": {"type": "boolean"}}, "list-type"),
    "a list without a bound": (
        {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "boolean"}},
        "maxItems",
    ),
    "a list keyed by an optional field": (
        {
            "type": "array",
            "maxItems": 1,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "description": "An item.", "properties": {}},
        },
        "must be required",
    ),
    "a string without a bound": ({"type": "string"}, "maxLength"),
    "a map without a bound": (
        {"type": "object", "additionalProperties": {"type": "boolean"}},
        "maxProperties",
    ),
    "a float": ({"type": "number"}, "floats"),
    "no type": ({}, "missing types"),
    "null": ({"type": "boolean", "nullable": True}, "nullable"),
    "a reference": ({"type": "boolean", "$ref": "#/x"}, "$ref"),
    "a default": ({"type": "boolean", "default": True}, "default"),
    "an integer without bounds": ({"type": "integer", "format": "int64"}, "bounds"),
    "an integer without a format": ({"type": "integer", "minimum": 0}, "int64"),
    "a description that is no sentence": ({"type": "boolean", "description": "whether"}, "full stop"),
    "an undeclared required field": ({"type": "object", "required": ["x"], "properties": {}}, "not declared"),
    "a rule without a message": (
        {"type": "boolean", "x-kubernetes-validations": [{"rule": "self"}]},
        "back-quotes",
    ),
    "a rule that says should": (
        {"type": "boolean", "x-kubernetes-validations": [{"rule": "self", "message": "`x` should be true"}]},
        "should",
    ),
}


@pytest.mark.parametrize(("node", "finding"), WRONG.values(), ids=WRONG.keys())
def test_the_linter_finds(node: dict[str, Any], finding: str) -> None:
    field = {"description": "A field."} | node
    root = {"type": "object", "description": "An object.", "properties": {"field": field}}
    assert any(finding in line for line in lint(root)), lint(root)


@pytest.mark.parametrize("format", ["date-time", "date"])
def test_the_linter_takes_a_format_for_a_bound(format: str) -> None:
    field = {"type": "string", "format": format, "description": "A field."}
    assert lint({"type": "object", "description": "An object.", "properties": {"field": field}}) == []


def test_the_linter_finds_an_object_that_server_side_apply_could_not_empty() -> None:
    inner = {"type": "object", "description": "An object.", "properties": {}}
    spec = inner | {"properties": {"field": inner}, "default": {}}
    assert any("atomic" in line for line in lint({**inner, "properties": {"spec": spec}}))


def test_the_linter_finds_names_that_are_not_camel_case() -> None:
    root = {"type": "object", "description": "An object.", "properties": {"a_b": {"type": "boolean"}}}
    assert any("camelCase" in line for line in lint(root))


def test_the_linter_lets_only_an_open_object_have_capitalised_names() -> None:
    root = {"type": "object", "description": "An object.", "properties": {"Sid": {"type": "boolean"}}}
    assert any("camelCase" in line for line in lint(root))
    assert not any(
        "camelCase" in line for line in lint(root | {"x-kubernetes-preserve-unknown-fields": True})
    )


def test_the_linter_looks_into_an_open_object() -> None:
    root = {"type": "number", "description": "An object.", "x-kubernetes-preserve-unknown-fields": True}
    assert any("floats" in line for line in lint(root))
