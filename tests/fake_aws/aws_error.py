"""An error as AWS answers it: JSON for the JSON protocols, XML for the query protocol (STS, IAM)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

MESSAGES: Mapping[str, str] = {
    "ExpiredToken": "The security token included in the request is expired",
    "ExpiredTokenException": "The security token included in the request is expired",
    "InvalidClientTokenId": "The security token included in the request is invalid.",
    "InvalidSignatureException": (
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method. Consult the service documentation for details."
    ),
    "MissingAuthenticationToken": "Missing Authentication Token",
    "MissingAuthenticationTokenException": "Missing Authentication Token",
    "RequestExpired": "Request has expired.",
    "ServerException": "Service Unavailable. Please try again later.",
    "ServiceUnavailableException": "Service Unavailable. Please try again later.",
    "ThrottledException": "Rate exceeded",
    "Throttling": "Rate exceeded",
    "ThrottlingException": "Rate exceeded",
    "TooManyRequestsException": "Rate exceeded",
    "UnrecognizedClientException": "The security token included in the request is invalid.",
}
"""The text that AWS sends with a code, where the code alone decides it (docs: "Common Error Types")."""

SERVER_FAULTS = frozenset({"ServerException", "InternalFailure", "InternalServiceException"})


class AwsError(Exception):
    """A refusal that AWS would answer with: `code`, `message`, HTTP `status`, and further members.

    The status is 400 for the errors of ECR's model and 500 for its server faults
    (botocore: ``ServerException`` has ``fault: true``).
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        status: int | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code
        self.message = MESSAGES.get(code, code) if message is None else message
        self.status = status if status is not None else (500 if code in SERVER_FAULTS else 400)
        self.members = dict(members or {})
        super().__init__(f"{code}: {self.message}")


def invalid_parameter(field: str, constraint: str) -> AwsError:
    """ECR's InvalidParameterException, in the words that ECR uses."""
    message = f"Invalid parameter at '{field}' failed to satisfy constraint: '{constraint}'"
    return AwsError("InvalidParameterException", message)


Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an HTTP answer."""


def json_answer(error: AwsError) -> Answer:
    """Render `error` as the AWS JSON 1.0 and 1.1 protocols do."""
    body = {"__type": error.code, "message": error.message, **error.members}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()


def query_answer(error: AwsError, namespace: str = "https://sts.amazonaws.com/doc/2011-06-15/") -> Answer:
    """Render `error` as the AWS query protocol does."""
    kind = "Receiver" if error.status >= 500 else "Sender"
    body = (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
    )
    return error.status, {"Content-Type": "text/xml"}, body.encode()
