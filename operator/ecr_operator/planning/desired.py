"""What a spec asks for: the spec with the operator's settings applied, in AWS's terms."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ecr_operator.api.access import Access
from ecr_operator.api.lifecycle_policy import (
    DEFAULT_PROTECTION,
    LifecycleDeletionPolicy,
    LifecycleProtection,
)
from ecr_operator.api.meta import ApiModel
from ecr_operator.api.names import OWNER_TAG
from ecr_operator.api.repository import (
    AdoptionPolicy,
    DeletionPolicy,
    EcrRepositorySpec,
    ForeignStatements,
    ManagementPolicy,
)
from ecr_operator.planning.lifecycle_choice import NO_POLICY, LifecycleChoice, choose
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
    lifecycle: str | None = None
    """The text of the lifecycle policy, in the form of `lifecycle_text`."""
    lifecycle_source: str | None = None
    """Where it is from: `Inline`, or the name of an EcrLifecyclePolicy, also of one that is not there."""
    lifecycle_protection: LifecycleProtection = DEFAULT_PROTECTION
    lifecycle_on_removal: LifecycleDeletionPolicy = LifecycleDeletionPolicy.DELETE
    lifecycle_at_rest: str = ""
    """Why the lifecycle policy stays in AWS as it is; else empty."""
    lifecycle_missing: bool = False
    """The EcrLifecyclePolicy that is named does not exist."""
    access: Access | None = None
    statements: tuple[dict[str, Any], ...] = ()
    """IAM statements as the user wrote them."""
    remove_foreign: bool = False
    """Statements of others are taken out of the repository's policy."""

    @property
    def deletes(self) -> bool:
        """Whether the object's deletion may delete the repository: such an object needs the finalizer."""
        return not self.observe and self.deletion_policy != DeletionPolicy.RETAIN

    @property
    def has_policy(self) -> bool:
        """Whether the spec says anything of the repository's policy."""
        return self.access is not None or bool(self.statements) or self.remove_foreign

    def applied_hash(self) -> str:
        """Equal for equal desired states; kept in status to know at a start what is in sync.

        What is left out does not count, so that a field that a new version adds changes no hash.
        """
        stated = {
            entry.name: getattr(self, entry.name)
            for entry in fields(self)
            if getattr(self, entry.name) != entry.default
        }
        text = json.dumps(stated, sort_keys=True, separators=(",", ":"), default=ApiModel.to_json)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def desired_repository(
    metadata: Mapping[str, Any],
    spec: EcrRepositorySpec,
    *,
    cluster: Cluster,
    default_tags: Mapping[str, str],
    max_deletion_policy: str,
    lifecycle: LifecycleChoice | None = None,
) -> DesiredRepository:
    """The desired state of the object with this metadata and spec.

    `lifecycle` None: of a namespace without EcrLifecyclePolicies.
    """
    observe = spec.effective_management_policy == ManagementPolicy.OBSERVE
    if observe:
        lifecycle = NO_POLICY
    elif lifecycle is None:
        lifecycle = choose(spec, metadata.get("labels") or {}, (), None)
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
        observe=observe,
        adopt=spec.effective_adoption_policy == AdoptionPolicy.ADOPT,
        adopt_from=spec.adopt_from,
        deletion_policy=strongest if capped else asked,
        deletion_policy_capped=capped,
        lifecycle=lifecycle.text,
        lifecycle_source=lifecycle.source,
        lifecycle_protection=lifecycle.protection,
        lifecycle_on_removal=lifecycle.on_removal,
        lifecycle_at_rest=lifecycle.at_rest,
        lifecycle_missing=lifecycle.missing,
        access=spec.access,
        statements=tuple(
            statement.document()
            for statement in (spec.repository_policy.statements if spec.repository_policy else ())
        ),
        remove_foreign=spec.effective_foreign_statements == ForeignStatements.REMOVE,
    )
