"""What `ecr-operator gate` says of an image, by what it knows of it.

The verdict on a scan is the operator's own. It is pass or fail by knowledge alone: what was not allowed to be
read, and a scan that is still running when the time is up, are undecided whatever `onUnscanned` says.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ecr_operator.aws.errors import AwsError
from ecr_operator.cli.gate_outcome import Outcome, Result
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, ScanPhase
from ecr_operator.planning.verdict import Verdict, exceeded, judge_image
from ecr_operator.reasons import Reason

if TYPE_CHECKING:
    from ecr_operator.api.vulnerability_policy import VulnerabilityPolicy
    from ecr_operator.cli.gate_look import Look, NoSuchImageError

_RESULTS: Final = {"True": Result.PASS, "False": Result.FAIL, "Unknown": Result.UNDECIDED}
_ACTION: Final = re.compile(r"to perform: ([a-z0-9-]+:[A-Za-z]+)")
"""As IAM says it: "is not authorized to perform: inspector2:ListFindings on resource: ..."."""


def verdict_on(look: "Look", policy: "VulnerabilityPolicy", now: datetime) -> Verdict | None:
    """The verdict; None: not yet, more will be known in a while.

    What is known to be too much is too much, before all scans are through.
    """
    scan = look.scan
    if scan is not None and exceeded(scan, policy):
        return judge_image(scan, policy, now)
    if look.is_closed:
        text = "is an index, and its images are not asked for (--no-children)"
        return Verdict("Unknown", Reason.NOT_SCANNED, text)
    if not look.is_complete or look.waits:
        return None
    if scan is None:
        # Of an index only: an image that is gone is an error.
        return Verdict("Unknown", Reason.NOT_SCANNED, "is an index of no image in the repository")
    return judge_image(scan, policy, now)


def last_verdict(
    look: "Look", policy: "VulnerabilityPolicy", now: datetime, seconds: float, error: AwsError | None
) -> Verdict:
    """The verdict when the time is up, after `seconds`; `error` is what the last look ended with."""
    after = "at the first look" if seconds == 0 else f"within {seconds:,.0f} s"
    if error is not None:
        text = f"could not be looked at {after}: {error.code}: {error.message}"
        return Verdict("Unknown", error.reason, text)
    scan = look.scan
    if scan is not None and scan.phase != ScanPhase.RUNNING:
        # There is none, although one may still come of a recent push.
        return judge_image(scan, policy, now)
    status = scan.status if scan is not None else "no status"
    return Verdict(
        "Unknown",
        Reason.SCAN_PENDING,
        f"has a scan that was not finished {after} ({status}); wait longer with --timeout",
    )


def outcome_of(look: "Look", verdict: Verdict) -> Outcome:
    """What is said of the image."""
    message = verdict.message
    scan = look.scan
    if verdict.reason == Reason.NOT_SCANNED and scan is not None and scan.status == SCAN_NOT_FOUND:
        message += "; scan images on push, or start a scan: `aws ecr start-image-scan`"
    return _outcome(look, _RESULTS[verdict.passed], verdict.reason, message)


def refused(look: "Look", error: AwsError) -> Outcome:
    """What is said where AWS refuses a call."""
    if error.reason != Reason.ACCESS_DENIED:
        return _outcome(look, Result.ERROR, error.reason, f"could not be looked at: {error}")
    named = _ACTION.search(error.message)
    actions = f"`{named[1]}`" if named else f"`ecr:{error.operation}`"
    if named is None and error.operation == "DescribeImageScanFindings":
        actions += " (with enhanced scanning `inspector2:ListFindings` too)"
    message = f"cannot be judged without the right to {actions}: {error.message}"
    return _outcome(look, Result.UNDECIDED, error.reason, message)


def absent(look: "Look", error: "NoSuchImageError") -> Outcome:
    """What is said where there is nothing to be judged."""
    return _outcome(look, Result.ERROR, "NoSuchImage", str(error))


def _outcome(look: "Look", result: Result, reason: str, message: str) -> Outcome:
    remarks = []
    if look.has_asked_for_children:
        remarks.append("AWS was asked for the manifest of the index: that counts as a pull")
    if look.is_index and look.gone:
        remarks.append(f"{look.gone} of the images of the index are not in the repository")
    unfinished = sum(
        part.scan is not None and part.scan.phase == ScanPhase.RUNNING for part in look.parts.values()
    )
    if result == Result.FAIL and unfinished and look.is_index:
        remarks.append(f"{unfinished} of the images of the index are still being scanned")
    return Outcome(
        look.target,
        result,
        str(reason),
        message,
        look.digest,
        look.is_index,
        tuple(look.parts.values()),
        look.scan,
        tuple(remarks),
    )
