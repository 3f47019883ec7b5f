"""What AWS's statuses mean for an image, for an index, and after what was known before."""

from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.scan_status import SEVERITIES_MAX, SEVERITY_MAX, ReportedImage, ScanType
from ecr_operator.planning.image_scan import (
    SCAN_NOT_FOUND,
    SEVERITIES,
    ImageScan,
    ScanPhase,
    carried,
    counted,
    names,
    of_status,
    phase_of,
    together,
    without_scan,
)
from tests.planning.bounds import bounded
from tests.planning.images import NOW, ago
from tests.planning.scan_samples import AWS_STATUSES, BASIC, ENHANCED, FINAL, SCANS, scan

PHASES = {
    "COMPLETE": ScanPhase.DONE,
    "ACTIVE": ScanPhase.DONE,
    "PENDING": ScanPhase.RUNNING,
    "IN_PROGRESS": ScanPhase.RUNNING,
    "SCAN_ELIGIBILITY_EXPIRED": ScanPhase.EXPIRED,
    "FAILED": ScanPhase.NONE,
    "UNSUPPORTED_IMAGE": ScanPhase.NONE,
    "FINDINGS_UNAVAILABLE": ScanPhase.NONE,
    "LIMIT_EXCEEDED": ScanPhase.NONE,
    "IMAGE_ARCHIVED": ScanPhase.NONE,
    "IMAGE_SIZE_EXCEEDED": ScanPhase.NONE,
    SCAN_NOT_FOUND: ScanPhase.NONE,
    "SOMETHING_NEW": ScanPhase.NONE,
    "complete": ScanPhase.NONE,
    "": ScanPhase.NONE,
}


@pytest.mark.parametrize(("status", "phase"), PHASES.items())
def test_every_status_has_a_meaning(status: str, phase: ScanPhase) -> None:
    assert phase_of(status) == phase


def test_the_statuses_of_this_table_are_those_of_aws() -> None:
    shape: Any = botocore.session.get_session().get_service_model("ecr").shape_for("ScanStatus")
    assert set(AWS_STATUSES) == set(shape.enum)
    assert set(AWS_STATUSES) <= PHASES.keys()


@pytest.mark.parametrize("status", FINAL)
def test_a_scan_that_is_done_without_a_result_is_still_running(status: str) -> None:
    assert ImageScan(status, BASIC).phase == ScanPhase.RUNNING
    assert ImageScan(status, BASIC, {}).phase == ScanPhase.DONE


COUNTED: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "the worst come first": (
        {"LOW": 3, "HIGH": 2, "CRITICAL": 1},
        {"CRITICAL": 1, "HIGH": 2, "LOW": 3},
    ),
    "severities without findings are left out": ({"CRITICAL": 0, "LOW": 1}, {"LOW": 1}),
    "numbers below zero are none": ({"CRITICAL": -1}, {}),
    "a severity that nobody knows is kept by its name": ({"SEVERE": 2, "LOW": 1}, {"LOW": 1, "SEVERE": 2}),
    "a name that does not fit is undefined": (
        {"X" * (SEVERITY_MAX + 1): 2, "": 1, "UNDEFINED": 4},
        {"UNDEFINED": 7},
    ),
}


@pytest.mark.parametrize(("counts", "kept"), COUNTED.values(), ids=COUNTED.keys())
def test_counts_are_kept_in_one_way(counts: dict[str, int], kept: dict[str, int]) -> None:
    assert list(counted(counts).items()) == list(kept.items())


ANY_COUNTS = st.dictionaries(
    st.sampled_from([*SEVERITIES, *(f"NEW_{n}" for n in range(30)), "", "Z" * 65]),
    st.integers(-3, 9),
    max_size=40,
)


@bounded(200)
@given(ANY_COUNTS)
def test_however_many_severities_there_are_a_status_has_room_for_them(counts: dict[str, int]) -> None:
    kept = counted(counts)
    # With those of AWS that a status shows as zero.
    assert len(kept.keys() | set(SEVERITIES)) <= SEVERITIES_MAX
    assert sum(kept.values()) == sum(number for number in counts.values() if number > 0)
    assert counted(kept) == kept


