"""The answer to a call of ECR, ECR Public or the tagging API: constraints, operation, JSON; Flask has no part
in it.
"""

from __future__ import annotations

import json
import threading
import traceback
from functools import cache
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from werkzeug.exceptions import HTTPException

from .answering import Answering
from .aws_error import Answer, AwsError
from .call import Call
from .constraints import check_request
from .ecr.responses import EcrResponse
from .ecr_public import EcrPublicResponse
from .model import operation_model
from .permissions import RESOURCE_BASED, access_denied
from .rendering import render
from .tagging.responses import TaggingResponse

RESPONSES: dict[str, type[Answering]] = {
    "ecr": EcrResponse,
    "ecr-public": EcrPublicResponse,
    "tagging": TaggingResponse,
}
"""The services that are answered here."""

LOCK = threading.RLock()
"""moto has no locks: one operation at a time, so that of two CreateRepository exactly one wins."""


@cache
def operation_of(service: str, operation: str) -> tuple[Any, str]:
    """The model and the method of an operation."""
    model = operation_model(service, operation)
    if model is None:
        raise AwsError("UnknownOperationException", f"{operation} is no operation of {service}")
    method = camelcase_to_underscores(operation)
    if not hasattr(RESPONSES[service], method):
        raise AwsError(
            "NotImplementedByFakeAws", f"{operation} is missing in moto and in tests/fake_aws", 501
        )
    return model, method


def check_registry(call: Call) -> None:
    """Refuse another account's registry or repository: no repository policy of ours grants anything yet."""
    if call.service != "ecr" or call.operation == "GetAuthorizationToken":
        return
    arn = call.parameters.get("resourceArn")
    parts = arn.split(":") if isinstance(arn, str) else []
    owner = parts[4] if len(parts) > 5 else call.parameters.get("registryId")
    if owner not in (None, call.account):
        raise access_denied(call, RESOURCE_BASED)


def answer(call: Call) -> Answer:
    """Perform `call` and render its result; raises AwsError for what AWS refuses."""
    model, method = operation_of(call.service, call.operation)
    check_request(model.input_shape, dict(call.parameters))
    check_registry(call)
    response = RESPONSES[call.service]()
    response.take(call)
    try:
        with LOCK:
            result = getattr(response, method)()
            members = render(
                model.output_shape, result.result if isinstance(result, ActionResult) else result
            )
    except ServiceException as error:
        raise AwsError(error.code, error.message) from error
    except NotImplementedError as error:
        raise AwsError("NotImplementedByFakeAws", str(error), 501) from error
    except HTTPException as error:
        raise AwsError(
            getattr(error, "error_type", "InternalFailure"), getattr(error, "message", ""), error.code
        ) from error
    except AwsError:
        raise
    except Exception as error:
        traceback.print_exc()
        raise AwsError("InternalFailure", f"{call.operation} failed in the fake: {error!r}", 500) from error
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(members).encode()
