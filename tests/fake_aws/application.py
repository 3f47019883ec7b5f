"""The way of one call: read, counted, delayed, through the gates, answered, logged; and what is left of its
answer.
"""

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
from .call import UNSIGNED_STS, Call, parameters_of, region_of, repositories_of, scope_of, without_region
from .ecr_public import check_endpoint
from .faults import Fault
from .gates import Gates, authenticate, unrecognized
from .http_server import CutShort, Severed
from .ledger import Attempt
from .roles import assuming

REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}

TARGETS = {
    "AmazonEC2ContainerRegistry": "ecr",
    "ResourceGroupsTaggingAPI": "tagging",
    "SpencerFrontendService": "ecr-public",
}
"""How the targets of the services begin that are answered here (``targetPrefix`` of the models)."""

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
        self.gates = Gates()
        self.admin = Admin(self.gates)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        body = environ["wsgi.input"].read()
        if path.startswith("/_fake/"):
            return send(start_response, self.admin.answer(path.removeprefix("/_fake/"), body))
        call = call_of(environ, body)
        environ["wsgi.input"] = BytesIO(body)
        environ["PATH_INFO"] = without_region(path)
        if call is None:
            return send(start_response, ask_moto(environ))
        if call.caller is not None and call.caller.unseen:
            try:
                return send(start_response, perform(call, environ))
            except AwsError as error:
                return send(start_response, refusal(error, environ))
        attempt = self.gates.ledger.count(call)
        if BEHAVIOUR.latency:
            time.sleep(BEHAVIOUR.latency)
        try:
            return self.answer(call, environ, start_response, attempt)
        except Severed:
            attempt.refusal = "Severed"
            raise

    def answer(
        self, call: Call, environ: Environ, start_response: StartResponse, attempt: Attempt
    ) -> Iterable[bytes]:
        """Answer a call that leaves a trace, or lose the answer; raises Severed where it is to be cut."""
        error: str | None = None
        fault: Fault | None = None
        try:
            check_endpoint(call)
            self.gates.outages.strike(call)
            authenticate(call, environ.get("HTTP_X_AMZ_DATE"))
            fault = self.gates.faults.take(call)
            if fault is not None and not fault.after:
                fault.strike(call)
            self.gates.authorize(call)
            answer = perform(call, environ)
        except AwsError as refused:
            error, answer = refused.code, refusal(refused, environ)
        except Severed:
            self.gates.ledger.wrote(call, "Severed")
            raise
        attempt.refusal = error or (str(answer[0]) if answer[0] >= 400 else None)
        if fault is None or not fault.after:
            self.gates.ledger.wrote(call, error)
            return send(start_response, answer)
        self.gates.ledger.wrote(call, error, lost=fault.label)
        attempt.refusal = fault.label
        try:
            fault.strike(call)
        except AwsError as lost:
            return send(start_response, refusal(lost, environ))
        return CutShort(send(start_response, answer))


def perform(call: Call, environ: Environ) -> Answer:
    """Let the service answer, whoever answers for it here; raises AwsError for what it refuses."""
    if call.caller is None and call.operation not in UNSIGNED_STS:
        raise unrecognized(call)
    if call.service in dispatch.RESPONSES:
        return dispatch.answer(call)
    if call.service == "sts" and call.operation in assuming.OPERATIONS:
        return assuming.answer(call)
    if call.caller is not None:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
    return ask_moto(environ)


def ask_moto(environ: Environ) -> Answer:
    """Let moto's own server answer; what it lacks is its HTTP 500."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        head[:] = [int(status.split()[0]), dict(headers)]

    try:
        parts = moto_server()(environ, start_response)
        body = b"".join(parts)
        if close := getattr(parts, "close", None):
            close()
        return head[0], head[1], body
    except Exception as error:
        traceback.print_exc()
        return json_answer(AwsError("InternalFailure", repr(error), 500))


def call_of(environ: Environ, body: bytes) -> Call | None:
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
        region = region_of(environ["PATH_INFO"])
        return Call(service, operation, region, None, parameters, repositories_of(parameters))
    key, region, service = scope
    return Call(service, operation, region, caller(key), parameters, repositories_of(parameters))


def service_of(target: str) -> str:
    """The service of a request without credentials, by its target."""
    return next((service for prefix, service in TARGETS.items() if target.startswith(prefix)), "unknown")


def refusal(error: AwsError, environ: Environ) -> Answer:
    """An error in the protocol of the request."""
    return json_answer(error) if environ.get("HTTP_X_AMZ_TARGET") else query_answer(error)


def send(start_response: StartResponse, answer: Answer) -> list[bytes]:
    """Hand an answer to the server."""
    status, headers, body = answer
    start_response(f"{status} {REASONS.get(status, 'Answer')}", list(headers.items()))
    return [body]
