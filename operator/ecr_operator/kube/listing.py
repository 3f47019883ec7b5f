"""The chunked LIST of a kind into the store: what exists, and so what does not."""

from collections.abc import Callable, Mapping

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.store import Listed, Store

_FORBIDDEN = 403


async def list_into(
    client: KubeClient,
    store: Store,
    kind: str,
    paths: str | Mapping[str, str],
    params: Mapping[str, str] | None = None,
    limit: int = 500,
    on_unseen: Callable[[str, KubeError], None] | None = None,
) -> Listed:
    """List ``paths`` in chunks of ``limit`` objects and make that what ``store`` holds of ``kind``.

    ``paths`` is one path, or one for each of several namespaces: {namespace: path}. A namespace that may not
    be listed (none is left of its Roles, or of itself) keeps none of the others from being seen: what the
    store holds of it stays, and ``on_unseen`` is told.

    The watch may go on meanwhile: see ``Store.begin``. Pages go into the store as they come, so that 10,000
    objects are never in memory twice. ``params`` may hold a ``labelSelector``.

    Raises what the client raises; then nothing is dropped from the store, and the kind does not count as
    listed. So it does where no namespace at all may be listed.
    """
    scopes = {"": paths} if isinstance(paths, str) else paths
    unseen: dict[str, KubeError] = {}
    token = store.begin(kind)
    try:
        for namespace, path in scopes.items():
            try:
                async for page in client.pages(path, limit, params):
                    # Only custom resources name their kind and version within a list.
                    named = {"apiVersion": page["apiVersion"], "kind": page["kind"].removesuffix("List")}
                    store.add_page(token, [{**named, **item} for item in page["items"]])
            except KubeError as error:
                if error.status != _FORBIDDEN or len(unseen) + 1 == len(scopes):
                    raise
                unseen[namespace] = error
                store.spare(token, namespace)
        if on_unseen is not None:
            for namespace, refusal in unseen.items():
                on_unseen(namespace, refusal)
        return store.finish(token)
    finally:
        store.abandon(token)
