"""The constraints that botocore's model states for requests, checked as the service checks them.

boto3 itself checks only types, required members and minimum lengths; patterns, enums and maxima reach AWS.
Source: the ``pattern``, ``enum``, ``min`` and ``max`` of the models, and the words of known ECR answers
("must satisfy regular expression", "Member must satisfy enum value set").
"""

from __future__ import annotations

import re
from typing import Any

from .aws_error import AwsError, invalid_parameter

TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": (int, float, str),
    "blob": str,
}


def check_request(shape: Any, parameters: dict[str, Any]) -> None:
    """Raise the error with which AWS answers `parameters` that do not fit the request's `shape`."""
    if shape is not None:
        check_structure(shape, parameters, "")


def check_structure(shape: Any, value: dict[str, Any], path: str) -> None:
    """Check the members of a structure; unknown members are ignored, as AWS's JSON protocol does."""
    for name in shape.required_members:
        if value.get(name) is None:
            raise invalid_parameter(join(path, name), "Missing required field")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            check_value(member, value[name], join(path, name))


def check_value(shape: Any, value: Any, path: str) -> None:
    """Check one value against its shape."""
    expected = TYPES.get(shape.type_name)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and expected is int)):
        raise AwsError("SerializationException", f"{path} can not be converted to a {shape.type_name}")
    if shape.type_name == "structure":
        check_structure(shape, value, path)
    elif shape.type_name == "list":
        check_range(shape.metadata, len(value), "have length", path)
        for number, item in enumerate(value, 1):
            check_value(shape.member, item, f"{path}.{number}.member")
    elif shape.type_name == "string":
        check_string(shape, value, path)
    elif shape.type_name in {"integer", "long"}:
        check_range(shape.metadata, value, "have value", path)


def check_string(shape: Any, value: str, path: str) -> None:
    """Check the length, the pattern and the enum of a string."""
    metadata = shape.metadata
    check_range(metadata, len(value), "have length", path)
    pattern = metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise invalid_parameter(path, f"must satisfy regular expression '{pattern}'")
    allowed = metadata.get("enum")
    if allowed and value not in allowed:
        raise invalid_parameter(path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")


def check_range(metadata: dict[str, Any], number: int, what: str, path: str) -> None:
    """Check a length or a value against the model's ``min`` and ``max``."""
    if "min" in metadata and number < metadata["min"]:
        raise invalid_parameter(path, f"must {what} greater than or equal to {metadata['min']}")
    if "max" in metadata and number > metadata["max"]:
        raise invalid_parameter(path, f"must {what} less than or equal to {metadata['max']}")


def join(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name
