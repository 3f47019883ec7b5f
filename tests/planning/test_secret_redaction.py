"""What a webhook's message may not show: any part of the credentials that it was sent."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.secret_data import Format, secret_content
from ecr_operator.planning.secret_redaction import CUT, SHORTEST, without_credentials
from tests.planning.pull_samples import HOST, encoded

PASSWORD = base64.b64encode(bytes(range(200))).decode()
AUTH = encoded(f"AWS:{PASSWORD}")
DOCKER = secret_content(Format.DOCKER_CONFIG_JSON, {HOST: AUTH}).data
ARGO = secret_content(Format.ARGO_CD_REPO_CREDS, {HOST: AUTH}).data
VALUE = DOCKER[".dockerconfigjson"]
TEXT = base64.b64decode(VALUE).decode()


def shown(text: str) -> str:
    return without_credentials(text, [DOCKER, ARGO])


@pytest.mark.parametrize(
    "secret",
    [VALUE, AUTH, PASSWORD, f"AWS:{PASSWORD}", ARGO["password"]],
    ids=["value", "auth", "password", "user and password", "Argo CD's value"],
)
def test_a_credential_is_cut_and_the_words_around_it_stay(secret: str) -> None:
    found = shown(f'denied the request: {{"x":"{secret}"}} is not allowed')
    assert found.startswith('denied the request: {"x":"')
    assert found.endswith('"} is not allowed')
    assert CUT in found
    assert secret[:SHORTEST] not in found


@pytest.mark.parametrize("quoted", [TEXT, json.dumps(TEXT), repr(TEXT)])
def test_what_a_value_decodes_to_loses_its_credentials_alone(quoted: str) -> None:
    found = shown(f"refused {quoted}")
    assert HOST in found
    assert found.count(CUT) == 1
    assert AUTH[:SHORTEST] not in found


def test_bytes_as_go_prints_them_are_cut() -> None:
    found = shown(f"Data:map[.dockerconfigjson:[{' '.join(map(str, TEXT.encode()))}]] is refused")
    assert found == f"Data:map[.dockerconfigjson:[{CUT}]] is refused"


@given(st.sampled_from([VALUE, AUTH, PASSWORD]), st.integers(0, 200), st.integers(SHORTEST, 200))
def test_a_part_is_cut_too(secret: str, begin: int, length: int) -> None:
    part = secret[begin : begin + length]
    found = shown(f"no: {part}…")
    assert part[:SHORTEST] not in found or len(part) < SHORTEST


@given(st.text(max_size=200))
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_credentials(text, []) == text
    honest = f"exceeded quota: few, used secrets=1, in team-a for {HOST} as AWS, helm, true"
    assert shown(honest) == honest


@pytest.mark.parametrize(
    "value", ["", "not base64!", "AAAA", encoded("{"), encoded("[]"), encoded('{"auths": {"a": 1}}')]
)
def test_any_data_can_be_hidden(value: str) -> None:
    data = {".dockerconfigjson": value, "more": value}
    assert without_credentials("exceeded quota", [data]) == "exceeded quota"