def test_names_are_sorted_once_each_and_few() -> None:
    assert names(["CVE-2", "CVE-1", "", "CVE-2"]) == ("CVE-1", "CVE-2")
    assert len(names(f"CVE-{n}" for n in range(100))) == 20


TOGETHER: dict[str, tuple[tuple[str, ...], str]] = {
    "one platform is still being scanned": (("COMPLETE", "IN_PROGRESS"), "IN_PROGRESS"),
    "one platform was never scanned": (("COMPLETE", SCAN_NOT_FOUND), SCAN_NOT_FOUND),
    "what runs is waited for before what is missing is told": (("FAILED", "PENDING"), "PENDING"),
    "one platform is scanned no more": (
        ("ACTIVE", "SCAN_ELIGIBILITY_EXPIRED"),
        "SCAN_ELIGIBILITY_EXPIRED",
    ),
    "all are done": (("COMPLETE", "COMPLETE"), "COMPLETE"),
}


class TestTogether:
    """The scan of an index."""

    @pytest.mark.parametrize(("statuses", "status"), TOGETHER.values(), ids=TOGETHER.keys())
    def test_it_is_as_far_as_the_last_of_its_images(self, statuses: tuple[str, ...], status: str) -> None:
        assert together([scan(one) for one in statuses]).status == status

    def test_it_is_as_bad_as_the_worst_of_each_severity(self) -> None:
        amd = scan(counts={"CRITICAL": 2, "LOW": 1}, criticals=("CVE-1", "CVE-2"), fixable_critical=1)
        arm = scan(counts={"CRITICAL": 1, "HIGH": 7}, criticals=("CVE-1", "CVE-3"), fixable_critical=0)
        found = together([amd, arm])
        assert found.counts == {"CRITICAL": 2, "HIGH": 7, "LOW": 1}
        assert found.criticals == ("CVE-1", "CVE-2", "CVE-3")
        assert found.fixable_critical == 1

    def test_fixes_are_known_when_they_are_of_all_that_have_criticals(self) -> None:
        some, none = scan(counts={"CRITICAL": 2}, fixable_critical=2), scan(counts={"LOW": 1})
        assert together([some, none]).fixable_critical == 2
        assert together([some, scan(counts={"CRITICAL": 1})]).fixable_critical is None

    @pytest.mark.parametrize("status", FINAL)
    def test_a_clean_platform_does_not_speak_for_one_without_a_result(self, status: str) -> None:
        found = together([scan(status), ImageScan(status, BASIC)])
        assert found.phase == ScanPhase.RUNNING
        assert found.counts == {}

    def test_it_is_as_old_as_the_oldest_and_of_no_known_age_if_one_is_not(self) -> None:
        old, new = scan(completed_at=ago(9)), scan(completed_at=ago(1))
        assert together([new, old]).completed_at == ago(9)
        assert together([new, scan(completed_at=None)]).completed_at is None

    def test_both_kinds_at_once_are_no_kind(self) -> None:
        assert together([scan(type=BASIC), scan(type=None)]).type == BASIC
        assert together([scan(type=BASIC), scan(type=ENHANCED)]).type is None

    @bounded(300)
    @given(
        st.lists(SCANS, min_size=1, max_size=4).flatmap(lambda s: st.tuples(st.just(s), st.permutations(s)))
    )
    def test_the_order_of_its_images_does_not_matter(
        self, both: tuple[list[ImageScan], list[ImageScan]]
    ) -> None:
        one, other = (together(scans) for scans in both)
        assert one == other
        assert (one.criticals, one.description) == (other.criticals, other.description)

    @bounded(300)
    @given(st.lists(SCANS, min_size=1, max_size=4))
    def test_it_is_never_better_than_any_of_them(self, scans: list[ImageScan]) -> None:
        found = together(scans)
        for one in scans:
            assert found.rank() >= one.rank()
            assert all(found.of(severity) >= one.of(severity) for severity in SEVERITIES)
            assert one.phase == ScanPhase.DONE or found.phase != ScanPhase.DONE


