"""Wanted and observed Secrets and service accounts that agree with each other: a test changes one thing."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from ecr_operator.api.names import API_VERSION, PULL_SECRETS_ANNOTATION
from ecr_operator.planning.namespace_state import (
    ObservedNamespace,
    ObservedSecret,
    ObservedServiceAccount,
    OwnerReference,
    Release,
    Released,
    WantedSecret,
)
from ecr_operator.planning.secret_data import Format, secret_content

NAMESPACE = "team-a"
ACCOUNT = "123456789012"
HOST = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
OTHER_HOST = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
MONDAY, TUESDAY = "2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"
PASSWORD = "pass-w0rd-that-nobody-may-see"


def encoded(text: str) -> str:
    """As base64 text."""
    return base64.b64encode(text.encode()).decode()


def token(password: str = PASSWORD) -> str:
    """An authorization text as GetAuthorizationToken returns it."""
    return encoded(f"AWS:{password}")


def docker_data(*hosts: str, password: str = PASSWORD) -> Mapping[str, str]:
    """The data of a Secret with these hosts, as we write it."""
    return secret_content(Format.DOCKER_CONFIG_JSON, dict.fromkeys(hosts, token(password))).data


def docker_config(**members: Any) -> dict[str, str]:
    """The data of a Secret with any Docker configuration."""
    return {".dockerconfigjson": encoded(json.dumps(members))}


def wanted(owner: str = "ecr", *, format: Format = Format.DOCKER_CONFIG_JSON, **fields: Any) -> WantedSecret:
    """What an EcrPullSecret wants in the namespace."""
    content = secret_content(format, {HOST: token()})
    basics: dict[str, Any] = {
        "owner": owner,
        "uid": f"uid-of-{owner}",
        "created": MONDAY,
        "name": "pull",
        "type": content.type,
        "data": content.data,
        "content_labels": content.labels,
    }
    return WantedSecret(**basics | fields)


def reference(one: WantedSecret, **fields: Any) -> OwnerReference:
    """The owner reference that a Secret of `one` carries."""
    basics: dict[str, Any] = {
        "api_version": API_VERSION,
        "kind": "EcrPullSecret",
        "name": one.owner,
        "uid": one.uid,
        "controller": True,
    }
    return OwnerReference(**basics | fields)


FOREIGN_CONTROLLER = OwnerReference("external-secrets.io/v1", "ExternalSecret", "db", "uid-of-db", True)


def written(one: WantedSecret, **fields: Any) -> ObservedSecret:
    """The Secret that `one` has written."""
    basics: dict[str, Any] = {
        "name": one.name,
        "uid": "uid-1",
        "resource_version": "7",
        "type": one.type,
        "data": one.data,
        "labels": one.labels,
        "owners": () if one.retain else (reference(one),),
    }
    return ObservedSecret(**basics | fields)


def foreign(*hosts: str, **fields: Any) -> ObservedSecret:
    """A Secret that somebody else has written under the wanted name."""
    basics: dict[str, Any] = {
        "name": "pull",
        "uid": "uid-9",
        "resource_version": "7",
        "type": "kubernetes.io/dockerconfigjson",
        "data": docker_data(*hosts, password="another"),
    }
    return ObservedSecret(**basics | fields)


def account(
    *entries: str, record: str | None = None, name: str = "default", **fields: Any
) -> ObservedServiceAccount:
    """A service account with these entries."""
    basics: dict[str, Any] = {
        "name": name,
        "uid": f"uid-of-{name}",
        "resource_version": "7",
        "image_pull_secrets": entries or None,
        "annotations": None if record is None else {PULL_SECRETS_ANNOTATION: record},
    }
    return ObservedServiceAccount(**basics | fields)


def namespace(*there: ObservedSecret | ObservedServiceAccount, **fields: Any) -> ObservedNamespace:
    """A namespace that holds these."""
    return ObservedNamespace(
        NAMESPACE,
        secrets=tuple(one for one in there if isinstance(one, ObservedSecret)),
        service_accounts=tuple(one for one in there if isinstance(one, ObservedServiceAccount)),
        **fields,
    )


def deselected(one: WantedSecret) -> dict[str, Released]:
    """Proof that `one` does not select the namespace."""
    return {one.owner: Released(Release.DESELECTED, one.uid, one.name)}


def deleting(one: WantedSecret) -> dict[str, Released]:
    """Proof that `one` is being deleted."""
    return {one.owner: Released(Release.DELETING, one.uid, one.name)}


def gone(one: WantedSecret) -> dict[str, Released]:
    """Proof that `one` is not there."""
    return {one.owner: Released(Release.GONE)}
