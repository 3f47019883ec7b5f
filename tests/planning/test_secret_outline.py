"""The outline of a Secret's data: what planning looks at, and nothing of a credential."""

import base64
import json

import pytest

from ecr_operator.planning.secret_data import (
    DOCKER_KEY,
    FILE_KEY,
    Format,
    content_hash,
    held,
    secret_content,
)
from ecr_operator.planning.secret_outline import NEW, outline, outlined_content

HOST = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
PASSWORD = "a-password-of-somebody"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


TOKEN = encoded(f"AWS:{PASSWORD}")


def config(**members: object) -> str:
    return encoded(json.dumps(members))


DATA: dict[str, dict[str, str]] = {
    "none": {},
    "a Docker configuration": {DOCKER_KEY: config(auths={HOST: {"auth": TOKEN}})},
    "one with names that a reader shortens": {
        DOCKER_KEY: config(auths={f"https://{HOST}/v2/": {"auth": TOKEN}, "quay.io/team": {}})
    },
    "one with a password in a host's name": {
        DOCKER_KEY: config(auths={f"https://AWS:{PASSWORD}@{HOST}": {}})
    },
    "one with other members": {FILE_KEY: config(auths={}, credHelpers={HOST: PASSWORD}, credsStore="x")},
    "one without auths": {FILE_KEY: config(credsStore=PASSWORD)},
    "what is no base64": {DOCKER_KEY: f"!{PASSWORD}"},
    "what is no JSON": {DOCKER_KEY: encoded(PASSWORD)},
    "what is no object": {DOCKER_KEY: encoded(json.dumps([PASSWORD]))},
    "auths that are none": {DOCKER_KEY: config(auths=PASSWORD)},
    "Argo CD's keys": {
        "url": encoded(HOST),
        "username": encoded("AWS"),
        "password": encoded(PASSWORD),
        "type": encoded("helm"),
    },
    "a URL with a password": {"url": encoded(f"https://AWS:{PASSWORD}@{HOST}")},
    "a URL that is no text": {"url": base64.b64encode(b"\xff\xfe").decode()},
    "other keys": {"password": encoded(PASSWORD), "token": PASSWORD},
}


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_holds_the_same_hosts_and_keys_and_no_credential(data: dict[str, str]) -> None:
    found = outline(data)
    assert found.keys() == data.keys()
    assert held(found) == held(data)
    shown = [*found.values(), *(base64.b64decode(text + "==").decode() for text in found.values())]
    assert not [text for text in shown if PASSWORD in text or TOKEN in text]


@pytest.mark.parametrize("format", Format)
def test_what_is_handed_out_is_told_by_its_hash(format: Format) -> None:
    data = secret_content(format, {HOST: TOKEN}).data
    hash = content_hash(data)
    now = outlined_content(format, (HOST,), hash)
    assert outline(data, format, now, hash) == now.data
    # Keys that others have added are none of ours.
    assert outline({**data, "more": "eA=="}, format, now, hash) == {**now.data, "more": ""}
    # Another credential, a refreshed one, and one that somebody has spoilt.
    other = secret_content(format, {HOST: encoded("AWS:another")}).data
    for found in (outline(other, format, now, hash), outlined_content(format, (HOST,), NEW).data, {}):
        assert not now.data.items() <= found.items()
    spoilt = {**data, next(iter(data)): encoded("{}")}
    assert not now.data.items() <= outline(spoilt, format, now, hash).items()
