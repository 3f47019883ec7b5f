"""Values of AWS that several kinds hold: account ids, Regions, and the parts of IAM's ARNs.

The rules are CEL with a message, not `pattern`: the API server answers a broken pattern with the regular
expression, and a person has to write these values.
"""

from typing import Annotated, Final

from pydantic import Field

from ecr_operator.api.markers import Rule, full_match

ARN: Final = "arn:aws[a-z-]*"
"""How an ARN begins, in any partition."""
ACCOUNT: Final = "[0-9]{12}"
IAM_NAME: Final = "[A-Za-z0-9_+=,.@-]+"
"""The name of a role, a user or a session, and a part of the path before it."""

ROLE_ARN_PATTERN: Final = f"{ARN}:iam::{ACCOUNT}:role(/{IAM_NAME})+"
"""An IAM role, with or without a path."""
ROLE_ARN_MAX: Final = 640
"""Characters. A role's path has up to 512 and its name up to 64."""
REGION_PATTERN: Final = "[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}"

AccountId = Annotated[
    str,
    Field(max_length=12),
    Rule(
        full_match(ACCOUNT),
        "`accounts` must hold AWS account ids of 12 digits; for example '123456789012' (quote it in YAML)",
    ),
]
Region = Annotated[
    str,
    Field(max_length=32),
    Rule(
        full_match(REGION_PATTERN),
        "`region` must be the code of an AWS Region; for example 'eu-west-1'",
    ),
]
RoleArn = Annotated[
    str,
    Field(max_length=ROLE_ARN_MAX),
    Rule(
        full_match(ROLE_ARN_PATTERN),
        "`roleArn` must be the ARN of an IAM role; for example 'arn:aws:iam::123456789012:role/ecr-pull'",
    ),
]
