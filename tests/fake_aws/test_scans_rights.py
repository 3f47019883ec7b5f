"""The rights that findings need: of ECR, and under enhanced scanning of Amazon Inspector too."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.documents import allow, document
from tests.fake_aws.refusal import refusal_of
from tests.fake_aws.scans import ENHANCED, describe, status_of

ACCOUNT = "111111111111"
APP = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app"
FINDINGS = f"arn:aws:inspector2:eu-west-1:{ACCOUNT}:/findings/list"
DESCRIBE = allow("ecr:DescribeImageScanFindings", APP)


@pytest.fixture(autouse=True)
def image(fake: FakeAws) -> None:
    fake.create_repositories(["app"])
    fake.put_image("app", ["v1"])
    fake.scan_images(["app"])
    fake.scan_images(["app"], type="ENHANCED")


def test_findings_of_basic_scanning_need_ecrs_right_alone(fake: FakeAws, ecr: Any) -> None:
    fake.set_iam_policy(ACCOUNT, document(DESCRIBE))
    assert status_of(ecr, "v1") == "COMPLETE"


def test_findings_of_enhanced_scanning_need_inspectors_list_findings_too(fake: FakeAws, ecr: Any) -> None:
    fake.set_registry_scanning(ENHANCED)
    fake.set_iam_policy(ACCOUNT, document(DESCRIBE))
    refusal = refusal_of(partial(describe, ecr), image="v1")
    assert refusal.code == "AccessDeniedException"
    assert f"perform: inspector2:ListFindings on resource: {FINDINGS} because no identity" in refusal.message
    for resource in ("*", FINDINGS):
        fake.set_iam_policy(ACCOUNT, document(DESCRIBE, allow("inspector2:ListFindings", resource)))
        assert status_of(ecr, "v1") == "ACTIVE"
    assert fake.iam_usage(ACCOUNT) == {"ecr:DescribeImageScanFindings", "inspector2:ListFindings"}
    fake.set_iam_policy(ACCOUNT, document(allow("inspector2:ListFindings")))
    assert "perform: ecr:DescribeImageScanFindings" in refusal_of(partial(describe, ecr), image="v1").message


def test_a_confined_account_needs_both_too(fake: FakeAws, ecr: Any) -> None:
    fake.allow_only(ACCOUNT, ["ecr:*"])
    assert status_of(ecr, "v1") == "COMPLETE"
    fake.set_registry_scanning(ENHANCED)
    refusal = refusal_of(partial(describe, ecr), image="v1")
    assert f"inspector2:ListFindings on resource: {FINDINGS}" in refusal.message
    fake.allow_only(ACCOUNT, ["ecr:*", "inspector2:ListFindings"])
    assert status_of(ecr, "v1") == "ACTIVE"
