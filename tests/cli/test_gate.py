"""`ecr-operator gate` on AWS: what it waits for, what it says, and the exit code."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ecr_operator.aws.session import Session
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws

Gate = Callable[..., tuple[int, str, str]]

OTHER = "222222222222"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
WEB = f"{HOST}/team-a/web"
PAGE = (Path(__file__).parents[2] / "docs" / "gate.md").read_text()
RIGHTS = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]
"""The rights that the documentation says are needed."""
READS = {"DescribeImages", "DescribeImageScanFindings", "BatchGetImage"}
INDEX = "application/vnd.oci.image.index.v1+json"
HOUR = 3600.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other fast."""
    monkeypatch.setattr("ecr_operator.cli.gate_waiting.FIRST_SECONDS", 0.05)
    monkeypatch.setattr("ecr_operator.cli.gate_waiting.LONGEST_SECONDS", 0.1)


@pytest.fixture
def fake(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """An AWS with one empty repository, that is only read, with the documented rights."""
    aws.reset()
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    aws.client("ecr", unseen=True).create_repository(repositoryName="team-a/web")
    # Not the operator's rights, but those of the pipeline that runs the command.
    aws.set_iam_policy(ACCOUNT, RIGHTS)
    yield aws
    aws.set_iam_policy(ACCOUNT, None)
    assert not aws.writes()
    assert aws.calls().keys() <= READS


def put(fake: FakeAws, *tags: str, age: float = HOUR, **more: Any) -> str:
    """An image of an hour ago, unless said otherwise; its digest."""
    return str(fake.put_image("team-a/web", tags=list(tags), age=age, **more)["imageDigest"])


def scanned(fake: FakeAws, *tags: str, counts: Mapping[str, int] | None = None, **scan: Any) -> str:
    """An image with a scan, of the type by which the registry scans from now on."""
    if scan.get("type") == "ENHANCED":
        fake.set_registry_scanning({"scanType": "ENHANCED", "rules": []})
    digest = put(fake, *tags)
    fake.set_scan("team-a/web", digest, counts, **scan)
    return digest


def looks(fake: FakeAws) -> int:
    return fake.calls().get("DescribeImageScanFindings", 0)


def results(output: str) -> list[str]:
    """Of the images of `-o json`."""
    return [image["result"] for image in json.loads(output)["images"]]


@contextmanager
def meanwhile(fake: FakeAws, do: Callable[[], object], after: int = 1) -> Iterator[None]:
    """`do` is done once the gate has looked so many times."""
    done = threading.Event()

    def run() -> None:
        deadline = time.monotonic() + 30
        while looks(fake) < after and time.monotonic() < deadline:
            time.sleep(0.01)
        do()
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(30)
    assert done.is_set()


def only(output: str) -> dict[str, Any]:
    """The one image of `-o json`."""
    (found,) = json.loads(output)["images"]
    return dict(found)


FINAL: dict[str, tuple[dict[str, Any], str]] = {
    "nothing found": ({"counts": {}}, "pass pass pass"),
    "others than critical ones": ({"counts": {"HIGH": 7, "UNDEFINED": 1}}, "pass pass pass"),
    "a critical one": ({"counts": {"CRITICAL": 1}}, "fail fail fail"),
    "failed": ({"status": "FAILED"}, "undecided pass fail"),
    "unsupported": ({"status": "UNSUPPORTED_IMAGE"}, "undecided pass fail"),
    "expired, as if nothing were found": (
        {"status": "SCAN_ELIGIBILITY_EXPIRED", "counts": {}},
        "undecided pass fail",
    ),
    "expired, with what was known": (
        {"status": "SCAN_ELIGIBILITY_EXPIRED", "counts": {"CRITICAL": 1}},
        "fail fail fail",
    ),
    "findings unavailable": ({"status": "FINDINGS_UNAVAILABLE"}, "undecided pass fail"),
    "limit exceeded": ({"status": "LIMIT_EXCEEDED"}, "undecided pass fail"),
    "archived meanwhile": ({"status": "IMAGE_ARCHIVED"}, "undecided pass fail"),
    "too large": ({"status": "IMAGE_SIZE_EXCEEDED"}, "undecided pass fail"),
    "a status that nobody knows": ({"status": "PONDERING"}, "undecided pass fail"),
    "never scanned": ({"status": None}, "undecided pass fail"),
}
"""What a scan is, and the result without `--on-unscanned`, with `pass` and with `fail`."""
UNFINISHED: dict[str, tuple[dict[str, Any], str]] = {
    "pending": ({"status": "PENDING"}, "undecided undecided undecided"),
    "in progress": ({"status": "IN_PROGRESS"}, "undecided undecided undecided"),
    "pushed a moment ago": ({"status": None}, "undecided pass fail"),
}
OPTIONS: tuple[tuple[str, ...], ...] = ((), ("--on-unscanned", "pass"), ("--on-unscanned", "fail"))


class TestOneImage:
    @pytest.mark.parametrize("type", ["BASIC", "ENHANCED"])
    def test_a_final_scan_is_judged_at_the_first_look(self, fake: FakeAws, gate: Gate, type: str) -> None:
        images = [f"{WEB}@{scanned(fake, type=type, **scan)}" for scan, _ in FINAL.values()]
        found = [results(gate(*images, "--timeout", "60", "-o", "json", *options)[1]) for options in OPTIONS]
        told = {name: " ".join(one) for name, one in zip(FINAL, zip(*found, strict=True), strict=True)}
        assert told == {name: results for name, (_, results) in FINAL.items()}
        assert looks(fake) == len(images) * len(OPTIONS)

    def test_an_unfinished_one_is_judged_when_the_time_is_up(self, fake: FakeAws, gate: Gate) -> None:
        ages = {name: 2 if name == "pushed a moment ago" else HOUR for name in UNFINISHED}
        digests = [put(fake, age=age) for age in ages.values()]
        for digest, (scan, _) in zip(digests, UNFINISHED.values(), strict=True):
            fake.set_scan("team-a/web", digest, **scan)
        images = [f"{WEB}@{digest}" for digest in digests]
        for seconds in ("0", "1"):
            fake.reset_calls()
            found = [
                results(gate(*images, "--timeout", seconds, "-o", "json", *options)[1]) for options in OPTIONS
            ]
            told = {
                name: " ".join(one) for name, one in zip(UNFINISHED, zip(*found, strict=True), strict=True)
            }
            assert told == {name: results for name, (_, results) in UNFINISHED.items()}
            once = len(images) * len(OPTIONS)
            assert looks(fake) == once if seconds == "0" else looks(fake) > once

    def test_a_job_sees_what_it_waits_for_and_what_to_do(self, fake: FakeAws, gate: Gate) -> None:
        scanned(fake, "v1", status="PENDING")
        code, output, errors = gate(f"{WEB}:v1", "--timeout", "1")
        told = "undecided: has a scan that was not finished within 1 s (PENDING); wait longer with --timeout"
        assert (code, told in output) == (3, True)
        assert f"{WEB}:v1: waiting for its scan (PENDING), 0 s of 1 s\n" in errors

    def test_it_waits_until_the_scan_is_complete(self, fake: FakeAws, gate: Gate) -> None:
        scanned(fake, "v1", status="IN_PROGRESS", counts={"CRITICAL": 2})
        with meanwhile(fake, fake.complete_scans, after=2):
            code, output, _ = gate(f"{WEB}:v1")
        assert code == 2
        assert "fail: has 2 critical findings (at most 0)" in output
        assert looks(fake) >= 3

    def test_an_image_that_was_just_pushed_will_get_its_scan(self, fake: FakeAws, gate: Gate) -> None:
        digest = put(fake, "v1", age=2)
        with meanwhile(fake, lambda: fake.set_scan("team-a/web", digest, {}), after=2):
            assert gate(f"{WEB}:v1")[0] == 0
        assert looks(fake) >= 3

    def test_aws_says_active_before_it_has_any_findings(self, fake: FakeAws, gate: Gate) -> None:
        digest = scanned(fake, "v1", type="ENHANCED")
        fake.set_scan_raw("team-a/web", digest, {"imageScanStatus": {"status": "ACTIVE"}}, type="ENHANCED")
        code, output, _ = gate(f"{WEB}:v1", "--timeout", "0", "--on-unscanned", "pass")
        told = "has a scan that was not finished at the first look (ACTIVE)"
        assert (code, told in output) == (3, True)
        with meanwhile(fake, lambda: fake.set_scan("team-a/web", digest, {}, type="ENHANCED"), after=3):
            assert gate(f"{WEB}:v1")[0] == 0

    def test_the_digest_decides_wherever_the_tag_moves(self, fake: FakeAws, gate: Gate) -> None:
        digest = scanned(fake, "latest", status="IN_PROGRESS", counts={"CRITICAL": 1})

        def move() -> None:
            scanned(fake, "latest", counts={})
            fake.complete_scans()

        with meanwhile(fake, move):
            code, output, _ = gate(WEB, "-o", "json")
        found = only(output)
        assert (code, found["imageTag"], found["imageDigest"]) == (2, "latest", digest)
        assert fake.calls()["DescribeImages"] == 1
        assert gate(WEB)[0] == 0

    def test_of_tag_and_digest_the_digest_counts(self, fake: FakeAws, gate: Gate) -> None:
        bad = scanned(fake, counts={"CRITICAL": 1})
        scanned(fake, "v1", counts={})
        assert gate(f"{WEB}:v1@{bad}")[0] == 2
        assert gate(f"{WEB}@{bad}")[0] == 2
        assert gate(f"{WEB}:v1")[0] == 0

    @pytest.mark.parametrize(
        "host",
        [
            f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws",
            f"{ACCOUNT}.dkr.ecr-fips.{REGION}.amazonaws.com",
            f"{HOST}:443",
        ],
    )
    def test_every_host_of_the_registry(self, fake: FakeAws, gate: Gate, host: str) -> None:
        scanned(fake, "v1", counts={})
        assert gate(f"{host}/team-a/web:v1")[0] == 0

    def test_the_region_is_that_of_the_image(
        self, fake: FakeAws, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake.set_iam_policy(ACCOUNT, RIGHTS.replace(REGION, "*"))
        fake.client("ecr", region="us-east-1", unseen=True).create_repository(repositoryName="team-a/web")
        fake.put_image("team-a/web", tags=["v1"], region="us-east-1")
        fake.set_scan("team-a/web", "v1", {"CRITICAL": 1}, region="us-east-1")
        scanned(fake, "v1", counts={})
        theirs = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/team-a/web:v1"
        assert results(gate(f"{WEB}:v1", theirs, "-o", "json")[1]) == ["pass", "fail"]
        # No configured one is needed either.
        monkeypatch.delenv("AWS_REGION", raising=False)
        monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
        code, output, _ = gate(theirs, "-o", "json")
        assert (code, only(output)["region"]) == (2, "us-east-1")

    @pytest.mark.parametrize(
        ("reference", "message"),
        [
            (
                f"{HOST}/absent:v1",
                "error: does not exist: there is no repository `absent` in the registry "
                f"{ACCOUNT} in {REGION}",
            ),
            (
                f"{WEB}:absent",
                "error: does not exist: there is no image with the tag `absent` in the repository "
                "`team-a/web`",
            ),
            (f"{WEB}@sha256:{'0' * 64}", f"there is no image with the digest `sha256:{'0' * 64}`"),
        ],
    )
    def test_what_does_not_exist(self, fake: FakeAws, gate: Gate, reference: str, message: str) -> None:
        code, output, _ = gate(reference)
        assert (code, message in output) == (1, True)

    def test_an_archived_image_and_a_chart(self, fake: FakeAws, gate: Gate) -> None:
        put(fake, "old", status="ARCHIVED")
        put(fake, "chart", artifact_media_type="application/vnd.cncf.helm.config.v1+json")
        code, output, _ = gate(f"{WEB}:old")
        assert (code, "error: is archived: it can be neither scanned nor pulled" in output) == (1, True)
        code, output, _ = gate(f"{WEB}:chart")
        told = "error: is no container image (application/vnd.cncf.helm.config.v1+json)"
        assert (code, told in output) == (1, True)
        assert looks(fake) == 0

    def test_an_image_that_is_deleted_while_it_is_waited_for(self, fake: FakeAws, gate: Gate) -> None:
        scanned(fake, "v1", status="PENDING")
        with meanwhile(fake, lambda: fake.delete_images("team-a/web")):
            code, output, _ = gate(f"{WEB}:v1")
        assert (code, "error: was deleted meanwhile" in output) == (1, True)

    def test_a_scan_that_is_too_old(self, fake: FakeAws, gate: Gate) -> None:
        scanned(fake, "v1", counts={}, age=8 * 24 * HOUR)
        assert gate(f"{WEB}:v1", "--max-scan-age-days", "9")[0] == 0
        code, output, _ = gate(f"{WEB}:v1", "--max-scan-age-days", "7")
        assert (code, "more than 7 days ago" in output) == (3, True)
        assert gate(f"{WEB}:v1", "--max-scan-age-days", "7", "--on-unscanned", "fail")[0] == 2


class TestSeveralImages:
    def test_the_worst_counts(self, fake: FakeAws, gate: Gate) -> None:
        scanned(fake, "good", counts={})
        scanned(fake, "bad", counts={"CRITICAL": 1})
        scanned(fake, "unknown", status="FAILED")
        good, bad, unknown, absent = (f"{WEB}:{tag}" for tag in ("good", "bad", "unknown", "absent"))
        assert gate(good, good)[0] == 0
        assert gate(good, unknown)[0] == 3
        assert gate(unknown, absent)[0] == 1
        code, output, _ = gate(good, unknown, absent, bad)
        assert code == 2
        last = "1 passed, 1 failed, 1 undecided, 1 that could not be judged; "
        assert output.splitlines()[-1] == f"{last}the policy is that of the command line."
        code, output, _ = gate(good, unknown, absent, bad, "-o", "json")
        document = json.loads(output)
        assert (document["result"], document["exitCode"]) == ("fail", 2)
        assert results(output) == ["pass", "undecided", "error", "fail"]

    def test_they_are_waited_for_together(self, fake: FakeAws, gate: Gate) -> None:
        for tag in ("a", "b", "c"):
            scanned(fake, tag, status="PENDING")
        begin = time.monotonic()
        assert gate(f"{WEB}:a", f"{WEB}:b", f"{WEB}:c", "--timeout", "1")[0] == 3
        assert time.monotonic() - begin < 2.5


class TestIndexes:
    def put_index(self, fake: FakeAws, *children: Any, tag: str = "v1", age: float = HOUR) -> str:
        return put(fake, tag, age=age, children=list(children))

    def test_an_index_is_judged_by_its_images(self, fake: FakeAws, gate: Gate) -> None:
        finding = {"name": "CVE-2026-1", "severity": "CRITICAL", "package": "openssl", "version": "3.0.1"}
        low = {"name": "CVE-2026-2", "severity": "HIGH", "package": "zlib", "version": "1.2"}
        amd = scanned(fake, findings=[finding])
        arm = scanned(fake, findings=[finding, low])
        attestation = put(fake, layer_media_type="application/vnd.in-toto+json")
        unknown = {"os": "unknown", "architecture": "unknown"}
        index = self.put_index(fake, amd, arm, {"digest": attestation, "platform": unknown})
        code, output, _ = gate(f"{WEB}:v1", "-o", "json")
        found = only(output)
        assert (code, found["imageDigest"], found["isIndex"]) == (2, index, True)
        assert found["severityCounts"] == {"CRITICAL": 1, "HIGH": 1}
        assert [(one["name"], one["imageDigests"]) for one in found["findings"]] == [
            ("CVE-2026-1", [amd, arm]),
            ("CVE-2026-2", [arm]),
        ]
        assert [one["imageDigest"] for one in found["images"]] == [amd, arm]
        assert found["notes"] == ["AWS was asked for the manifest of the index: that counts as a pull"]
        assert fake.calls() == {"DescribeImages": 1, "BatchGetImage": 1, "DescribeImageScanFindings": 2}
        output = gate(f"{WEB}:v1")[1]
        assert output.count("CRITICAL   CVE-2026-1 ") == 1
        assert f"  digest   {index} (an index; images: 2)\n" in output

    def test_all_of_them_are_waited_for_and_what_is_final_is_asked_for_once(
        self, fake: FakeAws, gate: Gate
    ) -> None:
        done = scanned(fake, counts={"HIGH": 1})
        slow = scanned(fake, status="PENDING")
        self.put_index(fake, done, slow)
        with meanwhile(fake, fake.complete_scans, after=4):
            code, output, _ = gate(f"{WEB}:v1", "-o", "json")
        assert (code, only(output)["severityCounts"]) == (0, {"HIGH": 1})
        assert fake.calls()["BatchGetImage"] == 1
        fake.reset_calls()
        fake.set_scan("team-a/web", slow, status="PENDING")
        code, output, errors = gate(f"{WEB}:v1", "--timeout", "1")
        assert (code, looks(fake)) == (3, errors.count("waiting for its scan (PENDING)") + 2)

    def test_one_that_is_known_to_be_bad_decides_before_the_others_are_scanned(
        self, fake: FakeAws, gate: Gate
    ) -> None:
        self.put_index(fake, scanned(fake, counts={"CRITICAL": 1}), scanned(fake, status="IN_PROGRESS"))
        code, output, _ = gate(f"{WEB}:v1")
        assert (code, looks(fake)) == (2, 2)
        assert "note     1 of the images of the index are still being scanned" in output

    def test_one_that_cannot_be_scanned_leaves_the_index_undecided(self, fake: FakeAws, gate: Gate) -> None:
        self.put_index(fake, scanned(fake, counts={}), scanned(fake, status="UNSUPPORTED_IMAGE"))
        assert gate(f"{WEB}:v1")[0] == 3
        assert gate(f"{WEB}:v1", "--on-unscanned", "pass")[0] == 0

    def test_images_that_are_not_there_are_left_out(self, fake: FakeAws, gate: Gate) -> None:
        here, gone = scanned(fake, counts={}), f"sha256:{'0' * 64}"
        fake.put_image(
            "team-a/web",
            tags=["v2"],
            age=HOUR,
            manifest=json.dumps(
                {
                    "schemaVersion": 2,
                    "mediaType": INDEX,
                    "manifests": [
                        {
                            "digest": digest,
                            "mediaType": "application/vnd.oci.image.manifest.v1+json",
                            "size": 1,
                        }
                        for digest in (here, gone)
                    ],
                }
            ),
        )
        code, output, _ = gate(f"{WEB}:v2")
        assert (code, "note     1 of the images of the index are not in the repository" in output) == (
            0,
            True,
        )

    @pytest.mark.parametrize("options", OPTIONS)
    def test_without_its_images_an_index_is_undecided(
        self, fake: FakeAws, gate: Gate, options: tuple[str, ...]
    ) -> None:
        self.put_index(fake, scanned(fake, counts={}))
        code, output, _ = gate(f"{WEB}:v1", "--no-children", *options)
        told = "undecided: is an index, and its images are not asked for (--no-children)"
        assert (code, told in output) == (3, True)
        assert fake.calls() == {"DescribeImages": 1}
        assert gate(f"{WEB}:v1")[0] == 0


class TestWhatMayNotBeRead:
    @pytest.mark.parametrize(
        ("action", "type"),
        [
            ("ecr:DescribeImages", "BASIC"),
            ("ecr:DescribeImageScanFindings", "BASIC"),
            ("inspector2:ListFindings", "ENHANCED"),
        ],
    )
    def test_is_undecided_and_the_action_is_named(
        self, fake: FakeAws, gate: Gate, action: str, type: str
    ) -> None:
        scanned(fake, "v1", counts={}, type=type)
        fake.set_iam_policy(ACCOUNT, RIGHTS.replace(action, "ecr:ListImages"))
        assert gate(f"{WEB}:v1", "--on-unscanned", "fail")[0] == 3
        code, output, _ = gate(f"{WEB}:v1", "--on-unscanned", "pass")
        told = f"undecided: cannot be judged without the right to `{action}`: "
        assert (code, told in output) == (3, True)

    def test_the_manifest_of_an_index(self, fake: FakeAws, gate: Gate) -> None:
        put(fake, "v1", children=[scanned(fake, counts={})])
        fake.set_iam_policy(ACCOUNT, RIGHTS.replace("ecr:BatchGetImage", "ecr:ListImages"))
        code, output, _ = gate(f"{WEB}:v1", "--on-unscanned", "pass")
        assert (code, "without the right to `ecr:BatchGetImage`" in output) == (3, True)

    def test_images_of_another_account(self, fake: FakeAws, gate: Gate) -> None:
        scanned(fake, "v1", counts={})
        theirs = f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com/team-a/web:v1"
        fake.set_iam_policy(ACCOUNT, RIGHTS.replace(ACCOUNT, "*"))
        code, output, _ = gate(theirs, "--on-unscanned", "pass", "-o", "json")
        found = only(output)
        assert (code, found["reason"], found["registryId"]) == (3, "AccessDenied", OTHER)
        assert "no resource-based policy allows" in found["message"]

    def test_every_call_names_the_registry_of_the_image(
        self, fake: FakeAws, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(fake, "v1", children=[scanned(fake, counts={})])
        read, asked = Session.read, list[tuple[str, Any]]()

        async def told(session: Session, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
            asked.append((operation, parameters.get("registryId")))
            return await read(session, service, operation, **parameters)

        monkeypatch.setattr(Session, "read", told)
        assert gate(f"{WEB}:v1")[0] == 0
        assert asked == [
            ("describe_images", ACCOUNT),
            ("batch_get_image", ACCOUNT),
            ("describe_image_scan_findings", ACCOUNT),
        ]

    def test_an_account_whose_images_may_be_described_and_not_their_findings(
        self, fake: FakeAws, gate: Gate
    ) -> None:
        scanned(fake, "v1", counts={})
        refused = "User is not authorized"
        fake.inject("DescribeImageScanFindings", "AccessDeniedException", refused, times=1)
        code, output, _ = gate(f"{WEB}:v1", "--on-unscanned", "pass")
        told = (
            "cannot be judged without the right to `ecr:DescribeImageScanFindings` (with enhanced scanning "
            "`inspector2:ListFindings` too): User is not authorized"
        )
        assert (code, told in output) == (3, True)

    def test_a_role_is_assumed_where_the_setting_names_one(
        self, fake: FakeAws, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        theirs = fake.client("ecr", account=OTHER, unseen=True)
        theirs.create_repository(repositoryName="team-a/web")
        fake.put_image("team-a/web", tags=["v1"], account=OTHER)
        fake.set_scan("team-a/web", "v1", {"CRITICAL": 3}, account=OTHER)
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        fake.set_iam_policy(ACCOUNT, {"Version": "2012-10-17", "Statement": [assume]})
        fake.set_iam_policy(OTHER, RIGHTS.replace(ACCOUNT, OTHER))
        monkeypatch.setenv("ECR_OPERATOR_ROLE_ARN", f"arn:aws:iam::{OTHER}:role/ci-gate")
        try:
            code, output, _ = gate(f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com/team-a/web:v1", "-o", "json")
        finally:
            fake.set_iam_policy(OTHER, None)
        assert (code, only(output)["severityCounts"]) == (2, {"CRITICAL": 3})
        assert fake.calls().pop("AssumeRole") == 1
        fake.reset_calls()

    def test_credentials_that_aws_does_not_take(
        self, fake: FakeAws, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        code, output, _ = gate(f"{WEB}:v1")
        assert (code, "error: could not be looked at: DescribeImages: Unrecognized" in output) == (1, True)


class TestErrorsThatPass:
    @pytest.mark.parametrize("operation", ["DescribeImages", "BatchGetImage", "DescribeImageScanFindings"])
    @pytest.mark.parametrize(("code", "status"), [("ServerException", 500), ("ThrottlingException", 400)])
    def test_are_looked_past(self, fake: FakeAws, gate: Gate, operation: str, code: str, status: int) -> None:
        put(fake, "v1", children=[scanned(fake, counts={})])
        # More often than one look takes it.
        fake.inject(operation, code, "Not now", status=status, times=2 if status == 500 else 6)
        assert gate(f"{WEB}:v1", "--timeout", "60")[0] == 0

    def test_an_outage_that_lasts_is_undecided(self, fake: FakeAws, gate: Gate) -> None:
        scanned(fake, "v1", counts={})
        fake.set_outage("500")
        try:
            code, output, errors = gate(f"{WEB}:v1", "--timeout", "1", "--on-unscanned", "pass")
        finally:
            fake.set_outage(None)
        told = "undecided: could not be looked at within 1 s: CircuitOpen: AWS does not answer"
        assert (code, told in output) == (3, True)
        assert f"{WEB}:v1: AWS is asked again (" in errors


class TestFindings:
    def test_five_hundred_pages(self, fake: FakeAws, gate: Gate) -> None:
        findings = [{"name": f"CVE-{number:05}", "severity": "LOW"} for number in range(1_000)]
        fake.set_page_size(2)
        digest = put(fake, "v1")
        fake.set_scan("team-a/web", digest, findings=[*findings, {"name": "CVE-X", "severity": "HIGH"}])
        code, output, _ = gate(f"{WEB}:v1", "--max-high", "0", "-o", "json")
        found = only(output)
        assert (code, len(found["findings"]), looks(fake)) == (2, 1_001, 501)
        assert [one["name"] for one in found["findings"] if one["breaksPolicy"]] == ["CVE-X"]
        assert found["findings"][0]["name"] == "CVE-X"

    def test_findings_with_missing_members(self, fake: FakeAws, gate: Gate) -> None:
        digest = scanned(fake, "v1", type="ENHANCED")
        found: list[dict[str, Any]] = [
            {},
            {"severity": "CRITICAL"},
            {"severity": "CRITICAL", "title": "something", "packageVulnerabilityDetails": {}},
            {
                "severity": "NEW",
                "packageVulnerabilityDetails": {"vulnerablePackages": [{}, {"name": "zlib"}]},
            },
        ]
        fake.set_scan_raw(
            "team-a/web",
            digest,
            {"imageScanStatus": {"status": "ACTIVE"}, "imageScanFindings": {"enhancedFindings": found}},
            type="ENHANCED",
        )
        code, output, _ = gate(f"{WEB}:v1")
        assert code == 2
        assert "CRITICAL   -           -         -           -          -\n" in output
        assert "CRITICAL   something   -         -           -          -\n" in output
        counts = only(gate(f"{WEB}:v1", "-o", "json")[1])["severityCounts"]
        assert counts == {"CRITICAL": 2, "UNDEFINED": 1, "NEW": 1}
