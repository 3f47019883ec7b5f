"""What `ecr-operator gate` prints of what it knows, for people and for programs."""

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from ecr_operator.api.scan_status import ScanType
from ecr_operator.api.vulnerability_policy import VulnerabilityPolicy
from ecr_operator.cli.gate_document import as_json
from ecr_operator.cli.gate_outcome import Outcome, Part, Result, Target, overall
from ecr_operator.cli.gate_policy import GatePolicy
from ecr_operator.cli.gate_progress import shown
from ecr_operator.cli.gate_report import show
from ecr_operator.cli.gate_waiting import pauses
from ecr_operator.planning.image_reference import image_reference
from ecr_operator.planning.image_scan import ImageScan
from ecr_operator.planning.scan_finding import Finding

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
WEB = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/web:1.4"
DIGEST = f"sha256:{'a' * 64}"
POLICY = GatePolicy(VulnerabilityPolicy(max_critical=0, max_high=5))
FINDINGS = (
    Finding("CVE-2", "HIGH", ("zlib 1.2",), uri="https://example.com/2"),
    Finding("CVE-9", "CRITICAL", ("openssl 3.0.1", "libssl3 3.0.1"), "3.0.2", True, "https://example.com/9"),
    Finding("CVE-1", "CRITICAL", ("busybox",), has_fix=False),
    Finding("", "CRITICAL"),
)
SCAN = ImageScan(
    "COMPLETE", ScanType.BASIC, {"CRITICAL": 3, "HIGH": 1, "NEW": 2}, completed_at=NOON, description="Done"
)


def target(text: str = WEB) -> Target:
    reference = image_reference(text)
    assert reference is not None
    return Target(text, reference)


def outcome(findings: tuple[Finding, ...] = FINDINGS, scan: ImageScan = SCAN, **more: Any) -> Outcome:
    given: dict[str, Any] = {
        "result": Result.FAIL,
        "reason": "VulnerabilitiesFound",
        "message": "has 3 critical findings (at most 0)",
        "digest": DIGEST,
        "parts": (Part(DIGEST, scan, findings),),
        "scan": scan,
    }
    return Outcome(target(), **(given | more))


