"""All operations of ECR: ours in front of moto's."""

from __future__ import annotations

from moto.ecr.responses import ECRResponse

from .authorization import AuthorizationOperations
from .images import ImageOperations
from .repositories import RepositoryOperations


class EcrResponse(RepositoryOperations, ImageOperations, AuthorizationOperations, ECRResponse):
    """Operations that no class here defines are moto's."""
