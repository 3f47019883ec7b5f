"""The metadata of an object, as k8s.io/apimachinery (pkg/api/validation) checks it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecr_operator.api.admission.field_error import FieldError, Reason
from ecr_operator.api.admission.pruning import PRESERVE
from ecr_operator.api.schema import Schema

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer", "format": "int64"}
_FLAG: Final[Schema] = {"type": "boolean"}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}


def _list_of(properties: dict[str, Schema], required: Sequence[str] = ()) -> Schema:
    item = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "array", "items": item}


METADATA_SCHEMA: Final[Schema] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion"), _TEXT),
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), _TEXT),
        **dict.fromkeys(("generation", "deletionGracePeriodSeconds"), _NUMBER),
        **dict.fromkeys(("labels", "annotations"), _TEXTS),
        "finalizers": {"type": "array", "items": _TEXT},
        "ownerReferences": _list_of(
            dict.fromkeys(("apiVersion", "kind", "name", "uid"), _TEXT)
            | dict.fromkeys(("controller", "blockOwnerDeletion"), _FLAG),
            required=("apiVersion", "kind", "name", "uid"),
        ),
        "managedFields": _list_of(
            dict.fromkeys(("manager", "operation", "apiVersion", "time", "fieldsType", "subresource"), _TEXT)
            | {"fieldsV1": {PRESERVE: True}},
        ),
    },
}
"""ObjectMeta of meta/v1, as a structural schema."""

_ANNOTATIONS_MAX: Final = 256 * 1024
"""Bytes of all annotations, keys and values."""
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_ENDS: Final = "and must start and end with an alphanumeric character"


def metadata_errors(metadata: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield what is wrong with metadata whose values have the right types, on an object that is applied."""
    name = metadata.get("name")
    if name:
        yield from _invalid("metadata.name", name, _subdomain(name))
    elif metadata.get("generateName"):
        detail = (
            "cannot use generate name with apply; write `metadata.name` instead of `metadata.generateName`"
        )
        yield FieldError("metadata.name", Reason.REQUIRED, detail)
    else:
        yield FieldError("metadata.name", Reason.REQUIRED, "name or generateName is required")
    if generated := metadata.get("generateName"):
        # It is a prefix: letters follow a hyphen at its end.
        whole = generated[:-2] + "a" if len(generated) > 1 and generated.endswith("-") else generated
        yield from _invalid("metadata.generateName", generated, _subdomain(whole))
    if namespace := metadata.get("namespace"):
        yield from _invalid("metadata.namespace", namespace, _namespace(namespace))
    for key, value in metadata.get("labels", {}).items():
        yield from _invalid("metadata.labels", key, _qualified(key))
        yield from _invalid("metadata.labels", value, _label_value(value))
    annotations: Mapping[str, str] = metadata.get("annotations", {})
    for key in annotations:
        yield from _invalid("metadata.annotations", key, _qualified(key.lower()))
    if sum(len(text.encode()) for entry in annotations.items() for text in entry) > _ANNOTATIONS_MAX:
        detail = f"may not be more than {_ANNOTATIONS_MAX} bytes"
        yield FieldError("metadata.annotations", Reason.TOO_LONG, detail)
    for finalizer in metadata.get("finalizers", []):
        yield from _invalid("metadata.finalizers", finalizer, _qualified(finalizer))


def _invalid(path: str, value: str, details: Iterator[str]) -> Iterator[FieldError]:
    return (FieldError(path, Reason.INVALID, detail, value) for detail in details)


def _too_long(text: str, most: int, unit: str = "bytes") -> Iterator[str]:
    if len(text.encode()) > most:
        yield f"must be no more than {most} {unit}"


def _form(what: str, pattern: str, *examples: str) -> str:
    """Return the words for a broken pattern; the odd commas are the API server's."""
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{what} (e.g. {shown}regex used for validation is '{pattern}')"


def _subdomain(text: str, unit: str = "characters") -> Iterator[str]:
    """A name of an object, whose bytes the API server calls characters, or the prefix of a key."""
    yield from _too_long(text, 253, unit)
    if not re.fullmatch(_SUBDOMAIN, text):
        what = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
        yield _form(f"{what}, {_ENDS}", _SUBDOMAIN, "example.com")


def _namespace(text: str) -> Iterator[str]:
    yield from _too_long(text, 63, "characters")
    if re.fullmatch(_LABEL, text):
        return
    if re.fullmatch(_SUBDOMAIN, text):
        yield "must not contain dots"
    else:
        what = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"
        yield _form(f"{what}, {_ENDS}", _LABEL, "my-name", "123-abc")


def _qualified(text: str) -> Iterator[str]:
    """A key of a label or an annotation, or the name of a finalizer: `name` or `prefix/name`."""
    form = _form(
        f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS}",
        _KEY,
        "MyName",
        "my.name",
        "123-abc",
    )
    *prefixes, name = text.split("/")
    if len(prefixes) > 1:
        hint = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        yield f"a valid label key {form} {hint}"
        return
    for prefix in prefixes:
        details = _subdomain(prefix, "bytes") if prefix else ["must be non-empty"]
        yield from (f"prefix part {detail}" for detail in details)
    if not name:
        yield "name part must be non-empty"
    yield from (f"name part {detail}" for detail in _too_long(name, 63))
    if not re.fullmatch(_KEY, name):
        yield f"name part {form}"


def _label_value(text: str) -> Iterator[str]:
    yield from _too_long(text, 63)
    if not re.fullmatch(f"({_KEY})?", text):
        what = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'"
        yield _form(f"{what}, {_ENDS}", f"({_KEY})?", "MyValue", "my_value", "12345")
