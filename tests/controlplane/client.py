"""Requests and watches to any API server, in plain JSON."""

import base64
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes.client import ApiClient, ApiException, Configuration
from kubernetes.config import load_kube_config

Object = dict[str, Any]

LOOPBACK = ("https://127.0.0.1", "https://localhost")


class ApiError(Exception):
    """The API server said no, or, with status 0, nothing at all (reason `Unreachable`)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class Client:
    """A connection with the rights of a kubeconfig's user. Threads may share it."""

    def __init__(self, kubeconfig: Path, timeout: float) -> None:
        self.timeout = timeout
        configuration = Configuration()
        # A retry would hide the faults that a test injects, and take several time-outs instead of one.
        configuration.retries = False
        load_kube_config(str(kubeconfig), client_configuration=configuration)
        if configuration.host.startswith(LOOPBACK):
            configuration.no_proxy = "*"
        self.server: str = configuration.host
        self.authority: str | None = configuration.ssl_ca_cert
        self._api = ApiClient(configuration)

    def close(self) -> None:
        """Close all connections."""
        self._api.close()

    def kubeconfig(self, user: str, token: str) -> str:
        """The text of a kubeconfig for the same API server and another user's token."""
        cluster = {"server": self.server}
        if self.authority:
            authority = Path(self.authority).read_bytes()
            cluster["certificate-authority-data"] = base64.b64encode(authority).decode()
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": user}}],
            "current-context": "cluster",
        }
        text: str = yaml.safe_dump(content)
        return text

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, object] | None = None,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Object:
        """One request; the answer's object, or `ApiError`."""
        response = self._send(method, path, body, query or {}, content_type, timeout or self.timeout)
        try:
            answer: Object = json.loads(response.data)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ApiError(0, "Unreachable", repr(error)) from error
        return answer

    def watch(self, path: str, query: Mapping[str, object], timeout: float) -> Iterator[Object]:
        """The events of a watch until it ends, for whatever reason, at the latest after `timeout` seconds.

        `ApiError` when it cannot begin; an error event is the last one and is not shown.
        """
        query = {**query, "watch": "true", "timeoutSeconds": math.ceil(timeout)}
        response = self._send("GET", path, None, query, "application/json", timeout)
        try:
            rest = b""
            for chunk in response.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for event in map(json.loads, lines):
                    if event["type"] == "ERROR":
                        return
                    yield event
        except (urllib3.exceptions.HTTPError, OSError):
            return
        finally:
            response.close()

    def _send(
        self,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, object],
        content_type: str,
        timeout: float,
    ) -> urllib3.BaseHTTPResponse:
        """The response to a request that the API server accepted, its body unread."""
        method, url, headers, body, _ = self._api.param_serialize(
            method,
            path,
            query_params=[(name, value) for name, value in query.items() if value is not None],
            header_params={"Accept": "application/json", "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._api.call_api(method, url, headers, body, _request_timeout=(timeout, timeout))
            response: urllib3.BaseHTTPResponse = answer.response
            if response.status < 400:
                return response
            text = response.data.decode(errors="replace")
        except (urllib3.exceptions.HTTPError, OSError, ApiException) as error:
            raise ApiError(0, "Unreachable", repr(error)) from error
        raise _refusal(response.status, response.reason or "", text)


def _refusal(status: int, phrase: str, text: str) -> ApiError:
    """The API server's `Status` object as an error; a proxy may answer with other text."""
    try:
        answer = json.loads(text)
        return ApiError(status, answer.get("reason") or phrase, answer.get("message") or text)
    except (ValueError, AttributeError):
        return ApiError(status, phrase, text)
