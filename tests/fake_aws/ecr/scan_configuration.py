"""The operations on the scanning configuration of a registry and of its repositories.

Source: the API reference of GetRegistryScanningConfiguration ("By default, your registry is enabled for basic
scanning"), PutRegistryScanningConfiguration (the whole configuration is replaced),
BatchGetRepositoryScanningConfiguration and PutImageScanningConfiguration; see `scan_rules`. Inferred: without
a `scanType` it is BASIC.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import RepositoryNotFoundException

from ..answering import Answering
from .backend import StoredRegistry
from .scan_rules import checked, effect


class ScanConfigurationOperations(Answering):
    """What is scanned when."""

    ecr_backend: StoredRegistry

    def get_registry_scanning_configuration(self) -> ActionResult:
        """The registry's configuration."""
        configuration = self.ecr_backend.registry_scanning_configuration
        return ActionResult({"registryId": self.current_account, "scanningConfiguration": configuration})

    def put_registry_scanning_configuration(self) -> ActionResult:
        """Replace the registry's configuration."""
        configuration = checked(self.parameters.get("scanType"), self.parameters.get("rules"))
        self.ecr_backend.registry_scanning_configuration = configuration
        return ActionResult({"registryScanningConfiguration": configuration})

    def batch_get_repository_scanning_configuration(self) -> ActionResult:
        """What the configuration makes of each repository; those that are not there are failures."""
        found: list[dict[str, Any]] = []
        failures: list[dict[str, str]] = []
        for name in self.parameters["repositoryNames"]:
            try:
                found.append(effect(self.ecr_backend, self.ecr_backend._get_repository(name)))
            except RepositoryNotFoundException as missing:
                failures.append(
                    {
                        "repositoryName": name,
                        "failureCode": "REPOSITORY_NOT_FOUND",
                        "failureReason": missing.message,
                    }
                )
        return ActionResult({"scanningConfigurations": found, "failures": failures})
