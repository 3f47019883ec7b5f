"""The principals of a repository policy: their form, whether they exist, and what a deletion leaves."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import refusal_of

WORDS = "Invalid parameter at 'PolicyText' failed to satisfy constraint: "
NOT_FOUND = f"{WORDS}'Principal not found'"
INVALID = f"{WORDS}'Invalid repository policy provided'"
ROLE = "arn:aws:iam::111122223333:role/deployer"
USER = "arn:aws:iam::111122223333:user/people/jane"
ROOT = "arn:aws:iam::111122223333:root"


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"])


def text_of(principal: Any, name: str = "Principal") -> str:
    effect = "Allow" if name == "Principal" else "Deny"
    one = {"Effect": effect, name: principal, "Action": "ecr:BatchGetImage"}
    return json.dumps({"Version": "2012-10-17", "Statement": [one]})


def put(ecr: Any, principal: Any) -> None:
    ecr.set_repository_policy(repositoryName="app", policyText=text_of(principal))


def refused(ecr: Any, principal: Any) -> str:
    return refusal_of(ecr.set_repository_policy, repositoryName="app", policyText=text_of(principal)).message


def shown(ecr: Any) -> Any:
    """The principal that a read answers."""
    text = ecr.get_repository_policy(repositoryName="app")["policyText"]
    return json.loads(text)["Statement"][0]["Principal"]


@pytest.mark.parametrize(
    ("principal", "kept"),
    [
        ("*", "*"),
        ({"AWS": "*"}, {"AWS": "*"}),
        ({"AWS": "111122223333"}, {"AWS": ROOT}),
        ({"AWS": [ROOT]}, {"AWS": ROOT}),
        ({"AWS": ROLE}, {"AWS": ROLE}),
        ({"AWS": USER}, {"AWS": USER}),
        ({"AWS": "arn:aws:sts::111122223333:assumed-role/deployer/me"}, None),
        ({"AWS": "arn:aws:sts::111122223333:federated-user/jane"}, None),
        ({"Service": "codebuild.amazonaws.com"}, None),
        ({"Service": "lambda.eu-west-1.amazonaws.com", "AWS": ROLE}, None),
        ({"Federated": "cognito-identity.amazonaws.com"}, None),
        ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, None),
    ],
)
def test_a_principal_comes_back_and_an_account_as_its_root(ecr: Any, principal: Any, kept: Any) -> None:
    put(ecr, principal)
    assert shown(ecr) == (kept or principal)


@pytest.mark.parametrize(
    "principal",
    [
        "111122223333",
        [],
        {},
        {"AWS": []},
        {"AWS": ""},
        {"AWS": [1]},
        {"AWS": {"x": "y"}},
        {"Aws": ROLE},
        {"AWS": "11112222333"},
        {"AWS": "1111222233334"},
        {"AWS": "jane"},
        {"AWS": "arn:aws:iam::11112222333:root"},
        {"AWS": "arn:aws:iam:eu-west-1:111122223333:role/deployer"},
        {"AWS": "arn:aws:iam::111122223333:role/"},
        {"AWS": "arn:aws:iam::111122223333:role/dep*"},
        {"AWS": "arn:aws:iam::111122223333:group/people"},
        {"AWS": "arn:aws:s3:::bucket"},
        {"AWS": "arn:aws-cn:iam::111122223333:root"},
        {"AWS": [ROLE, "arn:aws-us-gov:iam::111122223333:role/deployer"]},
        {"Service": "codebuild"},
        {"Service": "*"},
    ],
)
def test_a_malformed_principal_is_an_invalid_policy(ecr: Any, principal: Any) -> None:
    assert refused(ecr, principal) == INVALID


def test_the_partition_is_that_of_the_region(fake: FakeAws) -> None:
    fake.create_repositories(["app"], region="cn-north-1")
    china = fake.client(region="cn-north-1")
    put(china, {"AWS": "111122223333"})
    assert shown(china) == {"AWS": "arn:aws-cn:iam::111122223333:root"}
    assert refused(china, {"AWS": ROOT}) == INVALID


def test_missing_principals_are_not_found(fake: FakeAws, ecr: Any) -> None:
    fake.set_principals(missing=["arn:aws:iam::111122223333:role/dep*", "222222222222"])
    for principal in (ROLE, [USER, ROLE], "222222222222", "arn:aws:iam::222222222222:root"):
        assert refused(ecr, {"AWS": principal}) == NOT_FOUND
    put(ecr, {"AWS": [USER, ROOT]})
    fake.set_principals()
    put(ecr, {"AWS": ROLE})


def test_a_principal_of_notprincipal_must_exist_too(fake: FakeAws, ecr: Any) -> None:
    fake.set_principals(missing=[ROLE])
    call = {"repositoryName": "app", "policyText": text_of({"AWS": ROLE}, "NotPrincipal")}
    assert refusal_of(ecr.set_repository_policy, **call).message == NOT_FOUND


def test_a_principal_is_found_only_some_time_after_it_was_created(fake: FakeAws, ecr: Any) -> None:
    fake.set_principals(missing=[ROLE])
    fake.create_principal(ROLE, visible_after=0.3)
    assert refused(ecr, {"AWS": ROLE}) == NOT_FOUND
    time.sleep(0.35)
    put(ecr, {"AWS": ROLE})


@pytest.mark.parametrize(("arn", "prefix"), [(ROLE, "AROA"), (USER, "AIDA")])
def test_a_deleted_principal_is_shown_by_its_unique_id(
    fake: FakeAws, ecr: Any, arn: str, prefix: str
) -> None:
    put(ecr, {"AWS": [arn, ROOT]})
    gone = fake.delete_principal(arn)
    assert re.fullmatch(f"{prefix}[A-Z0-9]{{17}}", gone)
    assert sorted(shown(ecr)["AWS"]) == sorted([gone, ROOT])
    assert gone in json.dumps(fake.policy("app"))
    for principal in (gone, arn):
        assert refused(ecr, {"AWS": [principal, ROOT]}) == NOT_FOUND


def test_a_principal_created_again_is_another(fake: FakeAws, ecr: Any) -> None:
    put(ecr, {"AWS": ROLE})
    first = fake.delete_principal(ROLE)
    fake.create_principal(ROLE)
    assert shown(ecr) == {"AWS": first}
    put(ecr, {"AWS": ROLE})
    assert shown(ecr) == {"AWS": ROLE}
    second = fake.delete_principal(ROLE)
    assert second != first
    assert shown(ecr) == {"AWS": second}


def test_a_text_put_in_place_shows_unique_ids_too_and_only_as_principals(fake: FakeAws, ecr: Any) -> None:
    one = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "ecr:BatchGetImage",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}},
    }
    text = json.dumps({"Statement": [one]})
    fake.put_policy("app", text)
    assert ecr.get_repository_policy(repositoryName="app")["policyText"] == text
    gone = fake.delete_principal(ROLE)
    assert fake.policy("app")["Statement"] == [{**one, "Principal": {"AWS": gone}}]


def test_reset_brings_every_principal_back(fake: FakeAws, ecr: Any) -> None:
    first = fake.delete_principal(ROLE)
    fake.set_principals(missing=["*"])
    fake.reset()
    fake.create_repositories(["app"])
    put(ecr, {"AWS": ROLE})
    assert fake.delete_principal(ROLE) == first
