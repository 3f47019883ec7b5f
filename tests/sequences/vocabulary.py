"""The values that a schema does not say: texts that CEL checks, and members without a type.

Few, so that two specs of one sequence meet in them. Some are refused by AWS or in planning, not by the API
server: such an object is Stalled until the next spec.
"""

from typing import Any

MISSING_PRINCIPALS = "arn:aws:iam::*:role/missing*"
"""Roles that the fake AWS is to know nothing of, as a glob."""
OTHER_OWNER = "other/team/web"
OWN_ARN = "<arn>"
"""Stands for the ARN of the repository that the spec is for."""

_ROLE = "arn:aws:iam::210987654321:role/ci"
_TEAM = {"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"}}

VALUES: dict[str, list[Any]] = {
    "accounts[]": ["123456789012", "210987654321", "111122223333"],
    "principals[]": [
        *(_ROLE, "arn:aws:iam::210987654321:user/ann", "arn:aws:iam::111122223333:root") * 3,
        "arn:aws:iam::210987654321:role/missing",
    ],
    "organizations[]": ["o-a1b2c3d4e5", "o-zzzzzzzzzz"],
    "services[]": ["codebuild.amazonaws.com", "ecs-tasks.amazonaws.com"],
    "functions[]": [
        "arn:aws:lambda:eu-central-1:210987654321:function:orders-*",
        "arn:aws:lambda:eu-central-1:123456789012:function:web",
    ],
    "adoptFrom": [OTHER_OWNER, "other/team/api"],
    "filter": ["latest", "dev-*", "*-rc*"],
    "description": ["", "keeps the newest", "räumt auf"],
    "tagPatternList[]": ["b*", "a*", "*test*", "v1.*"],
    "protectedTags": [["prod-*"], ["v?", "release-*"]],
    "tagPrefixList[]": ["prod", "beta", "dev-"],
    "tags{key}": ["a", "b", "c", "team", "Kosten Stelle"],
    "tags{}": ["", "1", "2", "ein Wert: ü/@+=-_."],
    "Sid": ["one", "two", "three"],
    "Principal": [
        "*",
        {"AWS": "*"},
        {"AWS": "210987654321"},
        {"AWS": ["arn:aws:iam::210987654321:root", _ROLE]},
        {"AWS": [_ROLE]},
        {"Service": "codebuild.amazonaws.com"},
        {"AWS": "arn:aws:iam::210987654321:role/missing"},
    ],
    "NotPrincipal": [{"AWS": "210987654321"}, {"AWS": [_ROLE, "111122223333"]}],
    "Action": [
        "ecr:BatchGetImage",
        ["ecr:BatchGetImage"],
        ["ecr:PutImage", "ecr:ListImages"],
        ["ecr:ListImages", "ecr:PutImage"],
        "ecr:Describe*",
        "s3:GetObject",
    ],
    "NotAction": ["ecr:BatchGetImage", ["ecr:DeleteRepository", "ecr:SetRepositoryPolicy"]],
    "Resource": ["*", OWN_ARN, "*", OWN_ARN, "arn:aws:ecr:eu-central-1:123456789012:repository/another"],
    "Condition": [
        _TEAM,
        {"Bool": {"aws:SecureTransport": True}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"StringLike": {"aws:sourceArn": ["arn:aws:lambda:*:123456789012:function:*"]}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringEquals": {"aws:PrincipalOrgID": "x" * 11_000}},
    ],
}
"""By the last part of the field's path."""

ENCRYPTIONS: list[dict[str, Any] | None] = [
    *[None] * 6,
    {"encryptionType": "AES256"},
    {"encryptionType": "KMS"},
    {"encryptionType": "KMS", "kmsKey": "alias/aws/ecr"},
    {"encryptionType": "KMS", "kmsKey": "alias/none"},
]
"""Immutable, so drawn once for a whole sequence; the last one is no key of the account."""
