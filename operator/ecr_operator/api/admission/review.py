"""All that the API server would refuse in one object."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ecr_operator.api.admission.field_error import FieldError, quoted
from ecr_operator.api.admission.lists import list_errors
from ecr_operator.api.admission.metadata import METADATA_SCHEMA, metadata_errors
from ecr_operator.api.admission.pruning import pruned
from ecr_operator.api.admission.rules import rule_errors
from ecr_operator.api.admission.transitions import transition_errors
from ecr_operator.api.admission.values import value_errors
from ecr_operator.api.crd import root_schema
from ecr_operator.api.kind import Kind
from ecr_operator.api.kinds import KINDS
from ecr_operator.api.names import API_VERSION
from ecr_operator.api.schema import Schema

_NOT_CHECKED: Final = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the API server would refuse."""

    path: str
    """The field, as the API server writes it, for example `spec.tags[team]`; empty for the whole object."""
    sentence: str
    """The API server's words, which begin with the path where it names one."""


def problems(obj: Any) -> tuple[str, ...]:
    """Return what the API server would refuse when the object is applied for the first time.

    One sentence per problem, in the API server's words; empty for an object that it would take. ``obj`` is
    what a manifest holds, of any shape; `metadata.namespace` may be missing, as kubectl puts one there.
    """
    return tuple(problem.sentence for problem in located_problems(obj))


def located_problems(obj: Any) -> tuple[Problem, ...]:
    """Return the same problems as `problems`, each with the field that it is about."""
    if not isinstance(obj, dict):
        return (Problem("", "invalid object to validate: write apiVersion, kind, metadata and spec"),)
    kind = next((kind for kind in KINDS if kind.kind == obj.get("kind")), None)
    if kind is None or obj.get("apiVersion") != API_VERSION:
        return _unknown_kind(obj)
    schema = _schema(kind)
    kept, unknown = pruned(obj, schema)
    # What is written there is dropped before anybody looks at it: status is the operator's.
    kept.pop("status", None)
    errors = list(_errors(kept, schema))
    told = [Problem(path, f'unknown field "{path}"') for path in unknown]
    blocked = any(error.blocks_rules for error in errors)
    if not blocked:
        errors += rule_errors(kept, schema)
    told += [Problem(error.path, str(error)) for error in errors]
    if blocked:
        told.append(Problem("", _NOT_CHECKED))
    return tuple(dict.fromkeys(told))


def change_problems(obj: dict[str, Any], old: dict[str, Any]) -> tuple[str, ...]:
    """Return what the API server would refuse of the change from ``old``, beyond the problems of ``obj``.

    ``obj`` must have none of those, and ``old`` is the object as the API server has it.
    """
    kind = next(kind for kind in KINDS if kind.kind == obj["kind"])
    return tuple(map(str, transition_errors(obj, old, _schema(kind))))


def _errors(obj: dict[str, Any], schema: Schema) -> Iterator[FieldError]:
    """Yield all errors but those of CEL rules."""
    metadata = obj.setdefault("metadata", {})
    if not any(value_errors(metadata, METADATA_SCHEMA)):
        yield from metadata_errors(metadata)
    yield from value_errors(obj, schema)
    yield from list_errors(obj, schema)


def _unknown_kind(obj: dict[str, Any]) -> tuple[Problem, ...]:
    """Return why nothing takes an object of this type: a part is missing, or there is no such kind."""
    kind, version = obj.get("kind"), obj.get("apiVersion")
    missing = [part for part, value in (("apiVersion", version), ("kind", kind)) if not value]
    if missing:
        return tuple(Problem("", f"{part} not set") for part in missing)
    known = ", ".join(kind.kind for kind in KINDS)
    sentence = (
        f"no matches for kind {quoted(str(kind))} in version {quoted(str(version))}: "
        f"the kinds of {API_VERSION} are {known}"
    )
    return (Problem("kind" if version == API_VERSION else "apiVersion", sentence),)


@cache
def _schema(kind: Kind) -> Schema:
    """The schema of the kind's CRD, with what the API server itself knows of metadata."""
    schema = root_schema(kind)
    return schema | {"properties": schema["properties"] | {"metadata": METADATA_SCHEMA}}