CRITICAL = {"CRITICAL": 2, "LOW": 1}


class TestCarried:
    """What was known before, and is not told any more."""

    @pytest.mark.parametrize(
        "status", ["FAILED", "IN_PROGRESS", "PENDING", "FINDINGS_UNAVAILABLE", "LIMIT_EXCEEDED", "NEW"]
    )
    @pytest.mark.parametrize("kind", [BASIC, None])
    def test_a_passing_error_wipes_no_counts(self, status: str, kind: ScanType | None) -> None:
        before = scan(counts=CRITICAL, criticals=("CVE-1",), fixable_critical=1)
        found = carried(before, ImageScan(status, kind, description="why"))
        assert (found.status, found.description, found.type) == (status, "why", BASIC)
        assert (found.counts, found.fixable_critical) == (CRITICAL, 1)
        assert (found.criticals, found.completed_at) == (("CVE-1",), before.completed_at)
        assert found.phase == phase_of(status)

    def test_a_scan_that_is_not_found_any_more_wipes_no_counts(self) -> None:
        assert without_scan(scan(counts=CRITICAL), BASIC).counts == CRITICAL
        assert without_scan(scan(counts=CRITICAL), BASIC).status == SCAN_NOT_FOUND
        assert without_scan(None, BASIC) == ImageScan(SCAN_NOT_FOUND, BASIC)

    @pytest.mark.parametrize(("one", "other"), [(BASIC, ENHANCED), (ENHANCED, BASIC)])
    def test_the_other_kind_leaves_no_counts(self, one: ScanType, other: ScanType) -> None:
        before = scan(counts=CRITICAL, type=one, criticals=("CVE-1",))
        assert without_scan(before, other) == ImageScan(SCAN_NOT_FOUND, other)
        assert carried(before, ImageScan("PENDING", other)).counts is None
        assert carried(before, ImageScan("PENDING", other)).criticals == ()

    def test_new_counts_take_the_place_of_the_old_ones(self) -> None:
        assert carried(scan(counts=CRITICAL), scan()).counts == {}

    def test_nothing_known_is_carried_as_nothing(self) -> None:
        assert carried(ImageScan("PENDING", BASIC), ImageScan("FAILED", BASIC)).counts is None

    def test_that_there_was_nothing_is_not_known_of_an_image_that_is_scanned_no_more(self) -> None:
        expired = ImageScan("SCAN_ELIGIBILITY_EXPIRED", BASIC)
        assert carried(scan(), expired).counts is None
        assert carried(scan(counts=CRITICAL), expired).counts == CRITICAL

    @pytest.mark.parametrize("status", FINAL)
    def test_old_counts_do_not_make_a_scan_without_a_result_done(self, status: str) -> None:
        found = carried(scan(status), ImageScan(status, BASIC))
        assert (found.phase, found.counts) == (ScanPhase.RUNNING, {})

    @bounded(300)
    @given(SCANS, SCANS)
    def test_it_never_becomes_done_by_what_was_known_before(self, before: ImageScan, now: ImageScan) -> None:
        found = carried(before, now)
        assert found.phase == now.phase
        assert now.counts is None or found == now
        assert carried(found, now) == found


def test_a_status_tells_what_it_was_written_from() -> None:
    image = ReportedImage(
        digest="sha256:1",
        status="COMPLETE",
        severity_counts={"CRITICAL": 1},
        fixable_critical=1,
        completed_at=NOW,
    )
    assert of_status(image, BASIC) == ImageScan("COMPLETE", BASIC, {"CRITICAL": 1}, 1, completed_at=NOW)
    assert of_status(ReportedImage(digest="sha256:1"), BASIC) is None
