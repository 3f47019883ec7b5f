"""The data of a Secret: written from tokens in three formats, and read back from any Secret.

Whoever writes the same tokens writes the same bytes, in all namespaces: since KEP-2535 a kubelet keeps a
credential's hash with an image. Data is {key: base64 text}, as in a Secret's JSON. Nothing here puts a token
into an exception's text.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

DOCKER_TYPE: Final = "kubernetes.io/dockerconfigjson"
OPAQUE_TYPE: Final = "Opaque"
DOCKER_KEY: Final = ".dockerconfigjson"
FILE_KEY: Final = "config.json"
ARGO_KEYS: Final = ("enableOCI", "password", "type", "url", "username")
ARGO_LABELS: Final = {"argocd.argoproj.io/secret-type": "repo-creds"}
"""By this label Argo CD finds a Secret (Argo CD, "Declarative setup", repository credentials)."""


class Format(StrEnum):
    """The values of `format`."""

    DOCKER_CONFIG_JSON = "DockerConfigJson"
    DOCKER_CONFIG_FILE = "DockerConfigFile"
    ARGO_CD_REPO_CREDS = "ArgoCDRepoCreds"


@dataclass(frozen=True, slots=True)
class SecretContent:
    """What depends on the tokens and the format alone."""

    type: str
    data: Mapping[str, str] = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)


def secret_content(format: Format, tokens: Mapping[str, str]) -> SecretContent:
    """The content for {bare host: authorization text}.

    The text is GetAuthorizationToken's `authorizationToken`: base64 of `AWS:<password>`, which is what a
    Docker configuration calls `auth`. No other member is written: `auth` is enough for all readers, and
    username and password beside it would triple the size.
    """
    type, labels = layout(format)
    if format == Format.ARGO_CD_REPO_CREDS:
        return SecretContent(type, _argo_data(tokens), labels)
    auths = {host: {"auth": tokens[host]} for host in sorted(tokens)}
    text = _encoded(json.dumps({"auths": auths}, separators=(",", ":")))
    return SecretContent(type, {keys_of(format)[0]: text}, labels)


def layout(format: Format) -> tuple[str, Mapping[str, str]]:
    """The type of the Secret, and the labels that its readers look for."""
    return {
        Format.DOCKER_CONFIG_JSON: (DOCKER_TYPE, {}),
        Format.DOCKER_CONFIG_FILE: (OPAQUE_TYPE, {}),
        Format.ARGO_CD_REPO_CREDS: (OPAQUE_TYPE, ARGO_LABELS),
    }[format]


def authorizations(content: SecretContent) -> dict[str, str]:
    """{bare host: authorization text} of content that was written here; a format for one host has none."""
    found: dict[str, str] = {}
    for key in (DOCKER_KEY, FILE_KEY):
        if key in content.data:
            config = json.loads(_decoded(content.data[key]) or "{}")
            found |= {host: entry["auth"] for host, entry in config["auths"].items()}
    return found


def content_hash(data: Mapping[str, str]) -> str:
    """SHA-256 of a Secret's data in hexadecimal, whatever the order of its keys."""
    text = json.dumps(dict(data), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def keys_of(format: Format) -> tuple[str, ...]:
    """The keys of a Secret's data that are ours in this format."""
    return {
        Format.DOCKER_CONFIG_JSON: (DOCKER_KEY,),
        Format.DOCKER_CONFIG_FILE: (FILE_KEY,),
        Format.ARGO_CD_REPO_CREDS: ARGO_KEYS,
    }[format]


def good_data(format: Format, found: Iterable[Mapping[str, str]], hash: str) -> Mapping[str, str] | None:
    """The data with this hash among those of several Secrets, some of which may be damaged.

    Keys that others have added are left out: they are not ours to hand out.
    """
    keys = keys_of(format)
    for data in found:
        ours = {key: data[key] for key in keys if key in data}
        if content_hash(ours) == hash:
            return ours
    return None


@dataclass(frozen=True, slots=True)
class Held:
    """What a Secret holds, by name only."""

    hosts: frozenset[str] = frozenset()
    """Bare where a reader would take them for the bare host; else as they stand."""
    others: frozenset[str] = frozenset()
    """Keys of the data, and members of a Docker configuration, that hold something else."""
    readable: bool = True
    """False: a key that should hold hosts could not be read, so that not all of them are known."""


def held(data: Mapping[str, str]) -> Held:
    """What any Secret's data holds, by what its keys say."""
    hosts: set[str] = set()
    others: set[str] = set()
    readable = True
    for key, value in data.items():
        if key in (DOCKER_KEY, FILE_KEY):
            found = _docker_config(value)
            readable = readable and found.readable
            hosts |= found.hosts
            others |= found.others
        elif key == "url":
            url = _decoded(value)
            readable = readable and url is not None
            hosts |= {bare_host(url)} if url else set()
        elif key not in ARGO_KEYS or "url" not in data:
            others.add(key)
    return Held(frozenset(hosts), frozenset(others), readable)


def bare_host(key: str) -> str:
    """The host that a key of `auths` means to Docker and the kubelet: without scheme, user and `/v1`, `/v2`.

    A key with another path stands for a part of the host only, and keeps it.
    """
    rest = key.rpartition("://")[2].rstrip("/")
    host, separator, path = rest.partition("/")
    host = host.rpartition("@")[2]
    return host if path in ("", "v1", "v2") else host + separator + path


def _docker_config(value: str) -> Held:
    text = _decoded(value)
    try:
        config: Any = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict) or not isinstance(config.get("auths", {}), dict):
        return Held(readable=False)
    return Held(
        hosts=frozenset(map(bare_host, config.get("auths", {}))),
        others=frozenset(config.keys() - {"auths"}),
    )


def _argo_data(tokens: Mapping[str, str]) -> dict[str, str]:
    if len(tokens) != 1:
        raise ValueError(f"ArgoCDRepoCreds holds one host, not {len(tokens)}")
    ((host, token),) = tokens.items()
    username, separator, password = (_decoded(token) or "").partition(":")
    if not separator:
        raise ValueError("an authorization text is not base64 of <user>:<password>")
    # Argo CD compares `url` as a prefix with the chart's URL, which has no scheme for an OCI registry of Helm
    # charts (argo-cd#10218).
    texts = {"enableOCI": "true", "password": password, "type": "helm", "url": host, "username": username}
    return {key: _encoded(text) for key, text in texts.items()}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
