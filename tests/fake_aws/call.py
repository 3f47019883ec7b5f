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
    """The signing name: ``ecr``, ``ecr-public``, ``tagging``, ``sts``, ``kms``."""
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
        """The account that is asked: the caller's; for a request without credentials that of the role that it
        names, if it names one.
        """
        return self.caller.account if self.caller else account_of(self.parameters.get("RoleArn"))


def account_of(arn: object) -> str:
    """The account in an ARN; empty for what is none."""
    parts = arn.split(":") if isinstance(arn, str) else []
    return parts[4] if len(parts) > 5 else ""


def region_of(path: str) -> str:
    """The Region of a request without credentials.

    AWS's Region is in the host's name (``sts.eu-west-1.amazonaws.com``), and ``sts.amazonaws.com`` is
    us-east-1; this AWS has one host, and ``<url>/regional/<region>`` is the endpoint of a Region.
    """
    _, found, region = path.partition("/regional/")
    return region.strip("/") if found else DEFAULT_REGION


def without_region(path: str) -> str:
    """The path as AWS's own endpoints have it."""
    return path.partition("/regional/")[0] or "/"


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
