"""The authorization table: on what each operation is authorised.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon Elastic Container
Registry" and "... Registry Public" (the columns of actions and resource types), "... for AWS Resource Groups
Tagging API", "... for AWS Security Token Service", "... for AWS Key Management Service". An operation that is
in no list here is refused as a gap of the fake: add it with its row of that reference, never guess.
"""

from __future__ import annotations

ON_REPOSITORIES = frozenset(
    {
        "BatchCheckLayerAvailability",
        "BatchDeleteImage",
        "BatchGetImage",
        "BatchGetRepositoryScanningConfiguration",
        "CompleteLayerUpload",
        "CreateRepository",
        "DeleteLifecyclePolicy",
        "DeleteRepository",
        "DeleteRepositoryPolicy",
        "DescribeImageReplicationStatus",
        "DescribeImageScanFindings",
        "DescribeImageSigningStatus",
        "DescribeImages",
        "DescribeRepositories",
        "GetDownloadUrlForLayer",
        "GetLifecyclePolicy",
        "GetLifecyclePolicyPreview",
        "GetRepositoryPolicy",
        "InitiateLayerUpload",
        "ListImageReferrers",
        "ListImages",
        "ListTagsForResource",
        "PutImage",
        "PutImageScanningConfiguration",
        "PutImageTagMutability",
        "PutLifecyclePolicy",
        "SetRepositoryPolicy",
        "StartImageScan",
        "StartLifecyclePolicyPreview",
        "TagResource",
        "UntagResource",
        "UpdateImageStorageClass",
        "UploadLayerPart",
    }
)
"""ECR's operations with the resource type ``repository*``."""

ON_THE_REGISTRY = frozenset(
    {
        "CreatePullThroughCacheRule",
        "CreateRepositoryCreationTemplate",
        "DeletePullThroughCacheRule",
        "DeleteRegistryPolicy",
        "DeleteRepositoryCreationTemplate",
        "DeleteSigningConfiguration",
        "DeregisterPullTimeUpdateExclusion",
        "DescribePullThroughCacheRules",
        "DescribeRegistry",
        "DescribeReplicationBackfillResults",
        "DescribeRepositoryCreationTemplates",
        "GetAccountSetting",
        "GetAuthorizationToken",
        "GetRegistryPolicy",
        "GetRegistryScanningConfiguration",
        "GetSigningConfiguration",
        "ListPullTimeUpdateExclusions",
        "ListReplicationBackfills",
        "PutAccountSetting",
        "PutRegistryPolicy",
        "PutRegistryScanningConfiguration",
        "PutReplicationConfiguration",
        "PutSigningConfiguration",
        "RegisterPullTimeUpdateExclusion",
        "StartReplicationBackfill",
        "StopReplicationBackfill",
        "UpdatePullThroughCacheRule",
        "UpdateRepositoryCreationTemplate",
        "ValidatePullThroughCacheRule",
    }
)
"""ECR's operations without a resource type: a statement has to say ``"Resource": "*"`` (backfills: inferred).
"""

ON_EVERYTHING = frozenset(
    {
        "ecr-public:GetAuthorizationToken",
        "kms:ListKeys",
        "tag:GetResources",
        "tag:GetTagKeys",
        "tag:GetTagValues",
    }
)
"""Actions of other services without a resource type."""

ON_PUBLIC_REPOSITORIES = frozenset(
    {
        "ecr-public:BatchCheckLayerAvailability",
        "ecr-public:BatchDeleteImage",
        "ecr-public:CompleteLayerUpload",
        "ecr-public:InitiateLayerUpload",
        "ecr-public:PutImage",
        "ecr-public:UploadLayerPart",
    }
)
"""ECR Public's actions with the resource type ``repository*``, as far as a token is of use for them."""

ON_A_ROLE = frozenset({"sts:AssumeRole"})
ON_A_KEY = frozenset({"kms:DescribeKey"})
