"""The way of one call: read, counted, delayed, authenticated, failed, denied, answered, logged."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from typing import Any

from . import dispatch
from .accounts import caller
from .admin import Admin
from .aws_error import Answer, AwsError, json_answer, query_answer
from .behaviour import BEHAVIOUR
from .call import DEFAULT_REGION, UNSIGNED_STS, Call, parameters_of, repositories_of, scope_of
from .faults import Faults
from .ledger import Ledger
from .permissions import Permissions

REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


@cache
def moto_server() -> Any:
    """moto's own server, for the services that are not answered here. Its import takes most of a second."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return DomainDispatcherApplication(create_backend_app)


class Application:
    """A WSGI application that is AWS; ``/_fake/...`` are its knobs, everything unknown is moto's."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.faults = Faults()
        self.permissions = Permissions()
        self.admin = Admin(self.ledger, self.faults, self.permissions)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        body = environ["wsgi.input"].read()
        if path.startswith("/_fake/"):
            return send(start_response, self.admin.answer(path.removeprefix("/_fake/"), body))
        call = self.call_of(environ, body)
        if call is None:
            environ["wsgi.input"] = BytesIO(body)
            return self.ask_moto(environ, start_response)
        if call.caller is None or not call.caller.unseen:
            self.ledger.count(call)
            if BEHAVIOUR.latency:
                time.sleep(BEHAVIOUR.latency)
        try:
            self.admit(call)
            if call.service not in dispatch.RESPONSES:
                environ["wsgi.input"] = BytesIO(body)
                if call.account:
                    environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
                return self.ask_moto(environ, start_response)
            answer = dispatch.answer(call)
            self.log(call, None)
        except AwsError as error:
            self.log(call, error.code)
            answer = json_answer(error) if environ.get("HTTP_X_AMZ_TARGET") else query_answer(error)
        return send(start_response, answer)

    def ask_moto(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let moto's own server answer; what it lacks is its HTTP 500."""
        try:
            answer: Iterable[bytes] = moto_server()(environ, start_response)
            return answer
        except Exception as error:
            traceback.print_exc()
            return send(start_response, json_answer(AwsError("InternalFailure", repr(error), 500)))

    def call_of(self, environ: Environ, body: bytes) -> Call | None:
        """The AWS call that a request is; None for one that is none that we look at (a console page, S3)."""
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        scope = scope_of(environ.get("HTTP_AUTHORIZATION", ""))
        if environ["REQUEST_METHOD"] != "POST" or not (
            target or "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", "")
        ):
            return None
        operation, parameters = parameters_of(body, target)
        if scope is None:
            service = "sts" if operation in UNSIGNED_STS else service_of(target)
            return Call(service, operation, DEFAULT_REGION, None, parameters, repositories_of(parameters))
        key, region, service = scope
        return Call(service, operation, region, caller(key), parameters, repositories_of(parameters))

    def admit(self, call: Call) -> None:
        """Raise what keeps a call from having any effect."""
        if call.caller is None:
            if call.operation not in UNSIGNED_STS:
                raise unrecognized(call)
        elif call.caller.unseen:
            return
        self.faults.check(call)
        self.permissions.check(call)

    def log(self, call: Call, error: str | None) -> None:
        """Log a write of anybody but a test's own eyes."""
        if call.caller is None or not call.caller.unseen:
            self.ledger.wrote(call, error)


def service_of(target: str) -> str:
    """The service of a request without credentials, by its target."""
    if target.startswith("AmazonEC2ContainerRegistry"):
        return "ecr"
    return "tagging" if target.startswith("ResourceGroupsTaggingAPI") else "unknown"


def unrecognized(call: Call) -> AwsError:
    """The refusal of a key that AWS has never given out."""
    if call.service in {"sts", "iam"}:
        return AwsError("InvalidClientTokenId", status=403)
    return AwsError("UnrecognizedClientException")


def send(start_response: StartResponse, answer: Answer) -> list[bytes]:
    """Hand an answer to the server."""
    status, headers, body = answer
    start_response(f"{status} {REASONS.get(status, 'Answer')}", list(headers.items()))
    return [body]
