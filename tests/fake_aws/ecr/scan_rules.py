"""The scanning configuration of a registry, and what it makes of each repository.

Source: ECR User Guide, "Filters to choose which repositories are scanned" ("a filter with no wildcard will
match all repository names that contain the filter", "*" replaces zero or more characters; "any repositories
that don't match a scan on push filter are set to the manual scan frequency"; enhanced: the continuous filter
is enforced over the one for scan on push, and what matches none has scanning disabled); botocore's ecr model
(RegistryScanningRule: ENHANCED supports CONTINUOUS_SCAN and SCAN_ON_PUSH, BASIC supports SCAN_ON_PUSH, "if
scan on push is not specified, then the MANUAL scan frequency is set by default").

Inferred: of several filters that match, the last is the one applied (moto says so of tests against AWS);
`scanOnPush` is whether a push is scanned; scanning disabled is MANUAL; a BASIC registry without any rule
leaves it to the repository's own setting, and with a rule, or with ENHANCED, that setting is of no effect; a
rule MANUAL is taken of BASIC; a frequency that the type does not support is ValidationException.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ..aws_error import AwsError
from .backend import StoredRegistry, StoredRepository

FREQUENCIES = {
    "BASIC": ("SCAN_ON_PUSH", "MANUAL"),
    "ENHANCED": ("CONTINUOUS_SCAN", "SCAN_ON_PUSH"),
}
"""The frequencies that a type supports, the first before the second where filters of both match."""


@cache
def expression_of(wildcards: str) -> re.Pattern[str]:
    """What a filter matches."""
    if "*" not in wildcards:
        return re.compile(f".*{re.escape(wildcards)}.*")
    return re.compile(".*".join(re.escape(part) for part in wildcards.split("*")))


def checked(scan_type: str | None, rules: list[dict[str, Any]] | None) -> dict[str, Any]:
    """A configuration as it is kept; raises ValidationException for a frequency that the type lacks."""
    scan_type = scan_type or "BASIC"
    for rule in rules or ():
        if rule["scanFrequency"] not in FREQUENCIES[scan_type]:
            raise AwsError(
                "ValidationException",
                f"The scan frequency '{rule['scanFrequency']}' is not supported for the scan type "
                f"'{scan_type}'",
            )
    return {"scanType": scan_type, "rules": list(rules or ())}


def scan_type_of(registry: StoredRegistry) -> str:
    """The type of scanning that a registry has."""
    return str(registry.registry_scanning_configuration["scanType"])


def effect(registry: StoredRegistry, repository: StoredRepository) -> dict[str, Any]:
    """The scanning of a repository, as botocore's RepositoryScanningConfiguration."""
    frequency, filters = in_force(registry, repository)
    return {
        "repositoryArn": repository.arn,
        "repositoryName": repository.name,
        "scanOnPush": frequency != "MANUAL",
        "scanFrequency": frequency,
        "appliedScanFilters": filters,
    }


def in_force(registry: StoredRegistry, repository: StoredRepository) -> tuple[str, list[dict[str, str]]]:
    """The frequency of a repository's scans, and the filter that says so."""
    rules = registry.registry_scanning_configuration["rules"]
    scan_type = scan_type_of(registry)
    if scan_type == "BASIC" and not rules:
        setting: Any = repository.image_scanning_configuration
        return ("SCAN_ON_PUSH" if setting.get("scanOnPush") else "MANUAL"), []
    for frequency in FREQUENCIES[scan_type]:
        matching = [
            one
            for rule in rules
            if rule["scanFrequency"] == frequency
            for one in rule["repositoryFilters"]
            if expression_of(one["filter"]).fullmatch(repository.name)
        ]
        if matching:
            return frequency, matching[-1:]
    return "MANUAL", []
