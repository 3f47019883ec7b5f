"""How a status shows the scans of a repository's images: the truth, the last known, and within its bounds."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.meta import Condition
from ecr_operator.api.repository_status import EcrRepositoryStatus, LatestImage, RepositoryImages
from ecr_operator.api.scan_status import RepositoryScan
from ecr_operator.api.vulnerability_policy import REPORT_MAX, ReportedImages, VulnerabilityPolicy
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, SEVERITIES, ImageScan
from ecr_operator.planning.reported_images import Candidate
from ecr_operator.planning.scan_report import (
    IMAGES_BYTES,
    MANAGED_BY_REGISTRY,
    SCAN_PASSED,
    ScanLook,
    of_last_status,
    with_registry_rules,
    with_scan,
)
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded
from tests.planning.images import NOW, ago
from tests.planning.scan_samples import (
    AWS_STATUSES,
    BASIC,
    ENHANCED,
    NO_CRITICAL,
    POLICIES,
    SCANS,
    policy,
    scan,
)

EMPTY = EcrRepositoryStatus(observed_generation=1)
REPORT = ReportedImages(report=REPORT_MAX)
DENIED = "User: arn:aws:iam::1:role/op is not authorized to perform: inspector2:ListFindings"


def candidate(number: int, **more: Any) -> Candidate:
    return Candidate(**{"digest": f"sha256:{number:064}", "tag": f"v{number}", "pushed_at": NOW, **more})


def look(*scans: ImageScan | None, **more: Any) -> ScanLook:
    """At images with these scans, None: not read yet."""
    images = tuple(candidate(number) for number in range(len(scans)))
    known = {image.digest: one for image, one in zip(images, scans, strict=True) if one is not None}
    return ScanLook(**{"reported": images, "scans": known, "type": BASIC, **more})


def shown(
    found: ScanLook,
    limits: VulnerabilityPolicy | None = NO_CRITICAL,
    images: ReportedImages = REPORT,
    before: EcrRepositoryStatus = EMPTY,
) -> EcrRepositoryStatus:
    return with_scan(before, found, images, limits, generation=1, now=NOW)


def verdict(status: EcrRepositoryStatus) -> tuple[str, str] | None:
    condition = status.condition(SCAN_PASSED)
    return None if condition is None else (condition.status, condition.reason)


def entries(status: EcrRepositoryStatus) -> list[dict[str, Any]]:
    """Those of `status.scan.images`, without the digests."""
    images = status.to_json().get("scan", {}).get("images", [])
    return [{name: value for name, value in image.items() if name != "digest"} for image in images]


def scanned(status: EcrRepositoryStatus) -> RepositoryScan:
    assert status.scan is not None
    return status.scan


class TestImages:
    def test_an_image_with_all_that_is_known(self) -> None:
        one = scan("ACTIVE", {"CRITICAL": 2, "LOW": 1}, type=ENHANCED, fixable_critical=1)
        status = shown(look(one, type=ENHANCED, frequency="CONTINUOUS_SCAN"))
        assert status.to_json()["scan"] == {
            "type": "ENHANCED",
            "frequency": "CONTINUOUS_SCAN",
            "images": [
                {
                    "tag": "v0",
                    "digest": candidate(0).digest,
                    "status": "ACTIVE",
                    "severityCounts": {"CRITICAL": 2, "LOW": 1},
                    "fixableCritical": 1,
                    "completedAt": "2026-11-28T11:00:00Z",
                    "passed": "False",
                }
            ],
            "worst": {"CRITICAL": 2, "HIGH": 0, "MEDIUM": 0, "LOW": 1},
        }

    def test_an_image_that_was_not_read_yet(self) -> None:
        assert entries(shown(look(None))) == [{"tag": "v0", "passed": "Unknown"}]
        assert verdict(shown(look(None))) == ("Unknown", Reason.SCAN_PENDING)

    @pytest.mark.parametrize("status", [*AWS_STATUSES, SCAN_NOT_FOUND, "UNKNOWN", "NEW"])
    def test_every_status_is_shown_as_it_is_and_none_of_them_is_clean_by_itself(self, status: str) -> None:
        result = shown(look(ImageScan(status, BASIC)))
        assert entries(result) == [{"tag": "v0", "status": status, "passed": "Unknown"}]
        assert scanned(result).worst is None
        assert verdict(result) in (("Unknown", Reason.NOT_SCANNED), ("Unknown", Reason.SCAN_PENDING))

    def test_no_findings_are_shown_as_none_and_not_as_unknown(self) -> None:
        assert entries(shown(look(scan())))[0]["severityCounts"] == {}
        assert scanned(shown(look(scan()))).worst == {"CRITICAL": 0, "HIGH": 0, "MEDIUM": 0}

    def test_fixes_are_shown_where_there_is_something_critical(self) -> None:
        assert "fixableCritical" not in entries(shown(look(scan(fixable_critical=0))))[0]

    def test_the_worst_is_of_one_image(self) -> None:
        found = look(scan(counts={"CRITICAL": 1, "HIGH": 1}), scan(counts={"HIGH": 9}), None)
        assert scanned(shown(found)).worst == {"CRITICAL": 1, "HIGH": 1, "MEDIUM": 0}

    def test_zero_is_not_said_of_an_image_that_aws_scans_no_more(self) -> None:
        expired = ImageScan("SCAN_ELIGIBILITY_EXPIRED", BASIC, {"LOW": 1})
        assert scanned(shown(look(expired))).worst == {"LOW": 1}

    def test_as_many_as_the_spec_says_are_shown_and_judged(self) -> None:
        found = look(scan(), scan(), scan(counts={"CRITICAL": 1}))
        status = shown(found, images=ReportedImages(report=2))
        assert [entry["tag"] for entry in entries(status)] == ["v0", "v1"]
        assert verdict(status) == ("True", Reason.NO_VULNERABILITIES_FOUND)
        assert verdict(shown(found)) == ("False", Reason.VULNERABILITIES_FOUND)

    def test_severities_that_nobody_knows_do_not_break_a_status(self) -> None:
        counts = {f"NEW_{n}": 1 for n in range(9)} | {"LOW": 1, "UNDEFINED": 1, "UNTRIAGED": 1}
        status = shown(look(scan(counts=counts)))
        assert EcrRepositoryStatus.from_json(status.to_json()) == status


class TestKinds:
    def test_what_the_other_kind_has_found_is_not_shown_once_the_registry_is_switched(self) -> None:
        status = shown(look(scan(counts={"CRITICAL": 1}, type=BASIC), type=ENHANCED))
        assert entries(status) == [{"tag": "v0", "passed": "Unknown"}]
        assert verdict(status) == ("Unknown", Reason.SCAN_PENDING)

    def test_of_a_registry_that_was_not_read_the_findings_are_shown(self) -> None:
        assert verdict(shown(look(scan(type=ENHANCED), type=None))) == (
            "True",
            Reason.NO_VULNERABILITIES_FOUND,
        )


class TestVerdict:
    def test_without_a_policy_there_is_none(self) -> None:
        before = shown(look(scan()))
        status = shown(look(scan()), None, before=before)
        assert verdict(status) is None
        assert [entry.keys() for entry in entries(status)] == [
            {"tag", "status", "severityCounts", "completedAt"}
        ]

    @pytest.mark.parametrize("images", [ReportedImages(report=0), ReportedImages(scan_findings=False)])
    def test_where_findings_are_not_read_nothing_is_shown_and_the_verdict_says_why(
        self, images: ReportedImages
    ) -> None:
        status = shown(look(scan()), images=images, before=shown(look(scan())))
        assert status.scan is None
        assert verdict(status) == ("Unknown", Reason.FINDINGS_NOT_READ)
        assert verdict(shown(look(scan()), None, images)) is None

    def test_a_repository_without_images_is_not_judged(self) -> None:
        assert verdict(shown(look())) == ("Unknown", Reason.NO_IMAGES_REPORTED)
        assert shown(look(type=None)).scan is None

    def test_what_aws_denies_is_unknown_with_its_sentence(self) -> None:
        condition = shown(look(scan(), denied=DENIED)).condition(SCAN_PASSED)
        assert condition is not None
        assert (condition.status, condition.reason) == ("Unknown", Reason.ACCESS_DENIED)
        assert condition.message == DENIED
        assert verdict(shown(look(denied=DENIED), None)) == ("Unknown", Reason.ACCESS_DENIED)

    def test_what_is_known_to_be_bad_stays_bad_when_aws_denies_more(self) -> None:
        status = shown(look(scan(counts={"CRITICAL": 1}), denied=DENIED))
        assert verdict(status) == ("False", Reason.VULNERABILITIES_FOUND)

    @pytest.mark.parametrize("decided", ["Fail", "Pass", "Unknown"])
    @pytest.mark.parametrize("known", [None, scan()], ids=["never read", "read before"])
    def test_an_image_that_aws_does_not_tell_of_passes_by_no_policy_and_the_message_says_why(
        self, decided: str, known: ImageScan | None
    ) -> None:
        unread = {candidate(1).digest: "the key is disabled"}
        status = shown(look(scan(), known, unread=unread), policy(maxCritical=0, onUnscanned=decided))
        assert verdict(status) == ("Unknown", Reason.FINDINGS_NOT_READ)
        condition = status.condition(SCAN_PASSED)
        assert condition is not None
        assert condition.message == (
            "1 of 2 reported images cannot be judged: v1 has a scan that AWS does not tell: "
            "the key is disabled"
        )
        bad = shown(look(scan(), scan(counts={"CRITICAL": 1}), unread=unread))
        assert verdict(bad) == ("False", Reason.VULNERABILITIES_FOUND)

    @pytest.mark.parametrize(
        ("decided", "passed"), [("Fail", "False"), ("Pass", "True"), ("Unknown", "Unknown")]
    )
    def test_an_index_that_is_not_read_because_of_pull_times_says_what_to_do(
        self, decided: str, passed: str
    ) -> None:
        exclude = "run `aws ecr register-pull-time-update-exclusion`"
        found = look(None, pull_times=exclude)
        found = replace(found, reported=(replace(found.reported[0], is_index=True),))
        status = shown(found, policy(maxCritical=0, onUnscanned=decided))
        assert verdict(status) == (passed, Reason.PULL_TIMES_COUNT)
        condition = status.condition(SCAN_PASSED)
        assert condition is not None
        assert exclude in condition.message

    def test_an_index_that_was_read_before_is_judged_by_that(self) -> None:
        found = look(scan(), pull_times="x")
        found = replace(found, reported=(replace(found.reported[0], is_index=True),))
        assert verdict(shown(found)) == ("True", Reason.NO_VULNERABILITIES_FOUND)

    ARCHIVED = ImageScan("IMAGE_ARCHIVED", BASIC)

    def test_an_archived_image_is_shown_and_not_judged_where_there_are_others(self) -> None:
        found = look(scan(), self.ARCHIVED)
        archived = replace(found, reported=(found.reported[0], replace(found.reported[1], is_archived=True)))
        assert len(entries(shown(archived))) == 2
        assert verdict(shown(archived)) == ("True", Reason.NO_VULNERABILITIES_FOUND)
        used = (found.reported[0], replace(found.reported[1], is_archived=True, is_used=True))
        assert verdict(shown(replace(found, reported=used))) == ("Unknown", Reason.NOT_SCANNED)
        alone = (replace(found.reported[1], is_archived=True),)
        assert verdict(shown(replace(found, reported=alone))) == ("Unknown", Reason.NOT_SCANNED)


class TestRestart:
    """What a status says is all that is known then."""

    def changed(self, status: EcrRepositoryStatus, limits: VulnerabilityPolicy) -> EcrRepositoryStatus:
        """After a start and a change of the spec."""
        return with_scan(status, of_last_status(status), REPORT, limits, generation=2, now=NOW)

    def test_a_changed_policy_is_judged_by_what_is_known(self) -> None:
        status = shown(look(scan(counts={"CRITICAL": 1})))
        assert verdict(status) == ("False", Reason.VULNERABILITIES_FOUND)
        wider = self.changed(status, policy(maxCritical=1))
        assert verdict(wider) == ("True", Reason.NO_VULNERABILITIES_FOUND)
        assert wider.scan is not None
        assert [image.passed for image in wider.scan.images or ()] == ["True"]

    def test_an_archived_image_is_still_known_as_one(self) -> None:
        found = look(scan(), TestVerdict.ARCHIVED)
        found = replace(found, reported=(found.reported[0], replace(found.reported[1], is_archived=True)))
        assert verdict(self.changed(shown(found), policy(maxHigh=0))) == (
            "True",
            Reason.NO_VULNERABILITIES_FOUND,
        )

    def test_what_aws_denied_is_still_denied(self) -> None:
        status = shown(look(scan(), denied=DENIED))
        assert verdict(self.changed(status, policy(maxHigh=0))) == ("Unknown", Reason.ACCESS_DENIED)

    def test_the_rules_of_the_registry_are_still_known(self) -> None:
        found = look(frequency="CONTINUOUS_SCAN", by_registry=True)
        status = with_registry_rules(shown(found), found, True, generation=1, now=ago(1))
        assert status.condition(MANAGED_BY_REGISTRY) is not None
        again = with_registry_rules(status, of_last_status(status), True, generation=1, now=NOW)
        assert again == status


LONG = "t" * 128
CONDITION = Condition(
    type="X",
    status="True",
    reason="InSync",
    message="",
    last_transition_time=NOW,
    observed_generation=9,
)
URI = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{'team/application' * 3}"


def whole(words: int = 200, tag: str = LONG, **more: Any) -> EcrRepositoryStatus:
    """A status with all else that an object in good health has."""
    condition = CONDITION.model_copy(update={"message": "m" * words})
    types = ("Ready", "LifecyclePolicyApplied", "NearImageQuota")
    return EcrRepositoryStatus(
        observed_generation=9,
        repository_uri=URI,
        repository_arn=URI,
        registry_id="123456789012",
        region="eu-west-1",
        created_at=NOW,
        owner=f"production/{'n' * 30}/{'o' * 40}",
        applied_hash="h" * 16,
        managed=(
            "imageScanningConfiguration",
            "imageTagMutability",
            "lifecyclePolicy",
            "repository",
            "tags/team",
        ),
        images=RepositoryImages(
            count=9999,
            tagged_count=9999,
            size_bytes=10**12,
            latest=LatestImage(tag=tag, digest=candidate(0).digest, pushed_at=NOW),
            observed_at=NOW,
        ),
        conditions=tuple(condition.model_copy(update={"type": type}) for type in types),
        **more,
    )


class TestSize:
    COUNTS = dict.fromkeys(SEVERITIES, 1234)

    def filled(
        self, tag: str, counts: dict[str, int], before: EcrRepositoryStatus | None = None
    ) -> EcrRepositoryStatus:
        one = scan(counts=counts, type=ENHANCED, fixable_critical=1234)
        images = tuple(candidate(n, tag=f"{tag}{n}") for n in range(REPORT_MAX))
        found = ScanLook(images, {image.digest: one for image in images}, ENHANCED, "CONTINUOUS_SCAN")
        return shown(found, policy(maxCritical=0, maxHigh=0, maxMedium=0), before=before or whole())

    def test_twenty_images_with_long_tags_and_every_severity_stay_below_8_kb(self) -> None:
        status = self.filled(LONG[:126], self.COUNTS)
        text = json.dumps(status.to_json(), separators=(",", ":"))
        assert len(text) < 8192
        images = scanned(status).images or ()
        assert [image.tag for image in images] == [f"{LONG[:126]}{n}" for n in range(len(images))]
        assert len(images) >= 10

    def test_what_does_not_fit_is_judged_all_the_same(self) -> None:
        condition = self.filled(LONG[:126], self.COUNTS).condition(SCAN_PASSED)
        assert condition is not None
        assert condition.message.startswith("20 of 20 reported images fail")

    def test_however_long_all_else_is_the_first_images_are_listed(self) -> None:
        one = scan(counts=self.COUNTS)
        images = tuple(candidate(n, tag=LONG) for n in range(REPORT_MAX))
        found = ScanLook(images, {image.digest: one for image in images}, BASIC)
        before = whole(foreign_statements=tuple(f"{n:256}" for n in range(20)))
        kept = scanned(shown(found, before=before)).images or ()
        assert [image.digest for image in kept] == [image.digest for image in images[: len(kept)]]
        assert 4 <= len(kept) < REPORT_MAX

    def test_twenty_ordinary_images_fit(self) -> None:
        counts = {"CRITICAL": 12, "HIGH": 123, "MEDIUM": 456, "LOW": 789, "UNTRIAGED": 3}
        status = self.filled("release-1.42.", counts, whole(words=60, tag="release-1.42.0"))
        assert len(scanned(status).images or ()) == REPORT_MAX
        assert len(json.dumps(status.to_json(), separators=(",", ":"))) < 8192


CANDIDATES = st.builds(
    candidate,
    st.integers(0, 30),
    tag=st.none() | st.text("ab", min_size=1, max_size=300),
    is_index=st.booleans(),
    is_archived=st.booleans(),
    is_used=st.booleans(),
)
ODD = st.builds(
    lambda one, counts: replace(one, counts=counts),
    SCANS,
    st.none() | st.dictionaries(st.text("XYZ_", min_size=1, max_size=64), st.integers(1, 10**9), max_size=9),
)


@st.composite
def looks(draw: st.DrawFn) -> ScanLook:
    images = tuple(draw(st.lists(CANDIDATES, max_size=REPORT_MAX, unique_by=lambda one: one.digest)))
    scans = {image.digest: draw(SCANS | ODD) for image in images if draw(st.booleans())}
    return ScanLook(
        images,
        scans,
        draw(st.none() | st.sampled_from([BASIC, ENHANCED])),
        draw(st.sampled_from([None, "SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL"])),
        draw(st.booleans()),
        draw(st.sampled_from([None, DENIED])),
        draw(st.sampled_from([None, "x"])),
    )


REPORTS = st.builds(
    ReportedImages,
    report=st.none() | st.integers(0, REPORT_MAX),
    scan_findings=st.none() | st.booleans(),
)


# That a scan comes to be too old is a reason.
OF_ANY_AGE = POLICIES.map(lambda policy: policy.model_copy(update={"max_scan_age_days": None}))


@bounded(300)
@given(looks(), REPORTS, st.none() | OF_ANY_AGE)
def test_the_same_look_again_is_no_reason_to_write(
    found: ScanLook, images: ReportedImages, limits: VulnerabilityPolicy | None
) -> None:
    status = shown(found, limits, images)
    assert with_scan(status, found, images, limits, generation=1, now=ago(-1)) == status
    # What is written is what is read, and within the bounds of the CRD.
    assert EcrRepositoryStatus.from_json(status.to_json()) == status
    if status.scan is not None and status.scan.images:
        written = [image.to_json() for image in status.scan.images]
        assert len(json.dumps(written, separators=(",", ":"))) <= IMAGES_BYTES
        assert len(written) <= images.effective_report


@bounded(300)
@given(looks(), REPORTS, POLICIES)
def test_the_verdict_is_never_true_while_an_entry_is_not(
    found: ScanLook, images: ReportedImages, limits: VulnerabilityPolicy
) -> None:
    status = shown(found, limits, images)
    condition = status.condition(SCAN_PASSED)
    assert condition is not None
    entries_of = {image.digest: image.passed for image in (status.scan and status.scan.images) or ()}
    if condition.status == "True":
        archived = {one.digest for one in found.reported if one.is_archived and not one.is_used}
        assert all(passed == "True" for digest, passed in entries_of.items() if digest not in archived)
        assert found.denied is None


@bounded(200)
@given(looks(), POLICIES)
def test_a_restart_is_no_reason_to_write_and_forgets_no_count(
    found: ScanLook, limits: VulnerabilityPolicy
) -> None:
    status = shown(found, limits)
    known = of_last_status(status)
    assert with_scan(status, known, REPORT, limits, generation=1, now=ago(-1)) == status
    again = with_scan(status, known, REPORT, limits, generation=2, now=NOW)
    before, after = ((one.scan and one.scan.images) or () for one in (status, again))
    for old, new in zip(before, after, strict=True):
        assert (old.digest, old.tag, old.status) == (new.digest, new.tag, new.status)
        assert old.severity_counts == new.severity_counts


NO_EFFECT = "has no effect: change these rules, or leave the field out"
RULES: dict[str, tuple[ScanLook, bool | None, str | None]] = {
    "a rule of the registry scans continuously": (
        look(frequency="CONTINUOUS_SCAN", by_registry=True),
        True,
        "The scanning rules of the registry decide when this repository is scanned: CONTINUOUS_SCAN. "
        f"`imageScanningConfiguration.scanOnPush: true` {NO_EFFECT}",
    ),
    "a rule of the registry scans on push": (
        look(frequency="SCAN_ON_PUSH", by_registry=True),
        False,
        "The scanning rules of the registry decide when this repository is scanned: SCAN_ON_PUSH. "
        f"`imageScanningConfiguration.scanOnPush: false` {NO_EFFECT}",
    ),
    "the rule says what the spec says": (look(frequency="SCAN_ON_PUSH", by_registry=True), True, None),
    "the spec says nothing": (look(frequency="SCAN_ON_PUSH", by_registry=True), None, None),
    "no rule is about the repository": (look(frequency="MANUAL"), True, None),
    "no rule of enhanced scanning is about the repository": (
        look(frequency="MANUAL", type=ENHANCED),
        True,
        "The scanning rules of the registry decide when this repository is scanned: MANUAL. "
        f"`imageScanningConfiguration.scanOnPush: true` {NO_EFFECT}",
    ),
    "nothing is known": (look(by_registry=True), True, None),
}


@pytest.mark.parametrize(("found", "on_push", "message"), RULES.values(), ids=RULES.keys())
def test_the_rules_of_the_registry(found: ScanLook, on_push: bool | None, message: str | None) -> None:
    status = with_registry_rules(EMPTY, found, on_push, generation=1, now=NOW)
    condition = status.condition(MANAGED_BY_REGISTRY)
    if message is None:
        assert condition is None
    else:
        assert condition is not None
        assert (condition.status, condition.message) == ("True", message)
        assert condition.reason == Reason.SCAN_CONFIG_MANAGED_BY_REGISTRY
    gone = with_registry_rules(status, look(), on_push, generation=1, now=NOW)
    assert gone.condition(MANAGED_BY_REGISTRY) is None


def test_a_status_of_another_version_is_read_as_far_as_it_can_be() -> None:
    said = {"scan": {"type": "DEEP", "images": [{"digest": "sha256:1", "status": "NEW"}]}}
    found = of_last_status(EcrRepositoryStatus.from_json(said))
    assert (found.type, found.frequency) == (None, None)
    assert found.scans == {"sha256:1": ImageScan("NEW")}
    assert of_last_status(EMPTY) == ScanLook(listed=False, is_remembered=True)


def test_images_that_nobody_has_listed_yet_are_not_said_to_be_missing() -> None:
    status = with_scan(EMPTY, of_last_status(EMPTY), REPORT, VulnerabilityPolicy(), generation=1, now=NOW)
    found = status.condition(SCAN_PASSED)
    assert found is not None
    assert (found.status, found.reason) == ("Unknown", Reason.SCAN_PENDING)
