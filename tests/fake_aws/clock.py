"""The clock of this AWS: the Date header, createdAt, expiresAt, the end of sessions, and the check of
signatures.

Source: IAM User Guide, "Elements of an AWS API request signature": a request must reach AWS within five
minutes of its time stamp; the words are those of public reports (aws-sdk-js#573, s12v/awsbeats#48):
"Signature expired: 20150411T064107Z is now earlier than 20150411T064135Z (20150411T064635Z - 5 min.)" and
"Signature not yet current: ... is still later than ... (... + 5 min.)". One report of an ECR call
(upmc-enterprises/registry-creds#24) says 15 min: the width is inferred for ECR. STS answers the same words as
SignatureDoesNotMatch.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from .aws_error import AwsError

WINDOW = timedelta(minutes=5)
FORMAT = "%Y%m%dT%H%M%SZ"


class Clock:
    """The machine's clock, so many seconds ahead of it (or behind)."""

    def __init__(self) -> None:
        self.offset = 0.0

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.offset

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def naive(self) -> datetime:
        """The present as moto keeps it: in UTC, and silent about it."""
        return self.now().replace(tzinfo=None)


CLOCK = Clock()
"""The one clock of the process."""


def check_signature_time(stamp: str | None, service: str) -> None:
    """Refuse a request that was signed more than five minutes from now; `stamp` is its X-Amz-Date."""
    try:
        signed = datetime.strptime(stamp or "", FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return
    now = CLOCK.now().replace(microsecond=0)
    if signed < now - WINDOW:
        limit, what, sign = now - WINDOW, "Signature expired: {} is now earlier than {}", "-"
    elif signed > now + WINDOW:
        limit, what, sign = now + WINDOW, "Signature not yet current: {} is still later than {}", "+"
    else:
        return
    words = f"{what.format(stamp, limit.strftime(FORMAT))} ({now.strftime(FORMAT)} {sign} 5 min.)"
    if service in {"sts", "iam"}:
        raise AwsError("SignatureDoesNotMatch", words, 403)
    raise AwsError("InvalidSignatureException", words)
