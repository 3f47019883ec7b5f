"""The session policy: its grammar and its size.

Source: API reference of AssumeRole: "The plaintext that you use for both inline and managed session policies
can't exceed 2,048 characters" (the model of AssumeRole has no such maximum, that of
AssumeRoleWithWebIdentity has, and answers ValidationError); MalformedPolicyDocument, "The error message
describes the specific error"; PackedPolicyTooLarge, HTTP 400: "The error message reports the session token
size and the maximum allowed size, both in bytes". IAM User Guide, "Session policies": they are identity-based
documents, without Principal. Inferred: that AssumeRole answers PackedPolicyTooLarge to a plaintext that is
too long, the words of both messages, and that every character takes one of so many bytes. A limit that is met
earlier ("even though you meet the individual limits") is a fault to be injected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws_error import AwsError
from ..iam.conditions import UnknownHereError
from ..iam.document import Statement, statements_of

LONGEST = 2048
TOKEN_OVERHEAD = 1024
"""Bytes of a session token beside the policy: ours to choose."""


def session_policy(parameters: Mapping[str, Any]) -> tuple[Statement, ...] | None:
    """The statements of a request's session policy; None when it has none."""
    if any(name.startswith("PolicyArns.") for name in parameters):
        raise AwsError("NotImplementedByFakeAws", "managed session policies (PolicyArns) are missing", 501)
    text = parameters.get("Policy")
    if text is None:
        return None
    if len(text) > LONGEST:
        size, most = len(text) + TOKEN_OVERHEAD, LONGEST + TOKEN_OVERHEAD
        message = f"The session token size of {size} bytes exceeds the maximum allowed size of {most} bytes"
        raise AwsError("PackedPolicyTooLarge", message, 400)
    try:
        return statements_of(text)
    except UnknownHereError as gap:
        raise AwsError("NotImplementedByFakeAws", str(gap), 501) from gap
    except ValueError as error:
        raise AwsError("MalformedPolicyDocument", str(error), 400) from error


def packed_size(parameters: Mapping[str, Any]) -> int:
    """PackedPolicySize: the share of the space that is taken, in per cent."""
    return -(-len(parameters.get("Policy") or "") * 100 // LONGEST)
