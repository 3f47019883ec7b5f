"""What a person does when STS refuses the session of a role.

Sources: botocore's model of AssumeRole, the IAM User Guide's "Troubleshoot IAM roles" and "Activating and
deactivating STS in an AWS Region". STS answers AccessDenied alike to a role that is not there, a trust policy
that does not name the caller, a wrong or missing external id, and a caller without sts:AssumeRole; and to
session tags that go on to the role while its trust policy or the caller's policy lacks sts:TagSession.
"""

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.identity import Role
from ecr_operator.reasons import Reason

DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


def explained(error: AwsError, role: Role, region: str) -> AwsError:
    """`error`, which AssumeRole for `role` raised in `region`, with what to do about it.

    What passes by itself, and what is wrong with the operator's own clock, is returned as it is.
    """
    if error.reason in (Reason.CLOCK_SKEW, Reason.ASSUME_ROLE_DENIED):
        return error
    if error.reason == Reason.CREDENTIALS_MISSING:
        own = f"The role is assumed by the operator's own identity, and that fails: {error.message}"
        return _stalled(error, error.reason, own)
    advice = _advice(error.code, role, region)
    return error if advice is None else _stalled(error, Reason.ASSUME_ROLE_DENIED, advice + error.message)


def _stalled(error: AwsError, reason: Reason, message: str) -> AwsError:
    return AwsError(Kind.STALLED, reason, error.code, error.operation, message)


def _advice(code: str, role: Role, region: str) -> str | None:
    """What comes before AWS's own sentence; None: it is no refusal of the role's session."""
    if code in DENIED:
        asked = "the external id that was sent" if role.external_id else "no external id, as none was sent"
        return (
            "AWS does not say which it is: check that the role exists, that its trust policy names the "
            f"operator's identity and asks for {asked}, and that this identity may sts:AssumeRole on it "
            "(with EKS Pod Identity both policies must allow sts:TagSession too): "
        )
    if code == "PackedPolicyTooLarge":
        return (
            "The session policy and the session tags together are too large; turn off the tags of the "
            "operator's identity (EKS Pod Identity: disableSessionTags): "
        )
    if code == "RegionDisabledException":
        return (
            f"The role's account has STS turned off in {region}; its administrator turns it on in IAM's "
            "account settings: "
        )
    if code in ("MalformedPolicyDocument", "ValidationError"):
        return f"AWS does not accept what it was given for the session of {role.arn}: "
    return None
