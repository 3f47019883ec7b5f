"""What a repository policy may say.

Source: IAM User Guide, "Grammar of the IAM JSON policy language" (members, one of each pair, values a string
or a list), "AWS JSON policy elements: Principal"; ECR User Guide, "Private repository policy examples": "a
subset of IAM policies". `Resource` is refused (awsdocs/amazon-ecr-user-guide#20, aws/aws-cdk#3590) although
the current examples show it: a knob. `ecr:GetAuthorizationToken` is refused
(cloudposse/terraform-aws-ecr#67). Doubled Sids are taken (getmoto/moto#8933: "it works with ECR on AWS"),
against IAM's grammar: a knob too. A Sid may have spaces (awsdocs/amazon-ecr-user-guide#33).

Inferred: that actions of other services and unknown condition operators are refused, and that the name of an
action of ECR is not checked.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..aws_error import AwsError, invalid_parameter
from ..behaviour import BEHAVIOUR
from .principals import check_principal

VERSIONS = ("2008-10-17", "2012-10-17")
TOP_MEMBERS = ("Version", "Id", "Statement")
MEMBERS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
RESOURCES = frozenset({"Resource", "NotResource"})
ACTION = re.compile(r"\*|ecr:[a-z*?]+", re.IGNORECASE)
FORBIDDEN_ACTION = "ecr:getauthorizationtoken"

OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?"
    r"(String(Not)?Equals(IgnoreCase)?|String(Not)?Like"
    r"|(Numeric|Date)((Not)?Equals|(LessThan|GreaterThan)(Equals)?)"
    r"|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null"
)
"""IAM User Guide, "IAM JSON policy elements: Condition operators"."""

Document = dict[str, Any]


def invalid_policy() -> AwsError:
    """The refusal of a repository policy, in ECR's words."""
    return invalid_parameter("PolicyText", "Invalid repository policy provided")


def require(holds: bool) -> None:
    """Refuse the policy unless this holds."""
    if not holds:
        raise invalid_policy()


def document_of(text: str, partition: str) -> Document:
    """The document of a policy text that is well formed, its statements in a list."""
    try:
        document = json.loads(text)
    except ValueError:
        raise invalid_policy() from None
    require(isinstance(document, dict) and document.keys() <= set(TOP_MEMBERS))
    require(document.get("Version", VERSIONS[0]) in VERSIONS)
    require(isinstance(document.get("Id", ""), str))
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    require(isinstance(statements, list) and bool(statements))
    for statement in statements:
        check_statement(statement, partition)
    sids = [statement["Sid"] for statement in statements if "Sid" in statement]
    require(BEHAVIOUR.policy_doubled_sids or len(set(sids)) == len(sids))
    return {**document, "Statement": statements}


def check_statement(statement: Any, partition: str) -> None:
    """Check one statement."""
    require(isinstance(statement, dict) and statement.keys() <= set(MEMBERS))
    require(BEHAVIOUR.policy_resources or statement.keys().isdisjoint(RESOURCES))
    require(isinstance(statement.get("Sid", ""), str))
    require(statement.get("Effect") in ("Allow", "Deny"))
    for pair in (("Principal", "NotPrincipal"), ("Action", "NotAction")):
        require(sum(name in statement for name in pair) == 1)
    require(not {"Resource", "NotResource"} <= statement.keys())
    require(check_principal(statement.get("Principal", statement.get("NotPrincipal")), partition))
    for action in strings_of(statement.get("Action", statement.get("NotAction"))):
        require(bool(ACTION.fullmatch(action)) and action.lower() != FORBIDDEN_ACTION)
    for name in RESOURCES & statement.keys():
        strings_of(statement[name])
    if "Condition" in statement:
        check_condition(statement["Condition"])


def check_condition(condition: Any) -> None:
    """Check a condition: an operator has keys, a key has values."""
    require(isinstance(condition, dict))
    for operator, keys in condition.items():
        require(bool(OPERATOR.fullmatch(operator)) and isinstance(keys, dict) and bool(keys))
        for values in keys.values():
            listed = values if isinstance(values, list) else [values]
            require(bool(listed) and all(isinstance(value, str | bool | int | float) for value in listed))


def strings_of(value: Any) -> list[str]:
    """One string or a list of some, as a list; anything else is refused."""
    listed = value if isinstance(value, list) else [value]
    require(bool(listed) and all(isinstance(one, str) for one in listed))
    return listed
