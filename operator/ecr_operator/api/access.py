"""The common grants on a repository, written for people: who may pull, who may push, which Lambda functions.

They say who; the statements that the operator makes of them are planning's task.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from ecr_operator.api.aws_values import ACCOUNT, ARN, IAM_NAME, ROLE_ARN_MAX, AccountId
from ecr_operator.api.markers import ATOMIC, ListType, Rule, full_match, no_duplicates
from ecr_operator.api.meta import ApiModel

PRINCIPAL_PATTERN: Final = (
    f"{ARN}:(iam::{ACCOUNT}:(root|(role|user)(/{IAM_NAME})+)"
    f"|sts::{ACCOUNT}:(assumed-role/{IAM_NAME}/{IAM_NAME}|federated-user/{IAM_NAME}))"
)
"""An IAM principal that a policy may name (IAM User Guide, "Principal"), without wildcards."""
FUNCTION_PATTERN: Final = (
    f"{ARN}:lambda:[a-z0-9-]+:{ACCOUNT}:function:[A-Za-z0-9_*?-]+(:([$]LATEST|[A-Za-z0-9_-]+))?"
)
"""A Lambda function, or several by `*` and `?` in the name."""


Accounts = Annotated[
    tuple[AccountId, ...],
    Field(min_length=1, max_length=100),
    ListType("atomic"),
    no_duplicates("accounts"),
]
PrincipalArn = Annotated[
    str,
    Field(max_length=ROLE_ARN_MAX),
    Rule(
        full_match(PRINCIPAL_PATTERN),
        "`principals` must hold ARNs of IAM roles, users or sessions without wildcards; for example "
        "'arn:aws:iam::123456789012:role/deployer'",
    ),
]
OrganizationId = Annotated[
    str,
    Field(max_length=34),
    Rule(
        full_match("o-[a-z0-9]{10,32}"),
        "`organizations` must hold ids of AWS Organizations: 'o-' and 10 to 32 lower-case letters or digits; "
        "for example 'o-a1b2c3d4e5'",
    ),
]
ServicePrincipal = Annotated[
    str,
    Field(max_length=128),
    Rule(
        full_match(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+amazonaws\.com(\.cn)?"),
        "`services` must hold service principals; for example 'codebuild.amazonaws.com'",
    ),
]
FunctionArn = Annotated[
    str,
    Field(max_length=256),
    Rule(
        full_match(FUNCTION_PATTERN),
        "`functions` must hold ARNs of Lambda functions, with '*' and '?' only in the function's name; "
        "for example 'arn:aws:lambda:eu-west-1:123456789012:function:orders-*'",
    ),
]


class Grant(ApiModel):
    """Who is granted something. At least one of the four lists must be there; they add up."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.accounts) || has(self.principals) || has(self.organizations) || has(self.services)",
            "at least one of `accounts`, `principals`, `organizations` and `services` must be specified",
            reason="FieldValueRequired",
        ),
    )

    accounts: Accounts | None = None
    """AWS accounts, for example `"123456789012"`: 12 digits, in quotes.

    Whom in the account the grant reaches is decided there, by IAM policies.
    """
    principals: (
        Annotated[
            tuple[PrincipalArn, ...],
            Field(min_length=1, max_length=100),
            ListType("atomic"),
            no_duplicates("principals"),
        ]
        | None
    ) = None
    """Single IAM principals, for example `arn:aws:iam::123456789012:role/deployer`.

    The ARNs of roles, users, accounts (`:root`), `assumed-role` and `federated-user` sessions; no wildcards.
    """
    organizations: (
        Annotated[
            tuple[OrganizationId, ...],
            Field(min_length=1, max_length=20),
            ListType("atomic"),
            no_duplicates("organizations"),
        ]
        | None
    ) = None
    """AWS Organizations, for example `o-a1b2c3d4e5`: every account that belongs to one."""
    services: (
        Annotated[
            tuple[ServicePrincipal, ...],
            Field(min_length=1, max_length=20),
            ListType("atomic"),
            no_duplicates("services"),
        ]
        | None
    ) = None
    """AWS services, for example `codebuild.amazonaws.com`.

    Only when they act for the account that holds the repository (`aws:SourceAccount`).
    """


class LambdaGrant(ApiModel):
    """Which Lambda functions may run images of the repository. At least one of the two must be there."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.accounts) || has(self.functions)",
            "at least one of `accounts` and `functions` must be specified",
            reason="FieldValueRequired",
        ),
    )

    accounts: Accounts | None = None
    """AWS accounts all of whose functions may run them.

    For example `"123456789012"`: 12 digits, in quotes.
    """
    functions: (
        Annotated[
            tuple[FunctionArn, ...],
            Field(min_length=1, max_length=100),
            ListType("atomic"),
            no_duplicates("functions"),
        ]
        | None
    ) = None
    """Functions by ARN, for example `arn:aws:lambda:eu-west-1:123456789012:function:orders-*`.

    `*` and `?` may stand in the function's name; a version or alias may follow it.
    """


class Access(ApiModel):
    """The common grants on the repository."""

    pull: Annotated[Grant, ATOMIC] | None = None
    """Who may pull images."""
    push: Annotated[Grant, ATOMIC] | None = None
    """Who may push images, and pull them."""
    lambda_: Annotated[LambdaGrant, ATOMIC] | None = Field(default=None, alias="lambda")
    """Which Lambda functions, in this or another account, may run images of the repository."""
