"""The session policy of a pull credential: what a session of `auth.roleArn` may do at most.

AWS takes at most 2,048 characters, packed (STS AssumeRole, "Policy"); a packed size is not foreseeable, so
the text is as short as it can be: one statement, no Sid, no blanks.
"""

import json
from typing import Final, Literal

from ecr_operator.planning.policy_document import VERSION

Access = Literal["Pull", "PullPush"]

PULL: Final = (
    "ecr:BatchGetImage",
    "ecr:BatchImportUpstreamImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
)
"""AWS's managed policy AmazonEC2ContainerRegistryPullOnly. Without BatchImportUpstreamImage a first pull
through a cache fails."""
_UPLOAD: Final = (
    "BatchCheckLayerAvailability",
    "CompleteLayerUpload",
    "InitiateLayerUpload",
    "PutImage",
    "UploadLayerPart",
)
"""ECR User Guide, "Required IAM permissions for pushing an image"; ECR Public's guide names the same."""
PUSH: Final = tuple(f"ecr:{action}" for action in _UPLOAD)
PUBLIC_TOKEN: Final = ("ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken")
"""ECR Public API Reference, "GetAuthorizationToken". Pulling public images needs no further action."""
PUBLIC_PUSH: Final = tuple(f"ecr-public:{action}" for action in _UPLOAD)


def session_policy(access: Access, *, private: bool = True, public: bool = False) -> str:
    """Compact JSON that allows `access` to private and public registries, and nothing else."""
    actions: list[str] = []
    if private:
        actions += PULL + (PUSH if access == "PullPush" else ())
    if public:
        actions += PUBLIC_TOKEN + (PUBLIC_PUSH if access == "PullPush" else ())
    if not actions:
        raise ValueError("a session for no registry")
    # A token is asked for on `*` alone, and which repositories a session reaches is the role's to say.
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return json.dumps({"Version": VERSION, "Statement": statement}, separators=(",", ":"))
