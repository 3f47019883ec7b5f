"""One table from AWS's error codes to what they mean for an object.

The sentence of AWS is kept, without what changes from call to call (request ids), so that a status that
repeats it is not written anew.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)

from ecr_operator.reasons import Reason


class Kind(Enum):
    """What follows from an error."""

    STALLED = "stalled"
    """A person must act; looked at again slowly."""
    TRANSIENT = "transient"
    """Tried again with back-off."""
    STATE = "state"
    """An answer about AWS's state (not found, exists already): plan again on a fresh read."""


class AwsError(Exception):
    """AWS refused or did not answer a call.

    `code` is AWS's own, or the botocore exception's name; `message` a sentence for a person, without
    secrets; `outage` says that AWS did not answer, or only that it cannot (5xx).
    """

    def __init__(
        self, kind: Kind, reason: Reason, code: str, operation: str, message: str, *, outage: bool = False
    ) -> None:
        self.kind = kind
        self.outage = outage
        self.reason = reason
        self.code = code
        self.operation = operation
        self.message = message
        super().__init__(f"{operation}: {code}: {message}")

    def copy(self) -> "AwsError":
        """An equal one that was not raised yet."""
        return AwsError(self.kind, self.reason, self.code, self.operation, self.message, outage=self.outage)

    @property
    def answered(self) -> bool:
        """Whether AWS has said this; False where the call did not get that far."""
        return not self.outage and self.code not in _LOCAL

    @property
    def refused(self) -> bool:
        """AWS answered and did nothing; False where the effect of the call is unknown."""
        if isinstance(self, CircuitOpen | NotSent):
            return True
        return self.kind != Kind.TRANSIENT or self.reason == Reason.THROTTLED


class CircuitOpen(AwsError):
    """Nothing was sent, because AWS has not answered the calls before."""

    def __init__(self, operation: str, message: str) -> None:
        super().__init__(Kind.TRANSIENT, Reason.AWS_UNAVAILABLE, "CircuitOpen", operation, message)


class NotSent(AwsError):
    """Nothing was sent, because this process does not lead any more, or ends."""

    def __init__(self, operation: str, message: str = "This replica is not the leader any more") -> None:
        super().__init__(Kind.TRANSIENT, Reason.AWS_UNAVAILABLE, "NotLeading", operation, message)


class CutShort(AwsError):
    """AWS has carried the call out, and its answer did not arrive whole."""

    def __init__(self, operation: str) -> None:
        message = "The answer of AWS did not arrive whole"
        super().__init__(Kind.TRANSIENT, Reason.AWS_UNAVAILABLE, "CutShort", operation, message)


_LOCAL = frozenset(
    {
        "CircuitOpen",
        "NotLeading",
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "ParamValidationError",
        "MissingParametersError",
    }
)
"""Codes of what is found before anything is sent."""
EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired"})
"""The session has ended: a fresh one may be had at once."""

SKEW = frozenset({"InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"})
SKEW_LIMIT = timedelta(minutes=4)
"""AWS refuses signatures that are more than five minutes off."""

NOT_FOUND = frozenset({"RepositoryNotFoundException"})

_TABLE: Mapping[str, tuple[Kind, Reason]] = {
    "AccessDeniedException": (Kind.STALLED, Reason.ACCESS_DENIED),
    "AccessDenied": (Kind.STALLED, Reason.ACCESS_DENIED),
    "UnauthorizedOperation": (Kind.STALLED, Reason.ACCESS_DENIED),
    "OptInRequired": (Kind.STALLED, Reason.ACCESS_DENIED),
    "BlockedByOrganizationPolicyException": (Kind.STALLED, Reason.ACCESS_DENIED),
    "ExpiredTokenException": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "ExpiredToken": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "RequestExpired": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "UnrecognizedClientException": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "InvalidClientTokenId": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "InvalidSignatureException": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "SignatureDoesNotMatch": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "IncompleteSignature": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "MissingAuthenticationToken": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "KmsException": (Kind.STALLED, Reason.KMS_KEY_UNUSABLE),
    "TooManyTagsException": (Kind.STALLED, Reason.TOO_MANY_TAGS),
    "LimitExceededException": (Kind.STALLED, Reason.QUOTA_EXCEEDED),
    "InvalidParameterException": (Kind.STALLED, Reason.INVALID_PARAMETER),
    "InvalidTagParameterException": (Kind.STALLED, Reason.INVALID_PARAMETER),
    "ValidationException": (Kind.STALLED, Reason.INVALID_PARAMETER),
    "UnsupportedImageTypeException": (Kind.STALLED, Reason.NOT_SCANNED),
    "ImageArchivedException": (Kind.STALLED, Reason.NOT_SCANNED),
    "RepositoryNotFoundException": (Kind.STATE, Reason.REPOSITORY_NOT_FOUND),
    "RepositoryAlreadyExistsException": (Kind.STATE, Reason.REPOSITORY_NOT_OURS),
    "RepositoryNotEmptyException": (Kind.STATE, Reason.REPOSITORY_NOT_EMPTY),
    "LifecyclePolicyPreviewInProgressException": (Kind.STATE, Reason.PROGRESSING),
    "LifecyclePolicyPreviewNotFoundException": (Kind.STATE, Reason.PROGRESSING),
    "ImageNotFoundException": (Kind.STATE, Reason.PROGRESSING),
    "ScanNotFoundException": (Kind.STATE, Reason.NOT_SCANNED),
    "ThrottlingException": (Kind.TRANSIENT, Reason.THROTTLED),
    "Throttling": (Kind.TRANSIENT, Reason.THROTTLED),
    "TooManyRequestsException": (Kind.TRANSIENT, Reason.THROTTLED),
    "RequestLimitExceeded": (Kind.TRANSIENT, Reason.THROTTLED),
}

