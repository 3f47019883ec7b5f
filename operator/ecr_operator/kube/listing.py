"""The chunked LIST of a kind into the store: what exists, and so what does not."""

from collections.abc import Mapping, Sequence

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.store import Listed, Store


async def list_into(
    client: KubeClient,
    store: Store,
    kind: str,
    paths: str | Sequence[str],
    params: Mapping[str, str] | None = None,
    limit: int = 500,
) -> Listed:
    """List ``paths`` in chunks of ``limit`` objects and make that what ``store`` holds of ``kind``.

    Several paths are several namespaces of one kind.

    Runs before the watch starts (it shows changes, never what vanished while nobody watched) and every
    10 min. The watch may go on meanwhile: see ``Store.begin``. Pages go into the store as they come, so that
    10,000 objects are never in memory twice. ``params`` may hold a ``labelSelector``.

    Raises what the client raises; then nothing is dropped from the store, and the kind does not count as
    listed.
    """
    token = store.begin(kind)
    try:
        for path in [paths] if isinstance(paths, str) else paths:
            async for page in client.pages(path, limit, params):
                # Only custom resources name their kind and version within a list.
                named = {"apiVersion": page["apiVersion"], "kind": page["kind"].removesuffix("List")}
                store.add_page(token, [{**named, **item} for item in page["items"]])
        return store.finish(token)
    finally:
        store.abandon(token)
