"""What AWS's errors mean: one table, no secret, and a text that does not change from call to call."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from ecr_operator.aws.errors import AwsError, Kind, translate
from ecr_operator.reasons import Reason

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def answer(
    code: str, message: str = "", status: int = 400, operation: str = "CreateRepository", date: str = ""
) -> AwsError:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": {"date": date}}
    error = ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation
    )
    return translate(error, "CreateRepository", NOW)


TABLE = {
    "AccessDeniedException": (Kind.STALLED, Reason.ACCESS_DENIED),
    "ExpiredTokenException": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "UnrecognizedClientException": (Kind.STALLED, Reason.CREDENTIALS_MISSING),
    "KmsException": (Kind.STALLED, Reason.KMS_KEY_UNUSABLE),
    "LimitExceededException": (Kind.STALLED, Reason.QUOTA_EXCEEDED),
    "TooManyTagsException": (Kind.STALLED, Reason.TOO_MANY_TAGS),
    "InvalidParameterException": (Kind.STALLED, Reason.INVALID_PARAMETER),
    "RepositoryAlreadyExistsException": (Kind.STATE, Reason.REPOSITORY_NOT_OURS),
    "LifecyclePolicyPreviewInProgressException": (Kind.STATE, Reason.PROGRESSING),
    "LifecyclePolicyPreviewNotFoundException": (Kind.STATE, Reason.PROGRESSING),
    "ImageNotFoundException": (Kind.STATE, Reason.PROGRESSING),
    "ThrottlingException": (Kind.TRANSIENT, Reason.THROTTLED),
    "ServerException": (Kind.TRANSIENT, Reason.AWS_UNAVAILABLE),
    "SomethingNewException": (Kind.TRANSIENT, Reason.AWS_UNAVAILABLE),
}


@pytest.mark.parametrize("code", TABLE)
def test_each_code_has_one_meaning(code: str) -> None:
    error = answer(code, "a sentence")

    assert (error.kind, error.reason) == TABLE[code]
    assert error.message == "a sentence"


def test_a_429_is_a_throttle_whatever_its_code() -> None:
    assert answer("429", status=429).reason is Reason.THROTTLED


def test_what_changes_from_call_to_call_is_left_out() -> None:
    texts = {
        answer(
            "ServerException", f"Internal failure (Request ID: {number:08x}-aaaa-bbbb-cccc-0123456789ab)"
        ).message
        for number in range(3)
    }

    assert texts == {"Internal failure"}


REFUSED_POLICIES = {
    "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'": (
        Reason.PRINCIPAL_NOT_FOUND
    ),
    "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'": (
        Reason.INVALID_POLICY
    ),
}


@pytest.mark.parametrize("message", REFUSED_POLICIES)
def test_a_refused_policy_says_why(message: str) -> None:
    error = answer("InvalidParameterException", message, operation="SetRepositoryPolicy")

    assert (error.kind, error.reason) == (Kind.STALLED, REFUSED_POLICIES[message])


@pytest.mark.parametrize(
    "operation", ["SetRepositoryPolicy", "PutLifecyclePolicy", "StartLifecyclePolicyPreview"]
)
def test_the_text_of_a_policy_is_repeated_to_nobody(operation: str) -> None:
    text = '{"Statement": [{"Sid": "Secret", "Condition": {}}]}'
    error = answer("InvalidParameterException", f"No policy: {text} at 3", operation=operation)

    assert error.message == "No policy: {...} at 3"
    assert error.reason is Reason.INVALID_POLICY
    assert "Secret" not in str(error)


def test_no_credentials_say_where_they_come_from() -> None:
    error = translate(NoCredentialsError(), "CreateRepository", NOW)

    assert (error.kind, error.reason) == (Kind.STALLED, Reason.CREDENTIALS_MISSING)
    assert "Pod Identity" in error.message


@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://x"), ReadTimeoutError(endpoint_url="https://x")],
    ids=["connect", "read"],
)
def test_no_answer_passes_by_itself_and_leaves_the_effect_open(error: Exception) -> None:
    translated = translate(error, "CreateRepository", NOW)

    assert (translated.kind, translated.reason) == (Kind.TRANSIENT, Reason.AWS_UNAVAILABLE)
    assert not translated.refused


@pytest.mark.parametrize(
    ("code", "refused"),
    [("ThrottlingException", True), ("AccessDeniedException", True), ("ServerException", False)],
)
def test_only_a_refusal_is_known_to_have_had_no_effect(code: str, refused: bool) -> None:
    assert answer(code).refused is refused


@pytest.mark.parametrize(("minutes", "word"), [(130, "behind"), (-130, "ahead of")])
def test_a_wrong_clock_is_told_by_awss_own_date(minutes: int, word: str) -> None:
    theirs = (NOW + timedelta(minutes=minutes)).strftime("%a, %d %b %Y %H:%M:%S GMT")

    error = answer("InvalidSignatureException", "Signature expired", date=theirs)

    assert error.reason is Reason.CLOCK_SKEW
    assert f"130 min {word} AWS's" in error.message


def test_a_wrong_signature_with_a_right_clock_is_wrong_credentials() -> None:
    error = answer("InvalidSignatureException", date=NOW.strftime("%a, %d %b %Y %H:%M:%S GMT"))

    assert error.reason is Reason.CREDENTIALS_MISSING


def test_a_role_that_cannot_be_assumed_is_told_apart() -> None:
    assert answer("AccessDenied", operation="AssumeRole").reason is Reason.ASSUME_ROLE_DENIED
    assert answer("AccessDenied").reason is Reason.ACCESS_DENIED
