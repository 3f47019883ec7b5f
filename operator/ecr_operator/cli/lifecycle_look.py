"""When the plan of lifecycle policies has to look at a cluster, and what it lists there."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecr_operator.cli.lifecycle_world import Seen
from ecr_operator.cli.reviewed import Named

if TYPE_CHECKING:
    from ecr_operator.cli.cluster_link import ClusterLink


class NotSeenError(Exception):
    """The cluster did not show what has to be seen. `reason` and message are for the user."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


def depends_on_cluster(repository: Named) -> bool:
    """Whether policies of the cluster may bear on an EcrRepository that the API server would take."""
    obj = repository.manifest.obj
    spec = obj.get("spec") or {}
    return not (
        spec.get("lifecyclePolicy") is not None
        or spec.get("suspend") is True
        or spec.get("managementPolicy") == "Observe"
        or "deletionTimestamp" in obj["metadata"]
    )


async def look(link: "ClusterLink", concerned: Iterable[Named]) -> Seen | None:
    """The objects in the namespaces of those that are `concerned`; None: there is no cluster, or no need.

    Raises `NotSeenError`.
    """
    namespaces = tuple(sorted({one.namespace for one in concerned}))
    if not namespaces or not link.is_there:
        return None
    # Costs half a second.
    from ecr_operator.cli.cluster_lists import Cluster, LookError
    from ecr_operator.cli.kubeconfig import KubeconfigError
    from ecr_operator.kube.resources import LIFECYCLE_POLICIES, REPOSITORIES

    try:
        cluster = Cluster(await link.client(), ())
        policies = await cluster.installed(LIFECYCLE_POLICIES, namespaces)
        repositories = await cluster.installed(REPOSITORIES, namespaces)
    except KubeconfigError as error:
        raise NotSeenError("InvalidConfiguration", str(error)) from error
    except LookError as error:
        raise NotSeenError(error.reason, str(error)) from error
    return Seen(tuple(policies), tuple(repositories))
