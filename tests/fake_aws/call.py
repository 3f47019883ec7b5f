"""One AWS API call: what an HTTP request asks for, read once and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from .accounts import Caller

IAM_PREFIX = {"tagging": "tag"}
"""IAM's name of a service, where it is not the signing name."""

BARE = frozenset({"ecr", "tagging", "sts"})
"""Services whose operations are counted and matched by their bare name (others: ``kms:DescribeKey``)."""

UNSIGNED_STS = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a service, by a caller, in a region."""

    service: str
    """The signing name: ``ecr``, ``tagging``, ``sts``, ``kms``."""
    operation: str
    region: str
    caller: Caller | None
    """None when the request carries no credentials."""
    parameters: Mapping[str, Any]
    repositories: tuple[str, ...]
    """The repositories that the request names: by name, in a list of names, or in an ARN."""

    @property
    def label(self) -> str:
        """The operation's name in counters and fault rules."""
        return self.operation if self.service in BARE else f"{self.service}:{self.operation}"

    @property
    def action(self) -> str:
        """The IAM action that the call needs."""
        return f"{IAM_PREFIX.get(self.service, self.service)}:{self.operation}"

    @property
    def account(self) -> str:
        """The account that is asked; empty for a request without credentials."""
        return self.caller.account if self.caller else ""


def scope_of(authorization: str) -> tuple[str, str, str] | None:
    """Key id, region and service of a Signature Version 4 Authorization header."""
    _, found, credential = authorization.partition("Credential=")
    parts = credential.split(",", 1)[0].split("/")
    if not found or len(parts) != 5:
        return None
    return parts[0], parts[2], parts[3]


def parameters_of(body: bytes, target: str) -> tuple[str, dict[str, Any]]:
    """Operation and parameters of a request: of the JSON protocols (with a target) or the query protocol."""
    if target:
        try:
            parameters = json.loads(body)
        except ValueError:
            parameters = {}
        return target.rpartition(".")[2], parameters if isinstance(parameters, dict) else {}
    form: dict[str, Any] = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return str(form.pop("Action", "")), form


def repositories_of(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the ECR repositories that `parameters` mention."""
    names: list[str] = []
    if isinstance(name := parameters.get("repositoryName"), str):
        names.append(name)
    if isinstance(listed := parameters.get("repositoryNames"), list):
        names.extend(name for name in listed if isinstance(name, str))
    arns = parameters.get("ResourceARNList") or [parameters.get("resourceArn")]
    if isinstance(arns, list):
        texts = (arn for arn in arns if isinstance(arn, str) and ":repository/" in arn)
        names.extend(arn.partition(":repository/")[2] for arn in texts)
    return tuple(names)
