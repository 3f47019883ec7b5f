"""Live reads of EcrRepositories, where the store's word is not enough."""

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Json, object_key
from ecr_operator.kube.errors import Gone, KubeError, says_absent
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning.ownership import ObjectKey

_NOT_FOUND = 404


async def find(context: Context, key: ObjectKey) -> Json | None:
    """The EcrRepository as it is now; None: there is none. A refused read is no absence: it raises."""
    path = resource_path(REPOSITORIES.api_version, REPOSITORIES.plural, *key)
    try:
        obj = await context.client.get(path)
    except KubeError as error:
        if says_absent(error, key[1]):
            return None
        raise
    if context.store.get(REPOSITORIES.plural, *key) is not None:
        # One that the store has never held may be in a namespace that is not watched.
        context.store.put(REPOSITORIES.plural, obj)
    return obj


async def get(context: Context, obj: Json) -> Json:
    """`obj` as it is now. Raises `Gone` when there is none of its name."""
    found = await find(context, object_key(obj))
    if found is None:
        raise Gone(_NOT_FOUND, "NotFound", "The object does not exist any more")
    return found
