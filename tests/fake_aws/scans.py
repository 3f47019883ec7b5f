"""Scans for tests: registries that scan, images to be scanned, and answers as botocore's model has them."""

from __future__ import annotations

from typing import Any

from botocore.validate import ParamValidator

from .model import ecr_model

ATTESTATION = "application/vnd.in-toto+json"


def rule(frequency: str, *filters: str) -> dict[str, Any]:
    """A rule of a registry's scanning configuration."""
    return {
        "scanFrequency": frequency,
        "repositoryFilters": [{"filter": one, "filterType": "WILDCARD"} for one in filters],
    }


def scanning(scan_type: str, *rules: dict[str, Any]) -> dict[str, Any]:
    """A registry's scanning configuration."""
    return {"scanType": scan_type, "rules": list(rules)}


ENHANCED = scanning("ENHANCED", rule("CONTINUOUS_SCAN", "*"))


def checked(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what boto3 adds; an error where botocore's model has it otherwise."""
    members = {name: one for name, one in answer.items() if name != "ResponseMetadata"}
    shape = ecr_model().operation_model(operation).output_shape
    assert shape is not None
    report = ParamValidator().validate(members, shape)
    assert not report.has_errors(), report.generate_report()
    return members


def describe(ecr: Any, image: str, repository: str = "app", **asked: Any) -> dict[str, Any]:
    """What DescribeImageScanFindings answers about an image, a digest or a tag."""
    named = {"imageDigest" if image.startswith("sha256:") else "imageTag": image}
    answer = ecr.describe_image_scan_findings(repositoryName=repository, imageId=named, **asked)
    return checked("DescribeImageScanFindings", answer)


def status_of(ecr: Any, image: str, repository: str = "app") -> str:
    """The status of an image's scan."""
    status: str = describe(ecr, image, repository)["imageScanStatus"]["status"]
    return status
