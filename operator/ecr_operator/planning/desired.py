"""What a spec asks for: the spec with the operator's settings applied, in AWS's terms."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.api.repository import AdoptionPolicy, DeletionPolicy, EcrRepositorySpec, ManagementPolicy
from ecr_operator.planning.ownership import Cluster

STRENGTH = (DeletionPolicy.RETAIN, DeletionPolicy.DELETE, DeletionPolicy.DELETE_WITH_IMAGES)
"""Deletion policies from the weakest to the strongest."""


@dataclass(frozen=True, slots=True)
class DesiredRepository:
    """None and empty mean "not managed": what AWS holds there stays."""

    name: str
    owner: str
    tags: Mapping[str, str]
    """The owner tag included."""
    mutability: str | None = None
    exclusion_filters: tuple[str, ...] = ()
    """Sorted: their order means nothing to AWS."""
    scan_on_push: bool | None = None
    encryption_type: str | None = None
    kms_key: str | None = None
    observe: bool = False
    adopt: bool = False
    adopt_from: str | None = None
    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    deletion_policy_capped: bool = False
    """The spec asks for more than the setting allows."""

    @property
    def deletes(self) -> bool:
        """Whether the object's deletion may delete the repository: such an object needs the finalizer."""
        return not self.observe and self.deletion_policy != DeletionPolicy.RETAIN

    def applied_hash(self) -> str:
        """Equal for equal desired states; kept in status to know at a start what is in sync."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def desired_repository(
    metadata: Mapping[str, Any],
    spec: EcrRepositorySpec,
    *,
    cluster: Cluster,
    default_tags: Mapping[str, str],
    max_deletion_policy: str,
) -> DesiredRepository:
    """The desired state of the object with this metadata and spec."""
    owner = cluster.owner(metadata["namespace"], metadata["name"])
    asked = spec.effective_deletion_policy
    strongest = DeletionPolicy(max_deletion_policy)
    capped = STRENGTH.index(asked) > STRENGTH.index(strongest)
    encryption = spec.encryption_configuration
    scanning = spec.image_scanning_configuration
    return DesiredRepository(
        name=spec.repository_name_for(metadata["name"]),
        owner=owner,
        tags={**default_tags, **(spec.tags or {}), OWNER_TAG: owner},
        mutability=spec.image_tag_mutability,
        exclusion_filters=tuple(
            sorted(entry.filter for entry in spec.image_tag_mutability_exclusion_filters or ())
        ),
        scan_on_push=scanning.scan_on_push if scanning else None,
        encryption_type=encryption.encryption_type if encryption else None,
        kms_key=encryption.kms_key if encryption else None,
        observe=spec.effective_management_policy == ManagementPolicy.OBSERVE,
        adopt=spec.effective_adoption_policy == AdoptionPolicy.ADOPT,
        adopt_from=spec.adopt_from,
        deletion_policy=strongest if capped else asked,
        deletion_policy_capped=capped,
    )
