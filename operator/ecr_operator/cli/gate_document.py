"""The outcomes of `ecr-operator gate` as programs read them; docs/gate.md describes the shape."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ecr_operator.cli.gate_outcome import EXIT_CODES, Outcome, overall
from ecr_operator.cli.gate_policy import GatePolicy
from ecr_operator.cli.gate_report import broken_by
from ecr_operator.planning.image_scan import ImageScan

Json = dict[str, Any]


def as_json(outcomes: Sequence[Outcome], policy: GatePolicy, at: datetime) -> str:
    """One document. A member whose value is not known is left out."""
    limits = policy.limits
    result = overall(outcomes)
    document = {
        "result": result.value,
        "exitCode": EXIT_CODES[result],
        "at": _time(at),
        "policy": {
            "source": policy.source,
            **limits.to_json(),
            "onUnscanned": limits.effective_on_unscanned.value,
        },
        "images": [_image(outcome, policy) for outcome in outcomes],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _image(outcome: Outcome, policy: GatePolicy) -> Json:
    reference = outcome.target.reference
    broken = broken_by(outcome.scan, policy.limits)
    digests = outcome.is_index
    return _known(
        {
            "image": outcome.target.text,
            "registryId": reference.registry.account,
            "region": reference.registry.region,
            "repositoryName": reference.repository,
            "imageTag": reference.tag,
            "imageDigest": outcome.digest,
            "isIndex": outcome.is_index,
            "result": outcome.result.value,
            "reason": outcome.reason,
            "message": outcome.message,
            **_scan(outcome.scan),
        }
    ) | {
        "images": [
            {"imageDigest": part.digest, **_known(_scan(part.scan))} for part in outcome.parts if digests
        ],
        "findings": [
            _known(
                {
                    "name": finding.name,
                    "severity": finding.severity,
                    "packages": list(finding.packages),
                    "fixedIn": finding.fixed_in,
                    "fixAvailable": finding.has_fix,
                    "uri": finding.uri,
                    "breaksPolicy": finding.severity in broken,
                    "imageDigests": list(found),
                }
            )
            for finding, found in outcome.findings().items()
        ],
        "notes": list(outcome.remarks),
    }


def _scan(scan: ImageScan | None) -> Json:
    if scan is None:
        return {}
    return {
        "scanStatus": scan.status,
        "scanStatusDescription": scan.description or None,
        "scanType": scan.type.value if scan.type is not None else None,
        "completedAt": _time(scan.completed_at) if scan.completed_at is not None else None,
        "severityCounts": dict(scan.counts) if scan.counts is not None else None,
    }


def _known(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
