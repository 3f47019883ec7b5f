"""AssumeRole and AssumeRoleWithWebIdentity.

Source: the API reference of both and botocore's sts model (shapes, error codes); IAM User Guide, "Role
chaining": who calls with a role's session gets at most an hour, and the operation fails when more is asked
for; the words are those of public reports (aws/eks-anywhere#9485, kreuzwerker/awsu#27; AccessDenied with "Not
authorized to perform sts:AssumeRoleWithWebIdentity": aws/aws-sdk-js-v3#6225). Inferred: the order of the
checks (parameters, token, trust, duration, session policy). Whether the caller's own policies let it call
AssumeRole is checked before, by the gates; that a trust policy may stand in for them in one account is not
modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from ..aws_error import Answer, AwsError
from ..call import Call
from ..permissions import access_denied
from ..temporary_keys import TEMPORARY_KEYS
from . import parameters
from .role import ROLES, Role, role_id
from .session_policy import packed_size, session_policy
from .web_identity import AUDIENCE, ISSUER, WEB_IDENTITIES

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
HOUR = 3600

TOO_LONG = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
CHAINED = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."

Members = dict[str, Any]


def assume_role(call: Call) -> Members:
    """A session of a role for a caller that it trusts."""
    assert call.caller is not None
    role = ROLES.find(call.parameters["RoleArn"])
    if role is None or not role.trusts_caller(call.caller, call.parameters.get("ExternalId")):
        raise access_denied(call, "")
    if call.caller.expires_at is not None and seconds(call) > HOUR:
        raise parameters.validation_error(CHAINED)
    return session(call, role)


def assume_role_with_web_identity(call: Call) -> Members:
    """A session of a role for the subject of a token; nobody signs."""
    identity = WEB_IDENTITIES.verified(call.parameters["WebIdentityToken"])
    role = ROLES.find(call.parameters["RoleArn"])
    if role is None or not role.trusts_subject(identity.subject):
        raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    return {
        **session(call, role),
        "SubjectFromWebIdentityToken": identity.subject,
        "Audience": AUDIENCE,
        "Provider": ISSUER.removeprefix("https://"),
    }


OPERATIONS: Mapping[str, Callable[[Call], Members]] = {
    "AssumeRole": assume_role,
    "AssumeRoleWithWebIdentity": assume_role_with_web_identity,
}
"""The operations of STS that are answered here."""


def seconds(call: Call) -> int:
    """The duration that is asked for."""
    return int(call.parameters.get("DurationSeconds", HOUR))


def session(call: Call, role: Role) -> Members:
    """A new session of `role`."""
    if seconds(call) > role.max_session_duration:
        raise parameters.validation_error(TOO_LONG)
    limits = session_policy(call.parameters)
    name = call.parameters["RoleSessionName"]
    life = TEMPORARY_KEYS.session_life
    credentials = TEMPORARY_KEYS.issue(role.arn, name, seconds(call) if life is None else life, limits)
    known = TEMPORARY_KEYS.find(credentials["AccessKeyId"])
    assert known is not None
    members: Members = {
        "Credentials": credentials,
        "AssumedRoleUser": {"AssumedRoleId": f"{role_id(role.arn)}:{name}", "Arn": known.arn},
    }
    return members if limits is None else {**members, "PackedPolicySize": packed_size(call.parameters)}


def answer(call: Call) -> Answer:
    """Perform a call of `OPERATIONS`; raises AwsError for what STS refuses."""
    parameters.check(call.operation, call.parameters)
    result = xml(OPERATIONS[call.operation](call))
    body = (
        f'<{call.operation}Response xmlns="{NAMESPACE}"><{call.operation}Result>{result}'
        f"</{call.operation}Result><ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
        f"</{call.operation}Response>"
    )
    return 200, {"Content-Type": "text/xml"}, body.encode()


def xml(value: Any) -> str:
    """A structure as the query protocol writes it."""
    if not isinstance(value, dict):
        return escape(str(value))
    return "".join(f"<{name}>{xml(one)}</{name}>" for name, one in value.items())
