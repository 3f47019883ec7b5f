"""The verdict on images, and the words in which `kubectl describe` shows it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.meta import MESSAGE_MAX
from ecr_operator.api.vulnerability_policy import OnUnscanned, VulnerabilityPolicy
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, ImageScan, ScanPhase
from ecr_operator.planning.verdict import Judged, Verdict, describe_counts, exceeded, judge, judge_image
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded
from tests.planning.images import NOW, ago
from tests.planning.scan_samples import ENHANCED, FINAL, NO_CRITICAL, POLICIES, SCANS, STATUSES, policy, scan

ALL_LIMITS = policy(maxCritical=0, maxHigh=5, maxMedium=1000)
TWO_WEEKS = policy(maxCritical=0, maxScanAgeDays=14)
EXPIRED = "SCAN_ELIGIBILITY_EXPIRED"


def said(status: str, description: str = "", **more: Any) -> ImageScan:
    return ImageScan(status, description=description, **more)


IMAGES: dict[str, tuple[ImageScan | None, VulnerabilityPolicy, str, Reason, str]] = {
    "nothing was found": (
        scan(),
        NO_CRITICAL,
        "True",
        Reason.NO_VULNERABILITIES_FOUND,
        "has no more findings than allowed",
    ),
    "as many as allowed": (
        scan(counts={"CRITICAL": 2}),
        policy(maxCritical=2),
        "True",
        Reason.NO_VULNERABILITIES_FOUND,
        "has no more findings than allowed",
    ),
    "one too many": (
        scan(counts={"CRITICAL": 1}),
        NO_CRITICAL,
        "False",
        Reason.VULNERABILITIES_FOUND,
        "has 1 critical finding (at most 0)",
    ),
    "too many of each severity": (
        scan(counts={"CRITICAL": 2, "HIGH": 6, "MEDIUM": 1234}),
        ALL_LIMITS,
        "False",
        Reason.VULNERABILITIES_FOUND,
        "has 2 critical findings (at most 0) and 6 high findings (at most 5) "
        "and 1,234 medium findings (at most 1,000)",
    ),
    "severities without a limit are not limited": (
        scan(counts={"HIGH": 9, "LOW": 9, "UNTRIAGED": 9, "SEVERE": 9}),
        NO_CRITICAL,
        "True",
        Reason.NO_VULNERABILITIES_FOUND,
        "has no more findings than allowed",
    ),
    "AWS was not asked yet": (
        None,
        policy(onUnscanned="Fail"),
        "Unknown",
        Reason.SCAN_PENDING,
        "has a scan that was not read from AWS yet",
    ),
    "the scan is running": (
        said("IN_PROGRESS"),
        NO_CRITICAL,
        "Unknown",
        Reason.SCAN_PENDING,
        "is being scanned (IN_PROGRESS)",
    ),
    "done without a result": (
        said("COMPLETE"),
        NO_CRITICAL,
        "Unknown",
        Reason.SCAN_PENDING,
        "has a scan that AWS calls COMPLETE, but shows no result of yet",
    ),
    "never scanned": (said(SCAN_NOT_FOUND), NO_CRITICAL, "Unknown", Reason.NOT_SCANNED, "was never scanned"),
    "a scan that is gone": (
        said(SCAN_NOT_FOUND, counts={"LOW": 1}),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "has no scan any more",
    ),
    "scanned no more": (
        said(EXPIRED, "The scan eligibility has expired."),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "is not scanned any more (SCAN_ELIGIBILITY_EXPIRED: The scan eligibility has expired)",
    ),
    "no findings left of one that is scanned no more": (
        said(EXPIRED, counts={}, completed_at=NOW),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "is not scanned any more (SCAN_ELIGIBILITY_EXPIRED)",
    ),
    "findings of one that is scanned no more": (
        said(EXPIRED, counts={"CRITICAL": 1}),
        NO_CRITICAL,
        "False",
        Reason.VULNERABILITIES_FOUND,
        "has 1 critical finding (at most 0)",
    ),
    "the scan failed": (
        said("FAILED", "The layers are corrupt."),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "has no scan to judge by, because it failed (FAILED: The layers are corrupt)",
    ),
    "the scan failed after one that had found too many": (
        said("FAILED", counts={"CRITICAL": 1}),
        NO_CRITICAL,
        "False",
        Reason.VULNERABILITIES_FOUND,
        "has 1 critical finding (at most 0)",
    ),
    "an image that is not supported": (
        said("UNSUPPORTED_IMAGE"),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "cannot be scanned, because AWS does not support what it is made of (UNSUPPORTED_IMAGE)",
    ),
    "an image that is too large": (
        said("IMAGE_SIZE_EXCEEDED"),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "cannot be scanned, because it is too large (IMAGE_SIZE_EXCEEDED)",
    ),
    "an archived image": (
        said("IMAGE_ARCHIVED"),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "is archived, and AWS scans no archived image (IMAGE_ARCHIVED)",
    ),
    "findings that are not available": (
        said("FINDINGS_UNAVAILABLE"),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "has no scan to judge by (FINDINGS_UNAVAILABLE)",
    ),
    "too many scans": (
        said("LIMIT_EXCEEDED"),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "has no scan to judge by (LIMIT_EXCEEDED)",
    ),
    "a status that nobody knows": (
        said("QUARANTINED", counts={}),
        NO_CRITICAL,
        "Unknown",
        Reason.NOT_SCANNED,
        "has no scan to judge by (QUARANTINED)",
    ),
    "a scan of the last day": (
        scan(completed_at=ago(14)),
        TWO_WEEKS,
        "True",
        Reason.NO_VULNERABILITIES_FOUND,
        "has no more findings than allowed",
    ),
    "a scan that is too old": (
        scan(completed_at=ago(15)),
        TWO_WEEKS,
        "Unknown",
        Reason.SCAN_TOO_OLD,
        "was scanned on 2026-11-13, more than 14 days ago",
    ),
    "a scan without a time": (
        scan(completed_at=None),
        policy(maxScanAgeDays=1),
        "Unknown",
        Reason.SCAN_TOO_OLD,
        "was scanned at a time that AWS does not tell, which counts as more than 1 day ago",
    ),
    "an old scan that had found too many": (
        scan(counts={"CRITICAL": 1}, completed_at=ago(99)),
        TWO_WEEKS,
        "False",
        Reason.VULNERABILITIES_FOUND,
        "has 1 critical finding (at most 0)",
    ),
}


@pytest.mark.parametrize(("one", "limits", "passed", "reason", "message"), IMAGES.values(), ids=IMAGES.keys())
def test_an_image(
    one: ImageScan | None, limits: VulnerabilityPolicy, passed: str, reason: Reason, message: str
) -> None:
    assert judge_image(one, limits, NOW) == Verdict(passed, reason, message)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [status for status in STATUSES if status not in FINAL])
@pytest.mark.parametrize(
    ("decided", "passed"), [("Fail", "False"), ("Pass", "True"), ("Unknown", "Unknown"), (None, "Unknown")]
)
@pytest.mark.parametrize("counts", [None, {}, {"LOW": 3}])
def test_what_is_not_scanned_is_what_the_policy_says(
    status: str, decided: str | None, passed: str, counts: dict[str, int] | None
) -> None:
    limits = policy(maxCritical=0, **({"onUnscanned": decided} if decided else {}))
    verdict = judge_image(said(status, counts=counts), limits, NOW)
    assert verdict.passed == passed
    assert verdict.reason in (Reason.NOT_SCANNED, Reason.SCAN_PENDING)
    assert status in verdict.message or status == SCAN_NOT_FOUND


COUNTS: dict[str, tuple[ImageScan, str]] = {
    "none": (scan(), "no findings"),
    "not known": (said("FAILED"), "findings that are not known"),
    "the worst first": (scan(counts={"CRITICAL": 1, "HIGH": 2300}), "1 critical, 2,300 high"),
    "how many can be fixed": (
        scan(counts={"CRITICAL": 3, "LOW": 1}, fixable_critical=0, type=ENHANCED),
        "3 critical, 1 low (0 of the critical ones with a fix)",
    ),
    "fixes of nothing critical": (scan(counts={"LOW": 1}, fixable_critical=0), "1 low"),
}


@pytest.mark.parametrize(("one", "text"), COUNTS.values(), ids=COUNTS.keys())
def test_counts_in_words(one: ImageScan, text: str) -> None:
    assert describe_counts(one) == text


def judged(name: str, one: ImageScan | None, limits: VulnerabilityPolicy = NO_CRITICAL) -> Judged:
    return Judged(name, one, judge_image(one, limits, NOW))


CLEAN, SOME = scan(), scan(counts={"HIGH": 3})
BAD, WORSE = scan(counts={"CRITICAL": 1, "LOW": 4}), scan(counts={"CRITICAL": 7}, fixable_critical=2)
NEVER, RUNNING = said(SCAN_NOT_FOUND), said("PENDING")
OLD = scan(counts={"HIGH": 1}, completed_at=ago(99))
FAIL, PASS = policy(maxCritical=0, onUnscanned="Fail"), policy(maxCritical=0, onUnscanned="Pass")
REPLACE = "Replace this image and delete it, or raise the limits of `vulnerabilityPolicy`"
DECIDE = "Have it scanned, or decide with `vulnerabilityPolicy.onUnscanned`"

TOGETHER: dict[str, tuple[list[Judged], str, Reason, str]] = {
    "no image": (
        [],
        "Unknown",
        Reason.NO_IMAGES_REPORTED,
        "There is no image to judge: the repository has none with a tag, and none in use",
    ),
    "one that is clean": (
        [judged("v1", CLEAN)],
        "True",
        Reason.NO_VULNERABILITIES_FOUND,
        "1 reported image passes; the worst is v1: no findings",
    ),
    "several that pass": (
        [judged("v1", CLEAN), judged("v2", SOME)],
        "True",
        Reason.NO_VULNERABILITIES_FOUND,
        "2 reported images pass; the worst is v2: 3 high",
    ),
    "one that fails": (
        [judged("v1", CLEAN), judged("v2", BAD)],
        "False",
        Reason.VULNERABILITIES_FOUND,
        f"1 of 2 reported images fails: v2 has 1 critical finding (at most 0); "
        f"it has 1 critical, 4 low. {REPLACE}",
    ),
    "the worst of several that fail": (
        [judged("v1", BAD), judged("v2", WORSE), judged("v3", NEVER), judged("v4", RUNNING)],
        "False",
        Reason.VULNERABILITIES_FOUND,
        "2 of 4 reported images fail: the worst, v2, has 7 critical findings (at most 0); "
        f"it has 7 critical (2 of the critical ones with a fix). {REPLACE}",
    ),
    "findings before what is not known": (
        [judged("v1", NEVER, FAIL), judged("v2", BAD, FAIL)],
        "False",
        Reason.VULNERABILITIES_FOUND,
        f"2 of 2 reported images fail: the worst, v2, has 1 critical finding (at most 0); "
        f"it has 1 critical, 4 low. {REPLACE}",
    ),
    "one that fails because it was never scanned": (
        [judged("v1", NEVER, FAIL), judged("v2", CLEAN, FAIL)],
        "False",
        Reason.NOT_SCANNED,
        f"1 of 2 reported images fails: v1 was never scanned. {DECIDE}",
    ),
    "one that is not scanned": (
        [judged("v1", CLEAN), judged("v2", NEVER)],
        "Unknown",
        Reason.NOT_SCANNED,
        f"1 of 2 reported images cannot be judged: v2 was never scanned. {DECIDE}",
    ),
    "one that is being scanned": (
        [judged("v1", CLEAN), judged("v2", RUNNING)],
        "Unknown",
        Reason.SCAN_PENDING,
        "1 of 2 reported images cannot be judged yet: v2 is being scanned (PENDING)",
    ),
    "several that are not known": (
        [judged("v1", NEVER), judged("v2", NEVER)],
        "Unknown",
        Reason.NOT_SCANNED,
        f"2 of 2 reported images cannot be judged: the first, v1, was never scanned. {DECIDE}",
    ),
    "one whose scan is too old": (
        [judged("v1", OLD, TWO_WEEKS)],
        "Unknown",
        Reason.SCAN_TOO_OLD,
        "1 of 1 reported image cannot be judged: v1 was scanned on 2026-08-21, more than 14 days ago. "
        "Have it scanned again, or raise `vulnerabilityPolicy.maxScanAgeDays`",
    ),
    "one that passes without a scan is not the worst, and is said": (
        [judged("v0", NEVER, PASS), judged("v1", CLEAN, PASS)],
        "True",
        Reason.NO_VULNERABILITIES_FOUND,
        "2 reported images pass; the worst is v1: no findings; 1 passes only because "
        "`vulnerabilityPolicy.onUnscanned` is `Pass`",
    ),
    "all that pass without a scan are not called clean": (
        [judged("v1", NEVER, PASS), judged("v2", RUNNING, PASS)],
        "True",
        Reason.NOT_SCANNED,
        "2 reported images pass only because `vulnerabilityPolicy.onUnscanned` is `Pass`: "
        "v1 was never scanned",
    ),
}


@pytest.mark.parametrize(("images", "passed", "reason", "message"), TOGETHER.values(), ids=TOGETHER.keys())
def test_images_together(images: list[Judged], passed: str, reason: Reason, message: str) -> None:
    assert judge(images) == Verdict(passed, reason, message)  # type: ignore[arg-type]
    assert len(message) <= MESSAGE_MAX


MANY = st.lists(st.none() | SCANS, max_size=5)


def whole(scans: list[ImageScan | None], limits: VulnerabilityPolicy, now: datetime = NOW) -> Verdict:
    return judge([Judged(f"v{n}", one, judge_image(one, limits, now)) for n, one in enumerate(scans)])


@bounded(500)
@given(MANY, POLICIES)
def test_it_is_never_true_while_known_counts_exceed_a_limit(
    scans: list[ImageScan | None], limits: VulnerabilityPolicy
) -> None:
    verdict = whole(scans, limits)
    if any(one is not None and exceeded(one, limits) for one in scans):
        assert (verdict.passed, verdict.reason) == ("False", Reason.VULNERABILITIES_FOUND)
    if verdict.passed == "True" and limits.effective_on_unscanned != OnUnscanned.PASS:
        assert scans
        for one in scans:
            assert one is not None
            assert one.phase == ScanPhase.DONE
            assert one.counts is not None
    assert verdict.message


@bounded(200)
@given(MANY.flatmap(lambda scans: st.tuples(st.just(scans), st.permutations(scans))), POLICIES)
def test_the_order_of_images_does_not_change_it(
    both: tuple[list[ImageScan | None], list[ImageScan | None]], limits: VulnerabilityPolicy
) -> None:
    one, other = (whole(scans, limits).passed for scans in both)
    assert one == other


@bounded(500)
@given(MANY, POLICIES, st.data())
def test_stricter_limits_let_nothing_pass(
    scans: list[ImageScan | None], limits: VulnerabilityPolicy, data: st.DataObject
) -> None:
    fields = {}
    for name, least in {"max_critical": 0, "max_high": 0, "max_medium": 0, "max_scan_age_days": 1}.items():
        limit = getattr(limits, name)
        fields[name] = data.draw(
            st.none() | st.integers(least, 9) if limit is None else st.integers(least, limit)
        )
    strict = limits.model_copy(update=fields)
    if whole(scans, limits).passed != "True":
        assert whole(scans, strict).passed != "True"
    if whole(scans, limits).reason == Reason.VULNERABILITIES_FOUND:
        assert whole(scans, strict).passed == "False"


@bounded(200)
@given(MANY, POLICIES, st.integers(0, 50))
def test_time_alone_proves_nothing(
    scans: list[ImageScan | None], limits: VulnerabilityPolicy, days: int
) -> None:
    now, later = (whole(scans, limits, NOW + timedelta(days=more)).passed for more in (0, days))
    assert later == "True" or now != "True" or limits.max_scan_age_days is not None
    assert now == "True" or later != "True"
