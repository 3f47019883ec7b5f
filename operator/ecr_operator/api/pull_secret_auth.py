"""Whose credentials an EcrPullSecret hands out: a role, and how far its session reaches.

Bounds and characters of what STS is given are those of botocore's model of STS 2011-06-15.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from ecr_operator.api.aws_values import RoleArn
from ecr_operator.api.markers import Rule, full_match
from ecr_operator.api.meta import ApiModel

EXTERNAL_ID_PATTERN: Final = "[A-Za-z0-9_+=,.@:/-]*"
SESSION_NAME_PATTERN: Final = "[A-Za-z0-9_+=,.@-]*"
SESSION_NAME_MAX: Final = 64
SESSION_NAME: Final = "ecr-operator"


class PullSecretAccess(StrEnum):
    """What the credentials may do with images, at most."""

    PULL = "Pull"
    PULL_PUSH = "PullPush"


class PullSecretAuth(ApiModel):
    """The IAM role that the credentials stand for."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.roleArn)",
            "`roleArn` must be specified: `externalId`, `sessionName` and `access` are about the session of "
            "a role; without `auth` the operator's own identity is handed out",
            field_path=".roleArn",
            reason="FieldValueRequired",
        ),
    )

    role_arn: RoleArn | None = None
    """The IAM role, for example `arn:aws:iam::123456789012:role/ecr-pull`. Required.

    Its trust policy must let the operator's own identity assume it.
    """
    external_id: (
        Annotated[
            str,
            Field(min_length=2, max_length=1224),
            Rule(
                full_match(EXTERNAL_ID_PATTERN),
                "`externalId` must consist of letters, digits and the characters _ + = , . @ : / -",
            ),
        ]
        | None
    ) = None
    """The external id that the role's trust policy asks for, 2 to 1224 characters. It is not a secret."""
    session_name: (
        Annotated[
            str,
            Field(min_length=2, max_length=SESSION_NAME_MAX),
            Rule(
                full_match(SESSION_NAME_PATTERN),
                "`sessionName` must consist of letters, digits and the characters _ + = , . @ -",
            ),
        ]
        | None
    ) = None
    """How the session is called in AWS CloudTrail, 2 to 64 characters.

    Objects with the same role and the same name share a session and its tokens. Defaults to `ecr-operator`.
    """
    access: PullSecretAccess | None = None
    """What the session may do, at most, whatever else the role may.

    `Pull` narrows it to pulling images, pull-through caches included, `PullPush` to pulling and pushing.
    Defaults to `Pull`.
    """

    @property
    def effective_access(self) -> PullSecretAccess:
        """`access` with its default."""
        return self.access or PullSecretAccess.PULL

    @property
    def effective_session_name(self) -> str:
        """`sessionName` with its default."""
        return self.session_name or SESSION_NAME
