"""The statements that AWS's documentation shows, as a user would paste them.

ECR User Guide, "Private repository policy examples", and "Amazon ECR cross-account access for Lambda" (Lambda
Developer Guide, "Create a function using a container image").
"""

from typing import Any

from tests.planning.samples import ACCOUNT, REGION

PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
]
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
USERS = "arn:aws:iam::111122223333:user/"


def statement(
    sid: str, principal: Any, action: Any, effect: str = "Allow", **condition: Any
) -> dict[str, Any]:
    """With the `Resource` that every example has today."""
    found = {"Sid": sid, "Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return found | ({"Condition": condition} if condition else {})


EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "allow one or more users": [
        statement(
            "AllowPushPull", {"AWS": [f"{USERS}push-pull-user-1", f"{USERS}push-pull-user-2"]}, PULL + PUSH
        )
    ],
    "allow another account": [
        statement("AllowCrossAccountPush", {"AWS": "arn:aws:iam::111122223333:root"}, PUSH)
    ],
    "allow some users to pull and another everything": [
        statement("AllowPull", {"AWS": [f"{USERS}pull-user-1", f"{USERS}pull-user-2"]}, PULL),
        statement("AllowAll", {"AWS": f"{USERS}admin-user"}, ["ecr:*"]),
    ],
    "deny all": [statement("DenyPull", "*", PULL, "Deny")],
    "restricting access to specific IP addresses": [
        statement("IPAllow", "*", "ecr:*", "Deny", NotIpAddress={"aws:SourceIp": "54.240.143.0/24"})
    ],
    "allow an AWS service": [
        statement(
            "CodeBuildAccess",
            {"Service": "codebuild.amazonaws.com"},
            PULL,
            ArnLike={"aws:SourceArn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/project-name"},
            StringEquals={"aws:SourceAccount": ACCOUNT},
        )
    ],
    "cross-account access for Lambda": [
        statement("CrossAccountPermission", {"AWS": "arn:aws:iam::111122223333:root"}, PULL),
        statement(
            "LambdaECRImageCrossAccountRetrievalPolicy",
            {"Service": "lambda.amazonaws.com"},
            PULL,
            StringLike={"aws:sourceARN": f"arn:aws:lambda:{REGION}:111122223333:function:*"},
        ),
    ],
}
"""By the title of the example."""
