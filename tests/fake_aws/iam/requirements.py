"""What a call has to be allowed: actions, resources, and the condition keys that the request has.

Source: Service Authorization Reference of each service; ECR User Guide, "Using tag-based access control" ("If
tags are specified in the resource-creating action, Amazon performs additional authorization", which is
ecr:TagResource: estahn/k8s-image-swapper#416 quotes AWS's notice) and "Encryption at rest", "Required
permissions" (with a customer managed key: kms:CreateGrant, kms:DescribeKey and kms:RetireGrant, asked for by
ECR in the caller's name). Listings without names are authorised on ``repository/*``, a list of names on each.
sts:GetServiceBearerToken has no resource type and the key sts:AWSServiceName ("... for AWS Security Token
Service"; fluxcd/pkg#938 quotes the refusal: "on resource: *"). Under enhanced scanning
DescribeImageScanFindings needs inspector2:ListFindings too (alexjurkiewicz/ecr-scan-image#19 quotes the
refusal: "on resource: arn:aws:inspector2:<region>:<account>:/findings/list").

Inferred: the name of ECR Public's service (``ecr-public.amazonaws.com``); a repository that is about to be
created, or that does not exist, has no resource tags; the service's own requests to KMS carry kms:ViaService
and kms:CallerAccount; CreateGrant and DescribeKey are asked for at create and RetireGrant at delete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from moto.kms.models import kms_backends
from moto.utilities.utils import get_partition

from ..aws_error import AwsError
from ..call import Call
from ..ecr.backend import StoredRepository, registry_of
from ..ecr.encryption import find_key
from ..permissions import LIST_FINDINGS, actions_of, findings_list, reads_inspector
from .conditions import Context
from .operations import (
    ON_A_KEY,
    ON_A_ROLE,
    ON_EVERYTHING,
    ON_PUBLIC_REPOSITORIES,
    ON_REPOSITORIES,
    ON_THE_REGISTRY,
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One question to the policies. `asker` is the service that asks in the caller's name, if one does."""

    action: str
    resource: str
    context: Context
    asker: str | None = None


def requirements(call: Call) -> list[Requirement]:
    """All that `call` has to be allowed; AwsError for an operation that the table does not have."""
    request = request_keys(call)
    if call.service == "ecr" and call.operation in ON_REPOSITORIES:
        return list(of_repositories(call, request))
    if call.service == "ecr" and call.operation in ON_THE_REGISTRY:
        return [Requirement(call.action, "*", request)]
    if call.action in ON_EVERYTHING:
        bearer = {**request, "sts:awsservicename": (f"{call.service}.amazonaws.com",)}
        return [
            Requirement(action, "*", bearer if action == "sts:GetServiceBearerToken" else request)
            for action in actions_of(call)
        ]
    if call.action in ON_PUBLIC_REPOSITORIES:
        name = call.repositories[0] if call.repositories else "*"
        arn = f"arn:{get_partition(call.region)}:ecr-public::{call.account}:repository/{name}"
        return [Requirement(call.action, arn, {**request, "aws:resourceaccount": (call.account,)})]
    if call.action in ON_A_ROLE:
        role = str(call.parameters.get("RoleArn", "*"))
        return [Requirement(action, role, request) for action in actions_of(call)]
    if call.action in ON_A_KEY:
        return [Requirement(call.action, key_arn(call, str(call.parameters.get("KeyId"))) or "*", request)]
    raise AwsError(
        "NotImplementedByFakeAws", f"{call.action} is missing in tests/fake_aws/iam/operations.py", 501
    )


