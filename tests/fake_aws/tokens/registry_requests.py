"""What a private registry's own HTTP API says to a request before it is served: whether it may come in.

Source: ECR User Guide, "Private registry authentication": HTTP Basic authentication with the user name AWS.
"Troubleshooting errors with Docker commands in Amazon ECR", "HTTP 403 Errors or 'no basic auth credentials'":
the token has expired, is of another Region, or its principal lacks the permission. API reference, which
action each part of a push or pull is: "When an image is pulled, the BatchGetImage API is called once to
retrieve the image manifest", and so on. OCI Distribution Specification: paths, and the form of errors. The
words of the refusals are those of `rights`.

Inferred: a password that AWS has not issued is 401, as HTTP has it (RFC 9110, 15.5.2). HEAD on a blob is
BatchCheckLayerAvailability, which "checks the availability of one or more image layers". That passwords which
a shell has mangled were reported to be answered with 400 (aws/aws-cli#4962) is not modelled.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from typing import Any, NamedTuple

from ..dispatch import LOCK
from ..ecr.backend import registry_of
from ..gates import Gates
from .issued import TOKENS, USER, Token
from .rights import NOT_GOOD, refusal

HOST = re.compile(r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+(?::443)?")
"""Standard, FIPS and dual-stack names ("Amazon ECR endpoints and quotas")."""

PATH = re.compile(r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs/uploads|blobs|tags)/[^/]*")

OPERATIONS = {
    ("GET", "manifests"): "BatchGetImage",
    ("HEAD", "manifests"): "BatchGetImage",
    ("PUT", "manifests"): "PutImage",
    ("DELETE", "manifests"): "BatchDeleteImage",
    ("GET", "blobs"): "GetDownloadUrlForLayer",
    ("HEAD", "blobs"): "BatchCheckLayerAvailability",
    ("POST", "blobs/uploads"): "InitiateLayerUpload",
    ("PATCH", "blobs/uploads"): "UploadLayerPart",
    ("PUT", "blobs/uploads"): "CompleteLayerUpload",
    ("GET", "tags"): "ListImages",
}
"""What the principal needs for a request, by method and kind of path."""


class Verdict(NamedTuple):
    """A status, 200 for a request that may come in; else the answer to it."""

    status: int
    headers: dict[str, str]
    body: str


ADMITTED = Verdict(200, {}, "")


def verdict(gates: Gates, host: str, method: str, path: str, authorization: str) -> Verdict:
    """What ECR says to a request: who is it from, is the token still good, may its principal do this."""
    registry = HOST.fullmatch(host)
    if registry is None:
        raise ValueError(f"{host} is no host of a private registry")
    token = presented(authorization)
    if token is None or token.public:
        return unauthorized(host)
    if not token.valid or token.region != registry["region"]:
        return refused(403, "DENIED", NOT_GOOD)
    if path in ("/v2", "/v2/"):
        return ADMITTED
    asked = PATH.fullmatch(path)
    operation = OPERATIONS.get((method, asked["kind"])) if asked else None
    if asked is None or operation is None:
        return refused(405, "UNSUPPORTED", "The operation is unsupported.")
    account, repository = registry["account"], asked["repository"]
    if (denied := refusal(gates, token, operation, repository, account)) is not None:
        return refused(403, "DENIED", denied)
    if not exists(account, registry["region"], repository):
        where = f"does not exist in the registry with id '{account}'"
        return refused(404, "NAME_UNKNOWN", f"The repository with name '{repository}' {where}")
    return ADMITTED


def presented(authorization: str) -> Token | None:
    """The token whose password a Basic Authorization header holds; nothing else of a token opens the door."""
    scheme, _, credentials = authorization.partition(" ")
    user = password = ""
    with suppress(ValueError):
        user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    token = TOKENS.find(password) if scheme.lower() == "basic" and user == USER else None
    return token if token is not None and token.password == password else None


def exists(account: str, region: str, name: str) -> bool:
    """Whether a registry has the repository, and shows it already."""
    with LOCK:
        stored = registry_of(account, region).repositories.get(name)
        return stored is not None and stored.is_visible()


def unauthorized(host: str) -> Verdict:
    """The challenge that asks for credentials."""
    challenge = f'Basic realm="https://{host}/",service="ecr.amazonaws.com"'
    headers = {"WWW-Authenticate": challenge, "Content-Type": "text/plain; charset=utf-8"}
    return Verdict(401, headers, "Not Authorized\n")


def refused(status: int, code: str, message: str) -> Verdict:
    """A refusal in the form of the specification."""
    error: dict[str, Any] = {"errors": [{"code": code, "message": message}]}
    return Verdict(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(error))
