"""STS's check of its parameters, against the constraints of botocore's model.

Source: the models of AssumeRole and AssumeRoleWithWebIdentity (``min``, ``max``, ``pattern``, required
members); the words of public reports ("1 validation error detected: Value '...' at 'roleSessionName' failed
to satisfy constraint: Member must ...", getmoto/moto#2075; "Request ARN is invalid"), code ValidationError,
HTTP 400. A sensitive value is not repeated (inferred).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..aws_error import AwsError
from ..model import operation_model
from .role import ROLE_ARN


def validation_error(message: str) -> AwsError:
    """STS's ValidationError."""
    return AwsError("ValidationError", message, 400)


def check(operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuse parameters (of the query protocol: all are text) that the model does not allow."""
    model = operation_model("sts", operation)
    assert model is not None
    assert model.input_shape is not None
    found = [
        problem
        for name, shape in model.input_shape.members.items()
        for problem in problems(name, shape, parameters.get(name), model.input_shape.required_members)
    ]
    if found:
        plural = "s" if len(found) > 1 else ""
        raise validation_error(f"{len(found)} validation error{plural} detected: {'; '.join(found)}")
    if not ROLE_ARN.fullmatch(parameters["RoleArn"]):
        raise validation_error("Request ARN is invalid")


def problems(name: str, shape: Any, value: str | None, required: list[str]) -> Iterator[str]:
    """What is wrong with one parameter, in STS's words."""
    field = name[0].lower() + name[1:]
    if value is None:
        if name in required:
            yield f"Value null at '{field}' failed to satisfy constraint: Member must not be null"
        return
    if shape.type_name not in ("string", "integer"):
        return
    metadata = shape.metadata
    shown = "***" if metadata.get("sensitive") else value
    where = f"Value '{shown}' at '{field}' failed to satisfy constraint: Member must"
    if shape.type_name == "integer":
        if not re.fullmatch(r"-?\d+", value):
            raise AwsError("MalformedInput", f"{value} is no number", 400)
        size, what = int(value), "have value"
    else:
        size, what = len(value), "have length"
        if "pattern" in metadata and not re.fullmatch(metadata["pattern"], value):
            yield f"{where} satisfy regular expression pattern: {metadata['pattern']}"
    if size < metadata.get("min", size):
        yield f"{where} {what} greater than or equal to {metadata['min']}"
    if size > metadata.get("max", size):
        yield f"{where} {what} less than or equal to {metadata['max']}"
