"""Whether a private registry lets a request in: by its token, and by what the token's principal may do."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.documents import TOKEN, allow, document

HERE, OTHER = "111111111111", "222222222222"
HOST = f"{HERE}.dkr.ecr.eu-west-1.amazonaws.com"
ARN = f"arn:aws:ecr:eu-west-1:{HERE}:repository/"
DIGEST = f"sha256:{'0' * 64}"
MANIFEST = "/v2/team/app/manifests/v1"

REQUESTS = {
    ("GET", "/v2/team/app/manifests/v1"): "BatchGetImage",
    ("HEAD", f"/v2/team/app/manifests/{DIGEST}"): "BatchGetImage",
    ("GET", f"/v2/team/app/blobs/{DIGEST}"): "GetDownloadUrlForLayer",
    ("HEAD", f"/v2/team/app/blobs/{DIGEST}"): "BatchCheckLayerAvailability",
    ("POST", "/v2/team/app/blobs/uploads/"): "InitiateLayerUpload",
    ("PATCH", "/v2/team/app/blobs/uploads/1"): "UploadLayerPart",
    ("PUT", "/v2/team/app/blobs/uploads/1"): "CompleteLayerUpload",
    ("PUT", "/v2/team/app/manifests/v1"): "PutImage",
    ("DELETE", f"/v2/team/app/manifests/{DIGEST}"): "BatchDeleteImage",
    ("GET", "/v2/team/app/tags/list"): "ListImages",
}


def minted(client: Any) -> str:
    """The Authorization header of a new token."""
    text: str = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return f"Basic {text}"


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def error(body: str) -> tuple[str, str]:
    (only,) = json.loads(body)["errors"]
    return only["code"], only["message"]


def test_without_credentials_a_registry_asks_for_them(fake: FakeAws) -> None:
    status, headers, body = fake.registry_request(HOST, "GET", "/v2/")
    assert status == 401
    assert headers["WWW-Authenticate"] == f'Basic realm="https://{HOST}/",service="ecr.amazonaws.com"'
    assert body == "Not Authorized\n"


def test_only_the_password_of_a_token_with_the_user_aws_is_credentials(fake: FakeAws, ecr: Any) -> None:
    header = minted(ecr)
    text = header.removeprefix("Basic ")
    password = base64.b64decode(text).decode().removeprefix("AWS:")
    tried = {
        "good": header,
        "lower case": f"basic {text}",
        "another user": basic(f"root:{password}"),
        "no user": basic(f":{password}"),
        "the whole token as password": basic(f"AWS:{text}"),
        "user and password as password": basic(f"AWS:AWS:{password}"),
        "one character less": basic(f"AWS:{password[:-1]}"),
        "another end": basic(f"AWS:{password[:100]}"),
        "no password": basic("AWS:"),
        "no base64": "Basic !",
        "no text": f"Basic {base64.b64encode(bytes([255])).decode()}",
        "another scheme": f"Bearer {text}",
    }
    found = {what: fake.registry_request(HOST, "GET", "/v2/", held)[0] for what, held in tried.items()}
    assert found == {what: 200 if what in ("good", "lower case") else 401 for what in tried}


def test_a_token_of_ecr_public_is_none_here(fake: FakeAws) -> None:
    client = fake.client("ecr-public", region="us-east-1")
    text = client.get_authorization_token()["authorizationData"]["authorizationToken"]
    host = f"{HERE}.dkr.ecr.us-east-1.amazonaws.com"
    assert fake.registry_request(host, "GET", "/v2/", f"Basic {text}")[0] == 401


@pytest.mark.parametrize("path", ["/v2/", MANIFEST])
def test_an_ended_token_is_told_apart_from_an_unknown_one(fake: FakeAws, ecr: Any, path: str) -> None:
    fake.create_repositories(["team/app"])
    fake.set_token_life(250)
    header = minted(ecr)
    assert fake.registry_request(HOST, "GET", path, header)[0] == 200
    fake.set_clock(260)
    status, _, body = fake.registry_request(HOST, "GET", path, header)
    assert status == 403
    assert error(body) == (
        "DENIED",
        "Your authorization token has expired. Reauthenticate and try again.",
    )
    fake.reset()
    assert fake.registry_request(HOST, "GET", path, header)[0] == 401


def test_a_token_of_another_region_is_no_good(fake: FakeAws, ecr: Any) -> None:
    header = minted(ecr)
    host = f"{HERE}.dkr.ecr.us-east-1.amazonaws.com"
    status, _, body = fake.registry_request(host, "GET", "/v2/", header)
    assert (status, error(body)[0]) == (403, "DENIED")


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_every_request_needs_its_own_action(fake: FakeAws, ecr: Any, method: str, path: str) -> None:
    fake.create_repositories(["team/app"])
    header = minted(ecr)
    action = f"ecr:{REQUESTS[method, path]}"

    fake.set_iam_policy(HERE, document(TOKEN, allow(action, f"{ARN}team/*")))
    assert fake.registry_request(HOST, method, path, header) == (200, {}, "")
    admitted = {one for one in REQUESTS if fake.registry_request(HOST, *one, header)[0] == 200}
    assert admitted == {one for one, operation in REQUESTS.items() if f"ecr:{operation}" == action}

    fake.set_iam_policy(HERE, document(TOKEN))
    status, _, body = fake.registry_request(HOST, method, path, header)
    assert status == 403
    assert error(body) == (
        "DENIED",
        f"User: arn:aws:iam::{HERE}:user/ecr-operator is not authorized to perform: {action} on resource: "
        f"{ARN}team/app because no identity-based policy allows the {action} action",
    )


def test_the_repository_has_to_exist(fake: FakeAws, ecr: Any) -> None:
    status, _, body = fake.registry_request(HOST, "GET", MANIFEST, minted(ecr))
    assert status == 404
    assert error(body) == (
        "NAME_UNKNOWN",
        f"The repository with name 'team/app' does not exist in the registry with id '{HERE}'",
    )


def test_another_accounts_registry_needs_its_repository_policy_too(fake: FakeAws, ecr: Any) -> None:
    header = minted(ecr)
    host = f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com"
    fake.create_repositories(["team/app"], account=OTHER)
    assert fake.registry_request(host, "GET", "/v2/", header)[0] == 200
    status, _, body = fake.registry_request(host, "GET", MANIFEST, header)
    assert (status, error(body)[0]) == (403, "DENIED")
    assert error(body)[1].endswith("because no resource-based policy allows the ecr:BatchGetImage action")
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HERE}:root"},
        "Action": "ecr:BatchGetImage",
    }
    fake.put_policy("team/app", json.dumps(document(grant)), account=OTHER)
    assert fake.registry_request(host, "GET", MANIFEST, header)[0] == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (f"{HOST}:443", 200),
        (f"{HERE}.dkr.ecr-fips.eu-west-1.amazonaws.com", 200),
        (f"{HERE}.dkr-ecr.eu-west-1.on.aws", 200),
        (f"{HERE}.dkr-ecr-fips.eu-west-1.on.aws", 200),
        (f"{HERE}.dkr.ecr.cn-north-1.amazonaws.com.cn", 403),
    ],
)
def test_all_names_of_a_registry_are_known(fake: FakeAws, ecr: Any, host: str, status: int) -> None:
    assert fake.registry_request(host, "GET", "/v2/", minted(ecr))[0] == status


def test_a_host_that_is_no_registry_is_an_error_of_the_test(fake: FakeAws, ecr: Any) -> None:
    with pytest.raises(RuntimeError, match="localhost is no host of a private registry"):
        fake.registry_request("localhost", "GET", "/v2/", minted(ecr))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/_catalog"),
        ("DELETE", f"/v2/team/app/blobs/{DIGEST}"),
        ("GET", "/v2/team/app/blobs/uploads/1"),
    ],
)
def test_what_ecr_has_no_action_for_is_unsupported(fake: FakeAws, ecr: Any, method: str, path: str) -> None:
    status, _, body = fake.registry_request(HOST, method, path, minted(ecr))
    assert (status, error(body)[0]) == (405, "UNSUPPORTED")