def request_keys(call: Call) -> dict[str, tuple[str, ...]]:
    """The keys of the request itself: who and where, and the tags that it brings."""
    assert call.caller is not None
    keys: dict[str, tuple[str, ...]] = {
        "aws:principalaccount": (call.account,),
        "aws:principalarn": (call.caller.role or call.caller.arn,),
        "aws:requestedregion": (call.region,),
        "aws:securetransport": ("true",),
    }
    for parameter in ("ExternalId", "RoleSessionName"):
        if call.service == "sts" and parameter in call.parameters:
            keys[f"sts:{parameter}".lower()] = (str(call.parameters[parameter]),)
    tags = [tag for tag in call.parameters.get("tags") or () if isinstance(tag, dict) and "Key" in tag]
    for tag in tags:
        keys[f"aws:requesttag/{tag['Key']}".lower()] = (str(tag.get("Value", "")),)
    names = [tag["Key"] for tag in tags] or call.parameters.get("tagKeys")
    if names:
        keys["aws:tagkeys"] = tuple(str(name) for name in names)
    return keys


def of_repositories(call: Call, request: dict[str, tuple[str, ...]]) -> Iterator[Requirement]:
    """The questions that an operation on repositories raises."""
    registry = str(call.parameters.get("registryId") or call.account)
    arn = call.parameters.get("resourceArn")
    prefix = f"arn:{get_partition(call.region)}:ecr:{call.region}:{registry}:repository/"
    if arn is not None or not call.repositories:
        names = [
            (
                str(arn) if arn is not None else f"{prefix}*",
                call.repositories[0] if call.repositories else None,
            )
        ]
    else:
        names = [(prefix + name, name) for name in call.repositories]
    for resource, name in names:
        creates = call.operation == "CreateRepository"
        stored = None if creates or name is None else repository_of(call, name)
        context = {**request, "aws:resourceaccount": (registry,), **resource_keys(call, stored)}
        yield Requirement(call.action, resource, context)
        if creates and call.parameters.get("tags"):
            yield Requirement("ecr:TagResource", resource, context)
        if reads_inspector(call):
            yield Requirement(LIST_FINDINGS, findings_list(call), request)
        yield from of_keys(call, stored, request)


def repository_of(call: Call, name: str) -> StoredRepository | None:
    """The repository that a call names."""
    return registry_of(registry_id(call), call.region).repositories.get(name)


def registry_id(call: Call) -> str:
    """The account of the registry that a call names: the caller's own unless it says another."""
    registry = str(call.parameters.get("registryId") or "")
    return registry if re.fullmatch(r"\d{12}", registry) else call.account


def resource_keys(call: Call, stored: StoredRepository | None) -> dict[str, tuple[str, ...]]:
    """The tags that a repository has, under both names that they have in conditions."""
    tags = registry_of(registry_id(call), call.region).tags_of(stored) if stored else {}
    return {
        f"{kind}:resourcetag/{key}".lower(): (value,)
        for key, value in tags.items()
        for kind in ("aws", "ecr")
    }


def key_arn(call: Call, reference: str) -> str | None:
    """The ARN of a customer managed key; None for one that is not there, or that AWS manages."""
    key = find_key(kms_backends[call.account][call.region], reference)
    return None if key is None or key.key_manager == "AWS" else str(key.arn)


def of_keys(
    call: Call, stored: StoredRepository | None, request: dict[str, tuple[str, ...]]
) -> Iterator[Requirement]:
    """What ECR asks KMS for in the caller's name: grants at create, to retire them at delete."""
    if call.operation == "CreateRepository":
        wanted = call.parameters.get("encryptionConfiguration")
        reference = wanted.get("kmsKey") if isinstance(wanted, dict) else None
        actions = ["kms:DescribeKey", "kms:CreateGrant"]
    elif call.operation == "DeleteRepository" and stored is not None:
        reference = (stored.encryption_configuration or {}).get("kmsKey")
        actions = ["kms:RetireGrant"]
    else:
        return
    arn = key_arn(call, reference) if isinstance(reference, str) else None
    if arn is None:
        return
    context = {
        **request,
        "aws:resourceaccount": (call.account,),
        "kms:calleraccount": (call.account,),
        "kms:viaservice": (f"ecr.{call.region}.amazonaws.com",),
    }
    for action in actions:
        grant = {"kms:grantisforawsresource": ("true",)} if action == "kms:CreateGrant" else {}
        yield Requirement(action, arn, {**context, **grant}, asker="kms")
