"""All operations of ECR: ours in front of moto's."""

from __future__ import annotations

from moto.ecr.responses import ECRResponse

from .authorization import AuthorizationOperations
from .images import ImageOperations
from .lifecycle_policy import LifecyclePolicyOperations
from .lifecycle_preview import LifecyclePreviewOperations
from .pull_times import PullOperations
from .repositories import RepositoryOperations
from .repository_policy import RepositoryPolicyOperations
from .scan_configuration import ScanConfigurationOperations
from .scan_operations import ScanOperations


class EcrResponse(
    RepositoryOperations,
    RepositoryPolicyOperations,
    LifecyclePolicyOperations,
    LifecyclePreviewOperations,
    ImageOperations,
    PullOperations,
    ScanOperations,
    ScanConfigurationOperations,
    AuthorizationOperations,
    ECRResponse,
):
    """Operations that no class here defines are moto's."""