def seen(text: str) -> str:
    """Without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def text_of(*outcomes: Outcome, policy: GatePolicy = POLICY) -> str:
    told = io.StringIO()
    show(outcomes, policy, Console(file=told, soft_wrap=True, highlight=False))
    return told.getvalue()


def test_a_table_tells_the_counts_and_what_breaks_the_policy() -> None:
    assert text_of(outcome(remarks=("something was done",))).splitlines() == [
        WEB,
        f"  digest   {DIGEST}",
        "  scan     COMPLETE (BASIC), completed at 2026-11-28T12:00:00Z",
        "  result   fail: has 3 critical findings (at most 0)",
        "  note     something was done",
        "",
        "SEVERITY   FOUND   ALLOWED",
        "CRITICAL   3       0",
        "HIGH       1       5",
        "MEDIUM     0       any",
        "NEW        2       any",
        "",
        "SEVERITY   NAME    PACKAGE        INSTALLED   FIXED IN   URI",
        "CRITICAL   -       -              -           -          -",
        "CRITICAL   CVE-1   busybox        -           none       -",
        "CRITICAL   CVE-9   openssl (+1)   3.0.1       3.0.2      https://example.com/9",
        "",
        "1 failed; the policy is that of the command line.",
    ]


def test_a_terminal_gets_the_same_in_colour() -> None:
    told = io.StringIO()
    show([outcome()], POLICY, Console(file=told, force_terminal=True, width=300, color_system="standard"))
    assert "\x1b[1;31mCRITICAL" in told.getvalue()
    lines = [line.rstrip() for line in seen(told.getvalue()).splitlines()]
    assert lines == text_of(outcome()).splitlines()


def test_a_narrow_terminal_folds_addresses_and_no_names_or_digests() -> None:
    package = "linux-libc-dev 6.8.0-31.31"
    long = Finding("CVE-2026-100000", "CRITICAL", (package,), uri=f"https://example.com/{'x' * 60}")
    told = io.StringIO()
    show([outcome((long,))], POLICY, Console(file=told, force_terminal=True, width=80))
    assert "CRITICAL   CVE-2026-100000   linux" in seen(told.getvalue())
    assert f"  digest   {DIGEST}\n" in seen(told.getvalue())


def test_at_most_fifty_findings_are_printed_and_a_program_gets_all() -> None:
    many = tuple(Finding(f"CVE-{number:04}", "CRITICAL") for number in range(1_060))
    found = outcome(many, ImageScan("ACTIVE", ScanType.ENHANCED, {"CRITICAL": 1_060}))
    output = text_of(found)
    assert output.count("CVE-") == 50
    assert "and 1,010 more; `-o json` has all of them\n" in output
    assert len(json.loads(as_json([found], POLICY, NOON))["images"][0]["findings"]) == 1_060


def test_where_nothing_is_known_there_is_no_table_of_counts() -> None:
    unknown = outcome((), ImageScan("FAILED"), result=Result.UNDECIDED, message="has no scan to judge by")
    assert text_of(unknown).splitlines()[2:] == [
        "  scan     FAILED",
        "  result   undecided: has no scan to judge by",
        "",
        "1 undecided; the policy is that of the command line.",
    ]


def test_what_comes_out_of_an_image_moves_no_cursor_and_begins_no_line() -> None:
    finding = Finding("CVE-1", "CRITICAL", ("evil\n::set-output::\x1b[2J 1\r0",), uri="[red]x[/red]")
    output = text_of(outcome((finding,)))
    assert "\x1b" not in output
    assert "\r" not in output
    assert re.search(
        r"^CRITICAL   CVE-1   evil\?::set-output::\?\[2J   1\?0 .* \[red\]x\[/red\]$", output, re.M
    )


def test_a_program_gets_all_of_it() -> None:
    other = f"sha256:{'b' * 64}"
    index = outcome(
        is_index=True,
        parts=(Part(DIGEST, SCAN, FINDINGS[:1]), Part(other, SCAN, FINDINGS[:2])),
        remarks=("something was done",),
    )
    scan = {
        "scanStatus": "COMPLETE",
        "scanStatusDescription": "Done",
        "scanType": "BASIC",
        "completedAt": "2026-11-28T12:00:00Z",
        "severityCounts": {"CRITICAL": 3, "HIGH": 1, "NEW": 2},
    }
    assert json.loads(as_json([index], POLICY, NOON)) == {
        "result": "fail",
        "exitCode": 2,
        "at": "2026-11-28T12:00:00Z",
        "policy": {
            "source": "the command line",
            "maxCritical": 0,
            "maxHigh": 5,
            "onUnscanned": "Unknown",
        },
        "images": [
            {
                "image": WEB,
                "registryId": "111111111111",
                "region": "eu-west-1",
                "repositoryName": "web",
                "imageTag": "1.4",
                "imageDigest": DIGEST,
                "isIndex": True,
                "result": "fail",
                "reason": "VulnerabilitiesFound",
                "message": "has 3 critical findings (at most 0)",
                **scan,
                "images": [{"imageDigest": DIGEST, **scan}, {"imageDigest": other, **scan}],
                "findings": [
                    {
                        "name": "CVE-9",
                        "severity": "CRITICAL",
                        "packages": ["openssl 3.0.1", "libssl3 3.0.1"],
                        "fixedIn": "3.0.2",
                        "fixAvailable": True,
                        "uri": "https://example.com/9",
                        "breaksPolicy": True,
                        "imageDigests": [other],
                    },
                    {
                        "name": "CVE-2",
                        "severity": "HIGH",
                        "packages": ["zlib 1.2"],
                        "uri": "https://example.com/2",
                        "breaksPolicy": False,
                        "imageDigests": [DIGEST, other],
                    },
                ],
                "notes": ["something was done"],
            }
        ],
    }


def test_what_is_not_known_is_left_out_for_programs() -> None:
    absent = outcome(result=Result.ERROR, digest=None, parts=(), scan=None)
    (found,) = json.loads(as_json([absent], POLICY, NOON))["images"]
    assert found.keys() & {"imageDigest", "scanStatus", "severityCounts", "completedAt"} == set()
    assert (found["images"], found["findings"]) == ([], [])


@pytest.mark.parametrize(
    ("results", "worst"),
    [
        ("pass", "pass"),
        ("pass undecided", "undecided"),
        ("undecided error pass", "error"),
        ("error fail undecided", "fail"),
    ],
)
def test_the_worst_of_several_counts(results: str, worst: str) -> None:
    assert overall(outcome(result=Result(result)) for result in results.split()) == Result(worst)


def test_looks_become_more_seldom() -> None:
    seconds = pauses()
    assert [round(next(seconds), 1) for _ in range(7)] == [5.0, 7.5, 11.2, 16.9, 25.3, 30.0, 30.0]


def test_a_log_gets_a_line_for_each_look() -> None:
    told = io.StringIO()
    with shown(Console(file=told, force_terminal=True, width=40), 300, alive=False) as progress:
        progress.waits(target(), "waiting for its scan (PENDING)", 1.2)
        progress.ends(target())
    assert told.getvalue() == f"{WEB}: waiting for its scan (PENDING), 1 s of 300 s\n"


def test_a_terminal_gets_a_display_that_goes_when_it_is_over() -> None:
    told = io.StringIO()
    console = Console(file=told, force_terminal=True, width=80)
    with shown(console, 300, alive=True) as progress:
        for status in ("PENDING", "IN_PROGRESS"):
            progress.waits(target(), f"waiting for its scan ({status})", 1.2)
            progress._progress.refresh()  # type: ignore[attr-defined]
        assert "0:00:00 of 300 s, waiting for its scan (IN_PROGRESS): web:1.4" in seen(told.getvalue())
        progress.ends(target())
        before = len(told.getvalue())
    assert "waiting" not in told.getvalue()[before:]
