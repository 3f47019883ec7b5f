"""What a Secret of ours holds, byte for byte, and what is read from any Secret."""

import base64
import hashlib
import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.secret_data import (
    Format,
    Held,
    bare_host,
    content_hash,
    good_data,
    held,
    keys_of,
    secret_content,
)
from tests.planning.bounds import bounded
from tests.planning.pull_samples import HOST, OTHER_HOST, PASSWORD, docker_config, docker_data, encoded, token

TOKENS = {HOST: token(), "public.ecr.aws": token("public"), OTHER_HOST: token("other")}


def decoded(text: str) -> Any:
    return json.loads(base64.b64decode(text))


def test_a_docker_configuration_has_bare_hosts_and_nothing_but_auth() -> None:
    content = secret_content(Format.DOCKER_CONFIG_JSON, TOKENS)
    assert content.type == "kubernetes.io/dockerconfigjson"
    assert decoded(content.data[".dockerconfigjson"]) == {
        "auths": {host: {"auth": text} for host, text in TOKENS.items()}
    }
    assert content.labels == {}


def test_a_docker_configuration_for_builders_is_a_file() -> None:
    content = secret_content(Format.DOCKER_CONFIG_FILE, TOKENS)
    assert content.type == "Opaque"
    assert set(content.data) == {"config.json"}
    json_data = secret_content(Format.DOCKER_CONFIG_JSON, TOKENS).data
    assert content.data["config.json"] == json_data[".dockerconfigjson"]


def test_argo_cd_finds_what_it_reads() -> None:
    content = secret_content(Format.ARGO_CD_REPO_CREDS, {HOST: token()})
    assert content.type == "Opaque"
    assert content.labels == {"argocd.argoproj.io/secret-type": "repo-creds"}
    assert {key: base64.b64decode(text).decode() for key, text in content.data.items()} == {
        "url": HOST,
        "username": "AWS",
        "password": PASSWORD,
        "type": "helm",
        "enableOCI": "true",
    }


def test_a_password_may_hold_colons() -> None:
    content = secret_content(Format.ARGO_CD_REPO_CREDS, {HOST: token("a:b:c")})
    assert base64.b64decode(content.data["password"]) == b"a:b:c"


BAD_ARGO = {
    "two hosts": {HOST: token(), OTHER_HOST: token()},
    "no host": {},
    "no base64": {HOST: f"AWS:{PASSWORD}"},
    "no password": {HOST: encoded(PASSWORD)},
    "no text": {HOST: base64.b64encode(b"\xff\xfe").decode()},
}


@pytest.mark.parametrize("tokens", BAD_ARGO.values(), ids=BAD_ARGO)
def test_a_mistake_is_told_without_the_token(tokens: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"host|authorization text") as error:
        secret_content(Format.ARGO_CD_REPO_CREDS, tokens)
    assert PASSWORD not in str(error.value)
    assert error.value.__cause__ is None
    assert not any(text in str(error.value) for text in tokens.values())


@pytest.mark.parametrize("format", [Format.DOCKER_CONFIG_JSON, Format.DOCKER_CONFIG_FILE])
def test_the_bytes_do_not_depend_on_the_order_of_tokens(format: Format) -> None:
    contents = [secret_content(format, dict(order)) for order in permutations(TOKENS.items())]
    assert all(content == contents[0] for content in contents)


def test_the_bytes_are_these() -> None:
    # Other bytes for the same tokens would be a write to every namespace at the next upgrade.
    content = secret_content(Format.DOCKER_CONFIG_JSON, {"b.example": "Yg==", "a.example": "YQ=="})
    text = '{"auths":{"a.example":{"auth":"YQ=="},"b.example":{"auth":"Yg=="}}}'
    assert base64.b64decode(content.data[".dockerconfigjson"]).decode() == text
    hashed = hashlib.sha256(b'{"a":"YQ==","b":"Yg=="}').hexdigest()
    assert content_hash({"b": "Yg==", "a": "YQ=="}) == hashed


def test_a_hash_is_of_the_data_alone() -> None:
    assert content_hash({"a": "1", "b": "2"}) == content_hash({"b": "2", "a": "1"})
    assert content_hash({"a": "1"}) != content_hash({"a": "2"})
    assert content_hash({"a": "1"}) != content_hash({"b": "1"})
    assert content_hash({"a": "1,b", "c": "2"}) != content_hash({"a": "1", "b,c": "2"})
    assert len(content_hash({})) == 64


