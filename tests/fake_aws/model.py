"""botocore's service models: what AWS publishes of its operations, members and constraints."""

from __future__ import annotations

from functools import cache

from botocore.model import OperationModel, ServiceModel
from moto.core.utils import get_service_model

MODEL_NAMES = {"tagging": "resourcegroupstaggingapi"}
"""The model's name of a service, where it is not the signing name."""


@cache
def service_model(service: str) -> ServiceModel:
    """The model of the service with this signing name."""
    return get_service_model(MODEL_NAMES.get(service, service))


def ecr_model() -> ServiceModel:
    """The model of Amazon ECR."""
    return service_model("ecr")


@cache
def operation_model(service: str, operation: str) -> OperationModel | None:
    """The model of an operation; None when AWS has none of this name."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None
