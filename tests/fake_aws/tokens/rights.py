"""What a token may do: the rights of the principal that asked for it, as they are now.

Source: ECR User Guide, "Private registry authentication": "An authorization token's permission scope matches
that of the IAM principal used to retrieve the authentication token"; IAM User Guide, "Service bearer tokens":
they include "information from your original principal authentication that might affect your permissions
[...], session tags, and session policies". That a session policy narrows a private token too is inferred from
the first sentence. "IAM permissions for pushing an image": the actions of a push (without BatchGetImage,
which is there too: who can do the rest can push); managed policy AmazonEC2ContainerRegistryPullOnly: those of
a pull. ECR Public: everybody may pull ("How Amazon ECR Public works with IAM"), pushing needs the same
actions of its own ("Public repository policy examples"). Another account's registry is reached where its
repository policy allows it too ("Private repository policies").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws_error import AwsError
from ..call import Call
from ..gates import Gates
from ..permissions import RESOURCE_BASED, access_denied
from .issued import Token
from .repository_rights import verdict

PULL = ("BatchGetImage", "GetDownloadUrlForLayer")
PUSH = (
    "BatchCheckLayerAvailability",
    "CompleteLayerUpload",
    "InitiateLayerUpload",
    "PutImage",
    "UploadLayerPart",
)
DELETE = ("BatchDeleteImage",)
LIST = ("ListImages",)
PRIVATE_ACTIONS = sorted({*PULL, *PUSH, *DELETE, *LIST})
PUBLIC_ACTIONS = sorted({*PUSH, *DELETE})

RESOURCE_EXPLICIT = "with an explicit deny in a resource-based policy"


def rights(
    gates: Gates, token: Token, repository: str, registry: str | None = None, region: str | None = None
) -> dict[str, Any]:
    """What a token may do to a repository: the actions, the refusals of the others, and what that comes to.

    A token that is not good may do nothing.
    """
    service = "ecr-public" if token.public else "ecr"
    home = token.valid and region in (None, token.region)
    refused: dict[str, str] = {}
    allowed: list[str] = []
    for operation in PUBLIC_ACTIONS if token.public else PRIVATE_ACTIONS:
        action = f"{service}:{operation}"
        denied = refusal(gates, token, operation, repository, registry) if home else NOT_GOOD
        if denied is None:
            allowed.append(action)
        else:
            refused[action] = denied
    may = {
        name: home and all(f"{service}:{one}" in allowed for one in actions)
        for name, actions in KINDS.items()
    }
    if token.public:
        may |= {"pull": home, "list": home}
    return {"allowed": allowed, "refused": refused, "may": may}


KINDS: Mapping[str, tuple[str, ...]] = {"pull": PULL, "push": PUSH, "delete": DELETE, "list": LIST}

NOT_GOOD = "Your authorization token has expired. Reauthenticate and try again."
"""In the words of public reports (aws/aws-cli#7977)."""


def refusal(gates: Gates, token: Token, operation: str, repository: str, registry: str | None) -> str | None:
    """Why a token may not do this; None: it may."""
    owner = registry or token.caller.account
    parameters = {"repositoryName": repository, "registryId": owner}
    service = "ecr-public" if token.public else "ecr"
    call = Call(service, operation, token.region, token.caller, parameters, (repository,))
    try:
        if token.public and owner != token.caller.account:
            raise access_denied(call, RESOURCE_BASED)
        gates.permissions.check(call)
        gates.policies.check(call, count=False)
        if not token.public:
            granted = verdict(call, owner)
            if granted is False:
                raise access_denied(call, RESOURCE_EXPLICIT)
            if granted is None and owner != token.caller.account:
                raise access_denied(call, RESOURCE_BASED)
    except AwsError as error:
        if error.status == 501:
            raise
        return error.message
    return None