_POLICIES = frozenset({"SetRepositoryPolicy", "PutLifecyclePolicy", "StartLifecyclePolicyPreview"})
_PRINCIPAL_NOT_FOUND = "principal not found"
_POLICY_TEXT = re.compile(r"\{.*\}", re.DOTALL)
"""A policy's text is no one's business but the reader's of the policy."""

_SERVER_ERROR = 500

_REQUEST_ID = re.compile(
    r"\s*\(?(request ?id|requestid|correlation id)[:=]?\s*[0-9a-f-]{8,}\)?", re.IGNORECASE
)


def translate(error: Exception, operation: str, now: datetime) -> AwsError:
    """The meaning of an exception that boto3 raised from `operation`. `now` is this machine's time."""
    if isinstance(error, ClientError):
        return _from_answer(error, operation, now)
    name = type(error).__name__
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return AwsError(
            Kind.STALLED,
            Reason.CREDENTIALS_MISSING,
            name,
            operation,
            "The operator has no AWS credentials; give its service account a role (EKS Pod Identity or IRSA) "
            "or set boto3's environment variables",
        )
    if isinstance(error, BotoCoreError) and name in ("ParamValidationError", "MissingParametersError"):
        text = " ".join(str(error).split())
        return AwsError(Kind.STALLED, Reason.INVALID_PARAMETER, name, operation, text[:400])
    # The text of a connection error holds the endpoint only; credentials are never part of it.
    detail = " ".join(str(error).split())[:300] or name
    return AwsError(Kind.TRANSIENT, Reason.AWS_UNAVAILABLE, name, operation, detail, outage=True)


def _from_answer(error: ClientError, operation: str, now: datetime) -> AwsError:
    answer: Any = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    # With a role the failing call may be AssumeRole, behind the operation that was asked for.
    failed = str(error.operation_name)
    message = _sentence(str(answer.get("Error", {}).get("Message", "")))
    if (
        failed.startswith("AssumeRole")
        and failed != operation
        and code in ("AccessDenied", "AccessDeniedException")
    ):
        return AwsError(Kind.STALLED, Reason.ASSUME_ROLE_DENIED, code, failed, message)
    skew = _skew(answer, now) if code in SKEW else None
    if skew:
        return AwsError(Kind.STALLED, Reason.CLOCK_SKEW, code, failed, skew)
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    known = _TABLE.get(code)
    if known is None and status == 429:
        known = (Kind.TRANSIENT, Reason.THROTTLED)
    kind, reason = known or (Kind.TRANSIENT, Reason.AWS_UNAVAILABLE)
    if failed in _POLICIES:
        message = _POLICY_TEXT.sub("{...}", message)
        if reason == Reason.INVALID_PARAMETER:
            missing = _PRINCIPAL_NOT_FOUND in message.lower()
            reason = Reason.PRINCIPAL_NOT_FOUND if missing else Reason.INVALID_POLICY
    outage = known is None and status >= _SERVER_ERROR
    return AwsError(kind, reason, code, failed, message or code, outage=outage)


def _sentence(message: str) -> str:
    return _REQUEST_ID.sub("", " ".join(message.split())).strip()


def _skew(answer: Any, now: datetime) -> str | None:
    """A sentence when AWS's own clock differs from this machine's by more than signatures may."""
    text = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        theirs = parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
    difference = now - theirs
    if abs(difference) < SKEW_LIMIT:
        return None
    direction = "ahead of" if difference > timedelta() else "behind"
    minutes = round(abs(difference).total_seconds() / 60)
    return (
        f"The clock of the operator's node is {minutes} min {direction} AWS's, "
        "which refuses its signatures; set the node's clock right"
    )
