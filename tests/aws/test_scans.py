"""What AWS says of scans, in whatever shape and however incomplete."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from ecr_operator.api.scan_status import SEVERITY_MAX, ScanType
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.scans import (
    FINDINGS_PER_PAGE,
    PAGES_FOR_NAMES,
    PAGES_MAX,
    ScanFrequency,
    ScanReading,
    read_scan,
    registry_scan_type,
    scan_frequencies,
)
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, ImageScan, ScanPhase
from ecr_operator.planning.scan_finding import Finding
from ecr_operator.reasons import Reason
from tests.aws.calling import error_of

BASIC, ENHANCED = ScanType.BASIC, ScanType.ENHANCED
DIGEST = f"sha256:{'0' * 64}"
DONE_AT = datetime(2026, 11, 28, 11, tzinfo=UTC)
FINDINGS, CONFIGURATIONS = "describe_image_scan_findings", "batch_get_repository_scanning_configuration"
REGISTRY = "get_registry_scanning_configuration"
OPERATIONS = {
    FINDINGS: "DescribeImageScanFindings",
    CONFIGURATIONS: "BatchGetRepositoryScanningConfiguration",
    REGISTRY: "GetRegistryScanningConfiguration",
}
MODEL: Any = botocore.session.get_session().get_service_model("ecr")


class Answers:
    """A session that gives these answers, one after the other, and keeps what it was asked.

    As the real one it takes no parameters that botocore does not know; well-formed answers are of its shape.
    """

    def __init__(self, answers: Sequence[dict[str, Any] | AwsError], *, malformed: bool = False) -> None:
        self._answers = list(answers)
        self._malformed = malformed
        self.asked: list[dict[str, Any]] = []

    async def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        model = MODEL.operation_model(OPERATIONS[operation])
        assert service == "ecr"
        assert not ParamValidator().validate(parameters, model.input_shape).has_errors()
        self.asked.append(parameters)
        answer = self._answers.pop(0)
        if isinstance(answer, AwsError):
            raise answer
        if not self._malformed:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), report.generate_report()
            assert answer.keys() <= model.output_shape.members.keys()
        return answer


def basic(name: str, severity: str = "LOW") -> dict[str, Any]:
    return {
        "name": name,
        "description": "An overflow.",
        "uri": f"https://example.test/{name}",
        "severity": severity,
        "attributes": [
            {"key": "package_name", "value": "openssl"},
            {"key": "package_version", "value": "3.0.1"},
            {"key": "CVSS2_SCORE", "value": "7.5"},
        ],
    }


def enhanced(name: str, severity: str = "LOW", fix: str | None = "YES", **more: Any) -> dict[str, Any]:
    package = {"name": "openssl", "version": "3.0.1", "fixedInVersion": "3.0.2"}
    return {
        "awsAccountId": "123456789012",
        "title": f"{name} - openssl",
        "type": "PACKAGE_VULNERABILITY",
        "status": "ACTIVE",
        "severity": severity,
        "packageVulnerabilityDetails": {
            "vulnerabilityId": name,
            "sourceUrl": f"https://example.test/{name}",
            "vulnerablePackages": [package],
        },
        **({"fixAvailable": fix} if fix else {}),
        **more,
    }


def page(
    *findings: dict[str, Any],
    counts: dict[str, int] | None = None,
    kind: str = "findings",
    status: str = "COMPLETE",
    token: str | None = None,
    **found: Any,
) -> dict[str, Any]:
    """A page of findings; as AWS does, every page has the counts of all of them."""
    return {
        "registryId": "123456789012",
        "repositoryName": "app",
        "imageId": {"imageDigest": DIGEST},
        "imageScanStatus": {"status": status, "description": "As said."},
        "imageScanFindings": {
            kind: list(findings),
            "imageScanCompletedAt": DONE_AT,
            "findingSeverityCounts": counts or {},
            **found,
        },
        **({"nextToken": token} if token else {}),
    }


def bare(status: str, **more: Any) -> dict[str, Any]:
    """An answer with a status, and what else is said."""
    return {"imageScanStatus": {"status": status}, **more}


def refusal(code: str, kind: Kind = Kind.STATE, message: str = "no") -> AwsError:
    return AwsError(kind, Reason.ACCESS_DENIED, code, "DescribeImageScanFindings", message)


def reading(
    *answers: dict[str, Any] | AwsError, malformed: bool = False, **parameters: Any
) -> tuple[ScanReading, Answers]:
    session: Any = Answers(answers, malformed=malformed)
    return asyncio.run(read_scan(session, "app", DIGEST, **parameters)), session


def read(*answers: dict[str, Any] | AwsError, malformed: bool = False, **parameters: Any) -> ImageScan:
    found, session = reading(*answers, malformed=malformed, **parameters)
    assert found.calls == len(session.asked)
    assert found.scan is not None
    return found.scan


class TestShapes:
    def test_basic_scanning(self) -> None:
        found = read(
            page(basic("CVE-2", "CRITICAL"), basic("CVE-1", "CRITICAL"), counts={"CRITICAL": 2, "LOW": 9})
        )
        expected = ImageScan("COMPLETE", BASIC, {"CRITICAL": 2, "LOW": 9}, completed_at=DONE_AT)
        assert found == expected
        assert (found.criticals, found.description) == (("CVE-1", "CVE-2"), "As said.")

    def test_enhanced_scanning(self) -> None:
        findings = [
            enhanced("CVE-1", "CRITICAL"),
            enhanced("CVE-2", "CRITICAL", "PARTIAL"),
            enhanced("CVE-3", "CRITICAL", "NO"),
            enhanced("CVE-4", "UNTRIAGED"),
        ]
        counts = {"CRITICAL": 3, "UNTRIAGED": 1}
        found = read(page(*findings, counts=counts, kind="enhancedFindings", status="ACTIVE"))
        assert found == ImageScan("ACTIVE", ENHANCED, counts, 2, completed_at=DONE_AT)
        assert found.criticals == ("CVE-1", "CVE-2", "CVE-3")

    def test_enhanced_scanning_that_says_nothing_of_fixes(self) -> None:
        findings = page(enhanced("CVE-1", "CRITICAL", None), counts={"CRITICAL": 1}, kind="enhancedFindings")
        assert read(findings).fixable_critical is None

    def test_the_digest_is_asked_for_and_nothing_else(self) -> None:
        _, session = reading(page())
        assert session.asked == [
            {"repositoryName": "app", "imageId": {"imageDigest": DIGEST}, "maxResults": FINDINGS_PER_PAGE}
        ]

    def test_another_registry_is_asked_by_its_account(self) -> None:
        _, session = reading(page(), account="222222222222")
        assert session.asked[0]["registryId"] == "222222222222"

    def test_all_findings_are_handed_over_where_they_are_wanted(self) -> None:
        taken: list[Finding] = []
        odd = enhanced("CVE-3", fix="NO")
        packages = [{"name": "a", "fixedInVersion": "NotAvailable"}, {"version": "2"}, {"arch": "X86_64"}]
        odd["packageVulnerabilityDetails"]["vulnerablePackages"] = packages
        reading(
            page(basic("CVE-1", "HIGH"), counts={"HIGH": 1}, token="more"),
            page(enhanced("CVE-2"), odd, counts={"HIGH": 1}, kind="enhancedFindings"),
            take=taken.append,
        )
        url = "https://example.test/CVE-"
        assert taken == [
            Finding("CVE-1", "HIGH", ("openssl 3.0.1",), uri=f"{url}1"),
            Finding("CVE-2", "LOW", ("openssl 3.0.1",), "3.0.2", True, f"{url}2"),
            Finding("CVE-3", "LOW", ("a", "2"), None, False, f"{url}3"),
        ]

    @pytest.mark.parametrize("status", ["CLOSED", "SUPPRESSED"])
    def test_what_is_closed_or_suppressed_is_no_finding(self, status: str) -> None:
        gone = enhanced("CVE-1", "CRITICAL", status=status)
        found = read(page(gone, kind="enhancedFindings", status="ACTIVE"))
        assert (found.counts, found.criticals) == ({}, ())


KINDS: dict[str, tuple[dict[str, Any], ScanType | None, ScanType | None]] = {
    "basic findings": ({"findings": [basic("CVE-1")]}, ENHANCED, BASIC),
    "enhanced findings": ({"enhancedFindings": [enhanced("CVE-1")]}, BASIC, ENHANCED),
    "an empty list of enhanced ones": ({"enhancedFindings": []}, BASIC, ENHANCED),
    "an empty list as enhanced scanning begins with": ({"findings": []}, ENHANCED, ENHANCED),
    "an empty list that nobody explains": ({"findings": []}, None, None),
    "an empty list after a basic scan": (
        {"findings": [], "imageScanCompletedAt": DONE_AT},
        None,
        BASIC,
    ),
    "no list": ({}, ENHANCED, ENHANCED),
    "nothing at all": ({}, None, None),
}


class TestKind:
    """By the shape of the answer, where it has one; else as the registry scans."""

    @pytest.mark.parametrize(("found", "registry", "kind"), KINDS.values(), ids=KINDS.keys())
    @pytest.mark.parametrize("status", ["COMPLETE", "ACTIVE", "FAILED"])
    def test_the_kind(
        self, found: dict[str, Any], registry: ScanType | None, kind: ScanType | None, status: str
    ) -> None:
        assert read(bare(status, imageScanFindings=found), registry_type=registry).type == kind

    def test_the_other_kinds_counts_and_names_are_dropped(self) -> None:
        before = ImageScan("COMPLETE", BASIC, {"CRITICAL": 1}, criticals=("CVE-1",))
        assert read(bare("PENDING"), before=before, registry_type=ENHANCED).counts is None
        findings = page(enhanced("CVE-2", "CRITICAL"), counts={"CRITICAL": 1}, kind="enhancedFindings")
        assert read(findings, before=before).criticals == ("CVE-2",)
        far = [
            page(enhanced("CVE-3"), counts={"CRITICAL": 1, "LOW": 1}, kind="enhancedFindings", token="more"),
            page(enhanced("CVE-4", "CRITICAL"), counts={"CRITICAL": 1, "LOW": 1}, kind="enhancedFindings"),
        ]
        assert read(*far, before=before).criticals == ("CVE-4",)


def pages(number: int, *, critical_on: int | None = None, counts: dict[str, int] | None = None) -> list[Any]:
    """So many pages of a low finding each, one of them with a critical one as well."""
    total = {"LOW": number, **({"CRITICAL": 1} if critical_on else {})} if counts is None else counts
    return [
        page(
            basic(f"CVE-{one}"),
            *([basic("CVE-0000", "CRITICAL")] if one == critical_on else []),
            counts=total,
            token=f"t{one}" if one < number else None,
        )
        for one in range(1, number + 1)
    ]


class TestPages:
    def test_one_call_tells_all_where_nothing_is_critical(self) -> None:
        found, session = reading(*pages(500))
        assert (found.calls, len(session.asked)) == (1, 1)
        assert found.scan is not None
        assert found.scan.counts == {"LOW": 500}

    def test_pages_are_read_until_the_critical_ones_are_named(self) -> None:
        found, session = reading(*pages(10, critical_on=3))
        assert found.calls == 3
        assert found.scan is not None
        assert found.scan.criticals == ("CVE-0000",)
        assert [asked.get("nextToken") for asked in session.asked] == [None, "t1", "t2"]

    def test_one_call_is_enough_where_there_are_as_many_critical_ones_as_before(self) -> None:
        before = ImageScan("COMPLETE", BASIC, {"CRITICAL": 1}, criticals=("CVE-9",))
        found, _ = reading(*pages(10, critical_on=3), before=before)
        assert found.calls == 1
        assert found.scan is not None
        assert found.scan.criticals == ("CVE-9",)

    def test_names_are_read_anew_after_a_restart_and_when_there_are_more(self) -> None:
        for before in (
            ImageScan("COMPLETE", BASIC, {"CRITICAL": 1}),
            ImageScan("COMPLETE", BASIC, {"CRITICAL": 2}, criticals=("CVE-9",)),
        ):
            found, _ = reading(*pages(10, critical_on=3), before=before)
            assert found.calls == 3
            assert found.scan is not None
            assert found.scan.criticals == ("CVE-0000",)

    def test_fixes_that_were_known_before_stay_known(self) -> None:
        before = ImageScan("ACTIVE", ENHANCED, {"CRITICAL": 2}, 1, ("CVE-1", "CVE-2"))
        first = page(enhanced("CVE-3"), counts={"CRITICAL": 2}, kind="enhancedFindings", token="more")
        found = read(first, before=before)
        assert (found.fixable_critical, found.criticals) == (1, ("CVE-1", "CVE-2"))

    def test_the_search_for_names_ends(self) -> None:
        found, _ = reading(*pages(500, critical_on=400))
        assert found.calls == PAGES_FOR_NAMES
        assert found.scan is not None
        assert found.scan.counts == {"CRITICAL": 1, "LOW": 500}
        assert (found.scan.criticals, found.scan.fixable_critical) == ((), None)

    def test_500_pages_are_read_where_all_findings_are_wanted(self) -> None:
        taken: list[Finding] = []
        found, _ = reading(*pages(500, critical_on=400), take=taken.append)
        assert (found.calls, len(taken)) == (500, 501)
        assert found.scan is not None
        assert found.scan.criticals == ("CVE-0000",)

    def test_500_pages_without_counts_are_counted(self) -> None:
        whole = pages(500, critical_on=400)
        for one in whole:
            del one["imageScanFindings"]["findingSeverityCounts"]
        found, _ = reading(*whole)
        assert found.calls == 500
        assert found.scan is not None
        assert found.scan.counts == {"CRITICAL": 1, "LOW": 500}

    def test_pages_without_an_end_have_one(self) -> None:
        endless = page(basic("CVE-1"), token="again")
        del endless["imageScanFindings"]["findingSeverityCounts"]
        assert reading(*[endless] * (PAGES_MAX + 1))[0].calls == PAGES_MAX

    def test_a_page_may_be_empty_while_others_follow(self) -> None:
        counts = {"CRITICAL": 1}
        found = read(page(counts=counts, token="more"), page(basic("CVE-1", "CRITICAL"), counts=counts))
        assert found.criticals == ("CVE-1",)


COUNTED: dict[str, tuple[dict[str, Any], dict[str, int] | None]] = {
    "severities that nobody knows": (page(counts={"SEVERE": 2, "LOW": 0}), {"SEVERE": 2}),
    "the total is no severity": (page(counts={"TOTAL": 9, "HIGH": 9}), {"HIGH": 9}),
    "none": (page(), {}),
    "none at a known time and without counts": (
        bare("COMPLETE", imageScanFindings={"imageScanCompletedAt": DONE_AT}),
        {},
    ),
    "findings beside too small a count": (page(basic("CVE-1", "HIGH")), {"HIGH": 1}),
    "findings of a severity that nobody knows": (page(basic("CVE-1", "SEVERE")), {"SEVERE": 1}),
    "findings without counts": (
        bare("COMPLETE", imageScanFindings={"findings": [basic("CVE-1"), basic("CVE-2", "HIGH")]}),
        {"HIGH": 1, "LOW": 1},
    ),
    "what is left of an image that is scanned no more": (
        page(status="SCAN_ELIGIBILITY_EXPIRED", counts={"HIGH": 1}),
        {"HIGH": 1},
    ),
    "nothing left of an image that is scanned no more": (page(status="SCAN_ELIGIBILITY_EXPIRED"), None),
    "complete without counts and time": (bare("COMPLETE", imageScanFindings={"findings": []}), None),
    "active without counts and time": (bare("ACTIVE", imageScanFindings={"findings": []}), None),
    "complete and nothing else": (bare("COMPLETE"), None),
    **{
        f"zero counts of {status}": (page(status=status), None)
        for status in (
            *("PENDING", "IN_PROGRESS", "FAILED", "UNSUPPORTED_IMAGE", "FINDINGS_UNAVAILABLE"),
            *("LIMIT_EXCEEDED", "IMAGE_ARCHIVED", "IMAGE_SIZE_EXCEEDED", "SOMETHING_NEW"),
        )
    },
}


class TestCounts:
    @pytest.mark.parametrize(("answer", "counts"), COUNTED.values(), ids=COUNTED.keys())
    def test_the_counts(self, answer: dict[str, Any], counts: dict[str, int] | None) -> None:
        found = read(answer)
        assert found.counts == counts
        assert found.status == answer["imageScanStatus"]["status"]
        assert found.phase != ScanPhase.DONE or counts is not None

    @pytest.mark.parametrize("status", ["FAILED", "IN_PROGRESS", "PENDING", "LIMIT_EXCEEDED", "NEW"])
    def test_a_passing_error_does_not_wipe_them(self, status: str) -> None:
        before = read(page(basic("CVE-1", "CRITICAL"), counts={"CRITICAL": 1}))
        found = read(bare(status), before=before)
        assert (found.status, found.counts, found.criticals) == (status, {"CRITICAL": 1}, ("CVE-1",))
        assert found.completed_at == DONE_AT

    def test_a_new_scan_without_a_result_is_not_what_was_found_before(self) -> None:
        found = read(bare("COMPLETE"), before=read(page()))
        assert found.phase == ScanPhase.RUNNING


MISSING: dict[str, tuple[dict[str, Any], ImageScan]] = {
    "everything": ({}, ImageScan("UNKNOWN")),
    "everything is null": (
        {"imageScanStatus": None, "imageScanFindings": None, "nextToken": None},
        ImageScan("UNKNOWN"),
    ),
    "the status": (
        {"imageScanFindings": {"findings": [], "findingSeverityCounts": {}}},
        ImageScan("UNKNOWN", BASIC),
    ),
    "the word of the status": (
        {"imageScanStatus": {"status": None, "description": None}},
        ImageScan("UNKNOWN"),
    ),
    "members of findings": (
        bare("COMPLETE", imageScanFindings={"findings": [{}, None, {"severity": None, "attributes": None}]}),
        ImageScan("COMPLETE", BASIC, {"UNDEFINED": 3}),
    ),
    "members of attributes": (
        bare("COMPLETE", imageScanFindings={"findings": [{"severity": "LOW", "attributes": [None, {}]}]}),
        ImageScan("COMPLETE", BASIC, {"LOW": 1}),
    ),
    "members of enhanced findings": (
        bare(
            "ACTIVE",
            imageScanFindings={
                "enhancedFindings": [
                    {},
                    None,
                    {"packageVulnerabilityDetails": None},
                    {"packageVulnerabilityDetails": {"vulnerablePackages": None}},
                    {"packageVulnerabilityDetails": {"vulnerablePackages": [None, {}, {"name": None}]}},
                ]
            },
        ),
        ImageScan("ACTIVE", ENHANCED, {"UNDEFINED": 5}, 0),
    ),
    "the name of a critical one": (
        bare("COMPLETE", imageScanFindings={"findings": [{"severity": "CRITICAL"}]}),
        ImageScan("COMPLETE", BASIC, {"CRITICAL": 1}),
    ),
    "numbers": (
        bare("COMPLETE", imageScanFindings={"findingSeverityCounts": {"CRITICAL": None, "LOW": 1}}),
        ImageScan("COMPLETE", None, {"LOW": 1}),
    ),
    "numbers that are none": (
        bare("COMPLETE", imageScanFindings={"findingSeverityCounts": {"CRITICAL": -4}}),
        ImageScan("COMPLETE", None, {}),
    ),
    "room for a word": (bare("W" * 999), ImageScan("W" * SEVERITY_MAX)),
}


@pytest.mark.parametrize(("answer", "found"), MISSING.values(), ids=MISSING.keys())
def test_what_is_missing_breaks_nothing(answer: dict[str, Any], found: ImageScan) -> None:
    assert read(answer, malformed=True) == found


class TestRefusals:
    BEFORE = ImageScan("COMPLETE", BASIC, {"CRITICAL": 1}, criticals=("CVE-1",))

    def test_an_image_without_a_scan(self) -> None:
        gone = refusal("ScanNotFoundException")
        assert read(gone, registry_type=BASIC) == ImageScan(SCAN_NOT_FOUND, BASIC)
        assert read(gone, registry_type=BASIC, before=self.BEFORE).counts == {"CRITICAL": 1}
        assert read(gone, registry_type=ENHANCED, before=self.BEFORE).counts is None

    @pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
    def test_an_image_that_is_gone(self, code: str) -> None:
        assert reading(refusal(code), before=self.BEFORE)[0] == ScanReading(None, 1)
        found, session = reading(page(counts={"CRITICAL": 1}, token="more"), refusal(code))
        assert found == ScanReading(None, 2)
        assert len(session.asked) == 2

    def test_what_is_not_permitted_is_said_in_the_words_of_aws(self) -> None:
        said = "User: x is not authorized to perform: inspector2:ListFindings on resource: y"
        session: Any = Answers([refusal("AccessDeniedException", Kind.STALLED, said)])
        error = asyncio.run(error_of(read_scan(session, "app", DIGEST, before=self.BEFORE)))
        assert (error.kind, error.message) == (Kind.STALLED, said)

    @pytest.mark.parametrize("code", ["ThrottlingException", "ServerException", "ValidationException"])
    def test_any_other_error_is_the_callers(self, code: str) -> None:
        session: Any = Answers([page(counts={"CRITICAL": 1}, token="more"), refusal(code, Kind.TRANSIENT)])
        assert asyncio.run(error_of(read_scan(session, "app", DIGEST))).code == code


TYPES: dict[str, tuple[dict[str, Any], ScanType | None]] = {
    "basic": ({"scanningConfiguration": {"scanType": "BASIC", "rules": []}}, BASIC),
    "enhanced": ({"scanningConfiguration": {"scanType": "ENHANCED"}}, ENHANCED),
    "none set": ({}, BASIC),
    "an empty one": ({"scanningConfiguration": {}}, BASIC),
    "null": ({"scanningConfiguration": None}, BASIC),
    "one that nobody knows": ({"scanningConfiguration": {"scanType": "DEEP"}}, None),
}


@pytest.mark.parametrize(("answer", "kind"), TYPES.values(), ids=TYPES.keys())
def test_how_the_registry_scans(answer: dict[str, Any], kind: ScanType | None) -> None:
    session: Any = Answers([answer], malformed=True)
    assert asyncio.run(registry_scan_type(session)) == kind
    assert session.asked == [{}]


class TestFrequencies:
    def of(self, *names: str, malformed: bool = False, **answer: Any) -> dict[str, ScanFrequency]:
        session: Any = Answers([answer], malformed=malformed)
        found = asyncio.run(scan_frequencies(session, names))
        assert session.asked == [{"repositoryNames": list(names)}]
        return found

    def test_the_rules_of_the_registry_are_told_apart(self) -> None:
        mine = {"repositoryName": "web", "scanOnPush": True, "scanFrequency": "SCAN_ON_PUSH"}
        ruled = {
            "repositoryName": "api",
            "scanFrequency": "CONTINUOUS_SCAN",
            "appliedScanFilters": [{"filter": "*", "filterType": "WILDCARD"}],
        }
        assert self.of("web", "api", scanningConfigurations=[mine | {"appliedScanFilters": []}, ruled]) == {
            "web": ScanFrequency("SCAN_ON_PUSH", False),
            "api": ScanFrequency("CONTINUOUS_SCAN", True),
        }

    def test_a_repository_that_is_gone_hides_no_others(self) -> None:
        gone = {"repositoryName": "api", "failureCode": "REPOSITORY_NOT_FOUND"}
        there = {"repositoryName": "web", "scanFrequency": "MANUAL"}
        found = self.of("web", "api", scanningConfigurations=[there], failures=[gone])
        assert found == {"web": ScanFrequency("MANUAL", False)}

    @pytest.mark.parametrize(
        "entries", [None, [], [None, {}, {"repositoryName": "web"}, {"scanFrequency": "x"}]]
    )
    def test_what_is_missing_breaks_nothing(self, entries: Any) -> None:
        assert self.of("web", malformed=True, scanningConfigurations=entries) == {}

    def test_no_more_are_asked_for_than_aws_takes(self) -> None:
        session: Any = Answers([{}])
        asyncio.run(scan_frequencies(session, [f"r{n}" for n in range(40)]))
        assert len(session.asked[0]["repositoryNames"]) == 25
