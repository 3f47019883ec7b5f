"""The IAM policy documents that the operator needs: every action that `aws` calls, and no other.

Which resources and condition keys an action has is from the Service Authorization Reference; what ECR asks
KMS for in the caller's name is from the ECR User Guide, "Encryption at rest". `tests/e2e/test_iam_policy.py`
holds the actions against the calls.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecr_operator.api.names import OWNER_TAG

LONGEST = 6144
"""Characters of a managed policy, white space aside (IAM User Guide, "IAM and AWS STS quotas")."""

READS = (
    "ecr:BatchGetImage",
    "ecr:BatchGetRepositoryScanningConfiguration",
    "ecr:DescribeImageScanFindings",
    "ecr:DescribeImages",
    "ecr:GetLifecyclePolicy",
    "ecr:GetLifecyclePolicyPreview",
    "ecr:GetRepositoryPolicy",
    "ecr:ListImages",
    "ecr:ListTagsForResource",
)
"""BatchGetImage tells which images an index refers to, where an image in use may be one of them."""
REGISTRY_READS = (
    "ecr:DescribeRegistry",
    "ecr:GetRegistryScanningConfiguration",
    "ecr:ListPullTimeUpdateExclusions",
    "inspector2:ListFindings",
)
"""ListFindings of Amazon Inspector is asked of whoever reads the findings of enhanced scanning."""
CREATION = ("ecr:CreateRepository", "ecr:TagResource")
"""A creation with tags needs ecr:TagResource too, and an adoption is a TagResource."""
WRITES = (
    "ecr:DeleteLifecyclePolicy",
    "ecr:DeleteRepository",
    "ecr:DeleteRepositoryPolicy",
    "ecr:PutImageScanningConfiguration",
    "ecr:PutImageTagMutability",
    "ecr:PutLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "ecr:StartImageScan",
    "ecr:StartLifecyclePolicyPreview",
    "ecr:UntagResource",
)
PULLS = ("ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:GetDownloadUrlForLayer")
"""What a token has to stand for to pull with it (AWS's managed policy AmazonEC2ContainerRegistryPullOnly)."""
PUBLIC_TOKENS = ("ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken")
"""Both are needed (ECR Public API Reference, "GetAuthorizationToken")."""
KEY_USES = ("kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant")

PARTITIONS = {
    "cn-": "aws-cn",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
}
"""By how the names of their Regions begin (botocore's partitions.json); all others are in `aws`."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the operator's rights are narrowed to; by itself they reach every repository."""

    partition: str = "aws"
    region: str = "*"
    account: str = "*"
    repository_names: Sequence[str] = ("*",)
    """Globs; `*` matches slashes too, as in IAM."""
    kms_key_arns: Sequence[str] = ()
    owned_only: bool = False
    """Only repositories with an owner tag are changed, and none is created or adopted without one."""
    own_tokens: bool = False
    """Whether EcrPullSecrets may hand out the operator's own identity, which pulls with it then."""
    public_tokens: bool = False
    """Whether they may hand out tokens of ECR Public for it."""
    pull_role_arns: Sequence[str] = ()
    """The roles whose credentials they hand out."""
    session_tags: bool = False
    """Whether the operator's identity has session tags, which go on to these roles."""


def operator_policy(scope: Scope) -> Document:
    """The identity-based policy of the operator's identity, or of the role that it assumes."""
    repositories = [_repository(scope, glob) for glob in scope.repository_names]
    writes: tuple[str, ...] = WRITES
    asked: Document = {}
    held: Document = {}
    if scope.owned_only:
        writes = (*WRITES, "ecr:TagResource")
        asked, held = _is_there(f"aws:RequestTag/{OWNER_TAG}"), _is_there(f"aws:ResourceTag/{OWNER_TAG}")
    # Neither has a resource type.
    here = {"StringEquals": {"aws:RequestedRegion": scope.region}} if scope.region != "*" else {}
    statements = [
        _allow("ReadRegistry", REGISTRY_READS, ["*"], here),
        # A listing without names is authorised on all repositories, whatever the operator may write.
        _allow("ListRepositories", ["ecr:DescribeRepositories"], [_repository(scope, "*")]),
        _allow("ListTags", ["tag:GetResources"], ["*"], here),
        _allow("ReadRepositories", READS, repositories),
        _allow("CreateAndAdoptRepositories", CREATION, repositories, asked),
        _allow("ChangeRepositories", sorted(writes), repositories, held),
    ]
    if scope.kms_key_arns:
        # "ecr.*" stands for ecr.<region>.<domain of the partition>, which AWS sets.
        service = "ecr.*" if scope.region == "*" else f"ecr.{scope.region}.*"
        via = {"StringLike": {"kms:ViaService": service}}
        statements.append(_allow("UseKeysThroughEcr", KEY_USES, scope.kms_key_arns, via))
    if scope.own_tokens:
        statements.append(_allow("HandOutTokens", ["ecr:GetAuthorizationToken"], ["*"], here))
        statements.append(_allow("PullWithThem", PULLS, repositories))
    if scope.public_tokens:
        statements.append(_allow("HandOutPublicTokens", PUBLIC_TOKENS, ["*"]))
    if scope.pull_role_arns:
        statements.append(_assume("AssumePullRoles", scope.pull_role_arns, scope.session_tags))
    return _document(statements)


def assume_role_policy(
    role_arn: str, *, session_tags: bool = False, pull_role_arns: Sequence[str] = ()
) -> Document:
    """The policy of the Pod's own identity where ECR_OPERATOR_ROLE_ARN names another role.

    The roles of EcrPullSecrets are assumed by that identity too, not by the role.
    """
    statements = [_assume("AssumeRole", [role_arn], session_tags)]
    if pull_role_arns:
        statements.append(_assume("AssumePullRoles", pull_role_arns, session_tags))
    return _document(statements)


def partition_of(region: str) -> str:
    """The partition that the name of a Region tells."""
    return next((name for begin, name in PARTITIONS.items() if region.startswith(begin)), "aws")


def actions_of(document: Document) -> set[str]:
    """All actions that a document allows."""
    return {action for statement in document["Statement"] for action in statement["Action"]}


def size_of(document: Document) -> int:
    """The size that counts against `LONGEST`."""
    return len("".join(json.dumps(document).split()))


def _repository(scope: Scope, glob: str) -> str:
    return f"arn:{scope.partition}:ecr:{scope.region}:{scope.account}:repository/{glob}"


def _assume(sid: str, role_arns: Sequence[str], session_tags: bool) -> Document:
    return _allow(sid, ["sts:AssumeRole", *(["sts:TagSession"] if session_tags else [])], role_arns)


def _is_there(key: str) -> Document:
    return {"Null": {key: "false"}}


def _allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], condition: Document | None = None
) -> Document:
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _document(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}
