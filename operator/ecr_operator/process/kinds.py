"""The resources that this operator sees, by its settings and rights, and how many of each kind there are."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import (
    LIFECYCLE_POLICIES,
    NAMESPACES,
    PULL_SECRETS,
    REPOSITORIES,
    SECRETS,
    SERVICE_ACCOUNTS,
    Resource,
)
from ecr_operator.kube.store import Store
from ecr_operator.metrics import Count
from ecr_operator.settings import Settings

log = logging.getLogger(__name__)

RETRY_SECONDS = 2.0
KINDS = {
    "EcrRepository": REPOSITORIES,
    "EcrLifecyclePolicy": LIFECYCLE_POLICIES,
    "EcrPullSecret": PULL_SECRETS,
}
OURS = (LIFECYCLE_POLICIES, REPOSITORIES)
"""Listed in this order: whether a repository is in sync depends on its policy."""

_FORBIDDEN, _NOT_FOUND = 403, 404


async def observed_resources(client: KubeClient, settings: Settings) -> tuple[Resource, ...]:
    """What to list and watch; asks the API server until it knows."""
    handed_out = (SECRETS, SERVICE_ACCOUNTS) if settings.service_accounts else (SECRETS,)
    if not settings.watch_namespaces:
        return (*OURS, NAMESPACES, PULL_SECRETS, *handed_out)
    # With Roles for some namespaces only, Namespace objects are not ours to list, and EcrPullSecrets, which
    # are in no namespace, only with a ClusterRole of their own.
    while True:
        try:
            await client.get(resource_path(PULL_SECRETS.api_version, PULL_SECRETS.plural), {"limit": "1"})
        except KubeError as error:
            if error.status == _FORBIDDEN:
                log.info("EcrPullSecrets are left alone: %s", error)
                return OURS
            if error.status != _NOT_FOUND:
                log.warning("Failed to find out whether EcrPullSecrets may be read: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
        # Where the CRD is missing it is waited for, as ever.
        return (*OURS, PULL_SECRETS, *handed_out)


def counts(store: Store) -> Iterable[Count]:
    """How many objects there are by kind, and by status and reason of their Ready."""
    found: Counter[tuple[str, str, str]] = Counter()
    for kind, resource in KINDS.items():
        for obj in store.items(resource.plural):
            conditions = (obj.get("status") or {}).get("conditions") or ()
            ready = next((entry for entry in conditions if entry["type"] == "Ready"), None)
            status, reason = (ready["status"], ready["reason"]) if ready else ("Unknown", "")
            found[kind, status, reason] += 1
    return found.items()
