"""What AWS refuses is said in AWS's own words, costs no retry storm, and heals by itself."""

import pytest

from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, condition, message

pytestmark = pytest.mark.usefixtures("operator")


def test_a_denied_creation_names_action_and_resource_and_heals(
    repositories: Repositories, aws: FakeAws
) -> None:
    rule = aws.inject("CreateRepository", "AccessDeniedException", prefix=repositories.name("denied"))

    repositories.create("denied", deletionPolicy="Delete", tags={"a": "1"})
    obj = repositories.stalled("denied", "AccessDenied")

    assert "ecr:CreateRepository" in message(obj)
    assert repositories.name("denied") in message(obj)
    assert condition(obj, "Reconciling") is None
    # Nothing was sent that could be taken back.
    assert "managed" not in obj["status"]
    assert repositories.event(obj, "AccessDenied")["type"] == "Warning"

    aws.clear(rule)
    repositories.ready("denied")


def test_an_explicit_deny_of_the_organisation_is_kept_in_the_text(
    repositories: Repositories, aws: FakeAws
) -> None:
    reason = "with an explicit deny in a service control policy"
    rule = aws.inject(
        "CreateRepository", "AccessDeniedException", prefix=repositories.name("scp"), reason=reason
    )

    repositories.create("scp")

    assert reason in message(repositories.stalled("scp", "AccessDenied"))
    aws.clear(rule)


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        ("TagResource", {"tags": {"a": "2"}}),
        ("UntagResource", {"tags": None}),
        ("PutImageTagMutability", {"imageTagMutability": "IMMUTABLE"}),
        ("PutImageScanningConfiguration", {"imageScanningConfiguration": {"scanOnPush": True}}),
        ("ListTagsForResource", {"tags": {"a": "2"}}),
    ],
)
def test_each_denied_operation_stalls_and_keeps_what_is_owned(
    repositories: Repositories, aws: FakeAws, operation: str, change: dict[str, object]
) -> None:
    repositories.created("mine", tags={"a": "1"})
    rule = aws.inject(operation, "AccessDeniedException", prefix=repositories.name("mine"))

    repositories.patch("mine", **change)
    obj = repositories.stalled("mine", "AccessDenied")

    assert f"ecr:{operation}" in message(obj)
    assert {"repository", "tags/a"} <= set(obj["status"]["managed"])
    aws.clear(rule)
    repositories.ready("mine")


def test_a_tag_whose_first_write_was_refused_is_never_taken_back(
    repositories: Repositories, aws: FakeAws
) -> None:
    """Between the refusal and the change of mind a person sets that very tag."""
    repositories.created("tag")
    rule = aws.inject("TagResource", "AccessDeniedException", prefix=repositories.name("tag"))
    repositories.patch("tag", tags={"team": "a"})
    repositories.stalled("tag", "AccessDenied")
    aws.clear(rule)
    assert "tags/team" not in repositories.get("tag")["status"]["managed"]

    repositories.tag_by_hand("tag", team="theirs")
    repositories.patch("tag", tags=None)
    repositories.ready("tag")

    found = repositories.in_aws("tag")
    assert found is not None
    # Whoever was first: had the operator set it, "a" would be there, and taken off.
    assert found["tags"].get("team") in ("theirs", None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [("ThrottlingException", "Throttled"), ("ServerException", "AWSUnavailable")],
)
def test_what_passes_by_itself_is_reconciling_and_not_stalled(
    repositories: Repositories, aws: FakeAws, code: str, reason: str
) -> None:
    rule = aws.inject("CreateRepository", code, prefix=repositories.name("busy"))

    repositories.create("busy")
    obj = repositories.reconciling("busy", reason)

    reconciling = condition(obj, "Reconciling")
    assert reconciling is not None
    assert reconciling["reason"] == "ProgressingWithRetry"
    assert condition(obj, "Stalled") is None
    aws.clear(rule)
    repositories.ready("busy")


def test_a_quota_says_so(repositories: Repositories, aws: FakeAws) -> None:
    rule = aws.inject("CreateRepository", "LimitExceededException", prefix=repositories.name("quota"))

    repositories.create("quota")

    repositories.stalled("quota", "QuotaExceeded")
    aws.clear(rule)
    repositories.ready("quota")
