"""The scanning configuration of a registry: what it takes, and what it makes of each repository."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of
from tests.fake_aws.scans import checked, rule, scanning

FILTERS = {
    "prod": {"prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"},
    "*prod": {"prod", "repo-prod"},
    "prod*": {"prod", "prod-repo", "prodrepo"},
    "*prod*": {"prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"},
    "prod*repo": {"prod-repo", "prodrepo"},
}
"""The table of the User Guide, "Filter wildcards"."""

WITHOUT = scanning("BASIC")


def effects(ecr: Any, *names: str) -> dict[str, dict[str, Any]]:
    answer = ecr.batch_get_repository_scanning_configuration(repositoryNames=list(names))
    checked("BatchGetRepositoryScanningConfiguration", answer)
    return {one.pop("repositoryName"): one for one in answer["scanningConfigurations"]}


def test_a_new_registry_is_basic_without_rules(ecr: Any) -> None:
    answer = checked("GetRegistryScanningConfiguration", ecr.get_registry_scanning_configuration())
    assert answer == {"registryId": "111111111111", "scanningConfiguration": WITHOUT}


def test_a_configuration_replaces_the_last_one_in_its_own_region(fake: FakeAws, ecr: Any) -> None:
    wanted = scanning("ENHANCED", rule("SCAN_ON_PUSH", "a*", "b"), rule("CONTINUOUS_SCAN", "prod"))
    answer = checked("PutRegistryScanningConfiguration", ecr.put_registry_scanning_configuration(**wanted))
    assert answer == {"registryScanningConfiguration": wanted}
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == wanted
    elsewhere = fake.client("ecr", region="us-east-1")
    assert elsewhere.get_registry_scanning_configuration()["scanningConfiguration"] == WITHOUT
    ecr.put_registry_scanning_configuration(scanType="BASIC")
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == WITHOUT
    ecr.create_repository(repositoryName="still-works")
    fake.set_registry_scanning(wanted)
    fake.set_registry_scanning(None)
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == WITHOUT


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (scanning("DEEP"), "InvalidParameterException"),
        (scanning("BASIC", *[rule("SCAN_ON_PUSH", "*")] * 3), "InvalidParameterException"),
        (scanning("BASIC", rule("DAILY", "*")), "InvalidParameterException"),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "Upper")), "InvalidParameterException"),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "a" * 256)), "InvalidParameterException"),
        (scanning("BASIC", rule("SCAN_ON_PUSH", *["*"] * 101)), "InvalidParameterException"),
        (scanning("BASIC", {"scanFrequency": "SCAN_ON_PUSH"}), "InvalidParameterException"),
        (scanning("BASIC", rule("CONTINUOUS_SCAN", "*")), "ValidationException"),
        (scanning("ENHANCED", rule("MANUAL", "*")), "ValidationException"),
    ],
)
def test_a_configuration_that_the_type_or_the_model_does_not_have_is_refused(
    fake: FakeAws, raw: Any, wrong: dict[str, Any], code: str
) -> None:
    assert code_of(raw.put_registry_scanning_configuration, **wrong) == code
    assert raw.get_registry_scanning_configuration()["scanningConfiguration"] == WITHOUT
    for document in (wrong, {"scantype": "BASIC"}):
        with pytest.raises(RuntimeError):
            fake.set_registry_scanning(document)


@pytest.mark.parametrize("pattern", FILTERS)
def test_a_filter_without_a_wildcard_is_contained_in_the_name(fake: FakeAws, ecr: Any, pattern: str) -> None:
    names = sorted(FILTERS["prod"])
    fake.create_repositories(names)
    fake.set_registry_scanning(scanning("BASIC", rule("SCAN_ON_PUSH", pattern)))
    found = effects(ecr, *names)
    assert {name for name, one in found.items() if one["scanOnPush"]} == FILTERS[pattern]


@pytest.mark.parametrize(
    ("configuration", "frequency", "applied"),
    [
        (WITHOUT, "MANUAL", []),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "app")), "SCAN_ON_PUSH", ["app"]),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "app", "*", "none")), "SCAN_ON_PUSH", ["*"]),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "none")), "MANUAL", []),
        (scanning("BASIC", rule("MANUAL", "app"), rule("SCAN_ON_PUSH", "*")), "SCAN_ON_PUSH", ["*"]),
        (scanning("ENHANCED"), "MANUAL", []),
        (scanning("ENHANCED", rule("SCAN_ON_PUSH", "*")), "SCAN_ON_PUSH", ["*"]),
        (
            scanning("ENHANCED", rule("CONTINUOUS_SCAN", "app"), rule("SCAN_ON_PUSH", "*")),
            "CONTINUOUS_SCAN",
            ["app"],
        ),
    ],
)
def test_the_rules_say_how_often_a_repository_is_scanned(
    fake: FakeAws, ecr: Any, configuration: dict[str, Any], frequency: str, applied: list[str]
) -> None:
    fake.create_repositories(["app"])
    ecr.put_registry_scanning_configuration(**configuration)
    assert effects(ecr, "app")["app"] == {
        "repositoryArn": "arn:aws:ecr:eu-west-1:111111111111:repository/app",
        "scanOnPush": frequency != "MANUAL",
        "scanFrequency": frequency,
        "appliedScanFilters": [{"filter": one, "filterType": "WILDCARD"} for one in applied],
    }


@pytest.mark.parametrize(
    ("configuration", "frequency"),
    [
        (WITHOUT, "SCAN_ON_PUSH"),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "none")), "MANUAL"),
        (scanning("ENHANCED"), "MANUAL"),
        (scanning("ENHANCED", rule("CONTINUOUS_SCAN", "*")), "CONTINUOUS_SCAN"),
    ],
)
def test_a_repositorys_own_setting_counts_only_where_the_registry_has_no_rules(
    fake: FakeAws, ecr: Any, configuration: dict[str, Any], frequency: str
) -> None:
    fake.create_repositories(["app"])
    fake.set_registry_scanning(configuration)
    ecr.put_image_scanning_configuration(
        repositoryName="app", imageScanningConfiguration={"scanOnPush": True}
    )
    assert effects(ecr, "app")["app"]["scanFrequency"] == frequency


def test_25_repositories_are_asked_for_at_once_and_a_missing_one_is_a_failure(
    fake: FakeAws, ecr: Any, raw: Any
) -> None:
    names = [f"r{n}" for n in range(26)]
    fake.create_repositories(names)
    answer = ecr.batch_get_repository_scanning_configuration(repositoryNames=["none", *names[:24]])
    checked("BatchGetRepositoryScanningConfiguration", answer)
    assert [one["repositoryName"] for one in answer["scanningConfigurations"]] == names[:24]
    assert answer["failures"] == [
        {
            "repositoryName": "none",
            "failureCode": "REPOSITORY_NOT_FOUND",
            "failureReason": "The repository with name 'none' does not exist in the registry with id "
            "'111111111111'",
        }
    ]
    for wrong in (names, []):
        assert (
            code_of(raw.batch_get_repository_scanning_configuration, repositoryNames=wrong)
            == "InvalidParameterException"
        )
