"""Grants as statements of the repository's policy, with the actions that AWS's own documentation names."""

from typing import Any, Final

from ecr_operator.api.access import Access, Grant, LambdaGrant
from ecr_operator.api.iam import RESERVED_SID_PREFIX
from ecr_operator.planning.naming import Place

Statement = dict[str, Any]
"""A statement of IAM's policy language."""

PULL: Final = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""ECR User Guide, "Private repository policy examples" (`AllowPull`); Lambda's example grants the same."""
PUSH: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""ECR User Guide, "Private repository policy examples" (`AllowPushPull`): who pushes may pull, too."""


def granted_statements(access: Access | None, place: Place) -> tuple[Statement, ...]:
    """One statement for each kind of principal that a grant names."""
    if access is None:
        return ()
    return (
        *_grant("Pull", access.pull, PULL, place),
        *_grant("Push", access.push, PUSH, place),
        *_lambda(access.lambda_, place),
    )


def _grant(name: str, grant: Grant | None, actions: tuple[str, ...], place: Place) -> tuple[Statement, ...]:
    if grant is None:
        return ()
    statements = []
    principals = [*map(place.root, grant.accounts or ()), *(grant.principals or ())]
    if principals:
        statements.append(_allow(name, {"AWS": _compact(principals)}, actions))
    if grant.organizations:
        belongs = {"StringEquals": {"aws:PrincipalOrgID": _compact(grant.organizations)}}
        statements.append(_allow(f"{name}Organizations", "*", actions, belongs))
    if grant.services:
        # Without the account a service could be made to act for somebody else (the "confused deputy").
        for_us = {"StringEquals": {"aws:SourceAccount": place.own_account}}
        statements.append(_allow(f"{name}Services", {"Service": _compact(grant.services)}, actions, for_us))
    return tuple(statements)


def _lambda(grant: LambdaGrant | None, place: Place) -> tuple[Statement, ...]:
    """Both statements of AWS's example (ECR User Guide, "Amazon ECR cross-account access for Lambda").

    The account may read the image while it makes the function, and Lambda while it runs it.
    """
    if grant is None:
        return ()
    functions = [
        *(
            f"arn:{place.partition}:lambda:{place.region}:{account}:function:*"
            for account in grant.accounts or ()
        ),
        *(grant.functions or ()),
    ]
    accounts = (function.split(":")[4] for function in functions)
    roots = [place.root(account) for account in accounts]
    of_functions = {"StringLike": {"aws:SourceArn": _compact(functions)}}
    return (
        _allow("LambdaAccounts", {"AWS": _compact(roots)}, PULL),
        _allow("Lambda", {"Service": "lambda.amazonaws.com"}, PULL, of_functions),
    )


def _allow(
    name: str, principal: Any, actions: tuple[str, ...], condition: dict[str, Any] | None = None
) -> Statement:
    statement: Statement = {
        "Sid": f"{RESERVED_SID_PREFIX}{name}",
        "Effect": "Allow",
        "Principal": principal,
        "Action": list(actions),
    }
    return statement | ({"Condition": condition} if condition else {})


def _compact(values: Any) -> Any:
    """Sorted, each once; one value stands alone."""
    unique = sorted(set(values))
    return unique[0] if len(unique) == 1 else unique
