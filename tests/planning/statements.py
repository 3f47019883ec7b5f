"""Statements of repository policies as they are met in AWS, and as specs hold them."""

import json
from typing import Any

from tests.planning.samples import ACCOUNT, NAME, REGION

Statement = dict[str, Any]

OTHER = "210987654321"
"""Another account."""
ROOT = f"arn:aws:iam::{OTHER}:root"
ROLE = f"arn:aws:iam::{OTHER}:role/deployer"
DELETED = "AROAABCDEFGHIJKLMNOPQ"
"""What AWS shows in place of a role that was deleted."""

LAMBDA: Statement = {
    "Sid": "LambdaECRImageRetrievalPolicy",
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    "Condition": {"StringLike": {"aws:sourceArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:*"}},
}
"""What Lambda writes by itself when a function is made of an image."""

PULL: Statement = {
    "Sid": "EcrOperatorPull",
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
}
"""What the operator makes of `PULL_ACCESS`."""
PULL_ACCESS: dict[str, Any] = {"pull": {"accounts": [OTHER]}}

FOREIGN: dict[str, Any] = {
    "one of Lambda": LAMBDA,
    "one without a Sid": {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"},
    "one with an empty Sid": {"Sid": "", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"},
    "one with a Sid that is no text": {"Sid": 7, "Effect": "Allow", "Principal": "*", "Action": "ecr:*"},
    "one with NotPrincipal": {
        "Sid": "OnlyUs",
        "Effect": "Deny",
        "NotPrincipal": {"AWS": [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/admin"]},
        "NotAction": "ecr:DescribeImages",
    },
    "one with a Resource": {
        "Sid": "Old",
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "ecr:*",
        "Resource": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}",
    },
    "one with members that nobody knows": {
        "Sid": "Future",
        "Effect": "Allow",
        "Principal": {"Quantum": ["a", {"b": None}]},
        "Action": {"Verbs": ["pull"]},
        "Duration": {"Hours": [2, 1.5, True, None]},
    },
    "one with conditions that nobody knows": {
        "Sid": "Conditions",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "ecr:PutImage",
        "Condition": {"ForAllValues:MoonPhase": {"aws:Moon": ["full", 1]}, "Null": True},
    },
    "one of a deleted role": {
        "Sid": "Ghost",
        "Effect": "Allow",
        "Principal": {"AWS": DELETED},
        "Action": "ecr:BatchGetImage",
    },
    "one whose Sid is like ours in other letters": {
        "Sid": "ecroperatorPull",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "ecr:BatchGetImage",
    },
    "one with letters of another script": {
        "Sid": "Größe 大きい",
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "ecr:BatchGetImage",
    },
    "a text": "Allow",
    "nothing": None,
    "a list": [1, [2]],
}
"""Statements of others, some of which AWS would not take today."""


def allow(sid: str | None = "Audit", **members: Any) -> Statement:
    """A statement of a spec; None leaves a member out."""
    found = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "ecr:BatchGetImage",
    } | members
    return {name: value for name, value in found.items() if value is not None}


def policy(*statements: Any, version: str | None = "2012-10-17", **members: Any) -> str:
    """The text of a policy."""
    stated = {} if version is None else {"Version": version}
    return json.dumps({**stated, **members, "Statement": list(statements)})
