"""Policies as tests write them, and as they find them in AWS."""

import json
from typing import Any

from tests.fake_aws.client import ACCOUNT, REGION, FakeAws

OTHER = "210987654321"
"""Another account."""

LAMBDA: dict[str, Any] = {
    "Sid": "LambdaECRImageRetrievalPolicy",
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    "Condition": {"StringLike": {"aws:sourceArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:*"}},
}
"""What Lambda writes by itself when a function is made of an image."""
AUDIT: dict[str, Any] = {
    "Sid": "Audit",
    "Effect": "Allow",
    "Principal": {"AWS": OTHER},
    "Action": "ecr:DescribeImages",
}
RULE: dict[str, Any] = {
    "rulePriority": 1,
    "selection": {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 7,
    },
    "action": {"type": "expire"},
}


def policy(*statements: Any, **members: Any) -> str:
    """The text of a repository policy."""
    return json.dumps({"Version": "2012-10-17", **members, "Statement": list(statements)})


def statements(aws: FakeAws, repository: str) -> dict[str, Any]:
    """The statements that AWS holds, by Sid; none without a policy."""
    found = aws.policy(repository)
    return {statement["Sid"]: statement for statement in found["Statement"]} if found else {}