def test_no_content_shows_its_token() -> None:
    for format in Format:
        content = secret_content(format, {HOST: token()})
        shown = f"{content!r} {content}"
        assert PASSWORD not in shown
        assert not any(text in shown for text in content.data.values())


HELD = {
    "nothing": ({}, Held()),
    "our own": (docker_data(HOST, "public.ecr.aws"), Held(frozenset({HOST, "public.ecr.aws"}))),
    "our own file": (secret_content(Format.DOCKER_CONFIG_FILE, {HOST: "x"}).data, Held(frozenset({HOST}))),
    "our own for Argo CD": (
        secret_content(Format.ARGO_CD_REPO_CREDS, {HOST: token()}).data,
        Held(frozenset({HOST})),
    ),
    "keys as Docker writes them": (
        docker_config(auths={f"https://{HOST}": {}, "https://index.docker.io/v1/": {}, "a.example/v2/": {}}),
        Held(frozenset({HOST, "index.docker.io", "a.example"})),
    ),
    "a part of a host": (docker_config(auths={f"{HOST}/team": {}}), Held(frozenset({f"{HOST}/team"}))),
    "a key with a password": (
        docker_config(auths={"https://me:secret@a.example": {}}),
        Held(frozenset({"a.example"})),
    ),
    "helpers beside": (
        docker_config(auths={HOST: {}}, credHelpers={"a.example": "ecr-login"}, credsStore="x"),
        Held(frozenset({HOST}), frozenset({"credHelpers", "credsStore"})),
    ),
    "a configuration without hosts": (docker_config(), Held()),
    "other keys": ({"password": "eA==", "ca.crt": "eA=="}, Held(others=frozenset({"password", "ca.crt"}))),
    "Argo CD with more": (
        {"url": encoded(f"oci://{HOST}"), "password": "eA==", "project": "eA=="},
        Held(frozenset({HOST}), frozenset({"project"})),
    ),
    "no base64": ({".dockerconfigjson": "%%%"}, Held(readable=False)),
    "no text": ({".dockerconfigjson": base64.b64encode(b"\xff").decode()}, Held(readable=False)),
    "no JSON": ({".dockerconfigjson": encoded("{")}, Held(readable=False)),
    "no object": ({"config.json": encoded("[]")}, Held(readable=False)),
    "null": ({"config.json": encoded("null")}, Held(readable=False)),
    "hosts that are no object": (docker_config(auths=["a"]), Held(readable=False)),
    "nested without end": ({".dockerconfigjson": encoded("[" * 100_000)}, Held(readable=False)),
    "a url that is no text": ({"url": base64.b64encode(b"\xff").decode()}, Held(readable=False)),
}


@pytest.mark.parametrize(("data", "expected"), HELD.values(), ids=HELD)
def test_what_a_secret_holds(data: dict[str, str], expected: Held) -> None:
    assert held(data) == expected


@bounded(200)
@given(st.dictionaries(st.sampled_from([".dockerconfigjson", "config.json", "url", "x"]), st.text()))
def test_rubbish_is_read_without_an_error(data: dict[str, str]) -> None:
    held(data)
    held({key: encoded(text) for key, text in data.items() if text.isprintable()})


HOST_KEYS = {
    HOST: HOST,
    f"https://{HOST}": HOST,
    f"https://{HOST}/": HOST,
    f"http://{HOST}/v2/": HOST,
    f"{HOST}/v1": HOST,
    f"{HOST}/team/": f"{HOST}/team",
    "*.example": "*.example",
    "a.example:5000": "a.example:5000",
    "": "",
}


@pytest.mark.parametrize(("key", "host"), HOST_KEYS.items(), ids=HOST_KEYS)
def test_a_key_means_a_host(key: str, host: str) -> None:
    assert bare_host(key) == host


def test_a_good_copy_is_found_among_damaged_ones() -> None:
    good = docker_data(HOST)
    wanted = content_hash(good)
    damaged = [{}, docker_data(HOST, password="other"), {"config.json": good[".dockerconfigjson"]}]
    assert good_data(Format.DOCKER_CONFIG_JSON, [*damaged, good], wanted) == good
    assert good_data(Format.DOCKER_CONFIG_JSON, damaged, wanted) is None


def test_a_good_copy_leaves_out_what_others_added() -> None:
    good = docker_data(HOST)
    found = good_data(Format.DOCKER_CONFIG_JSON, [{**good, "mine": "eA=="}], content_hash(good))
    assert found == good


def test_the_keys_of_a_format_are_those_that_it_writes() -> None:
    for format in Format:
        assert set(keys_of(format)) == set(secret_content(format, {HOST: token()}).data)
