"""A chunked list of the real API server into the store, while objects come and go."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.listing import list_into
from ecr_operator.kube.paths import object_path
from ecr_operator.kube.store import Store
from tests.kube.conftest import Gadgets

KIND = "gadgets"


def names(store: Store) -> set[str]:
    return {item["metadata"]["name"] for item in store.items(KIND)}


class Interrupting:
    """A client that lets something happen after the first page of each list."""

    def __init__(self, client: KubeClient, happens: Any) -> None:
        self._client = client
        self._happens = happens

    async def pages(
        self, path: str, limit: int = 500, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        first = True
        async for page in self._client.pages(path, limit, params):
            yield page
            if first:
                await self._happens()
            first = False


def test_a_list_fills_the_store_and_the_next_one_drops_what_is_gone(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        store = Store([KIND])
        created = [await gadgets.create(client, f"g-{number}") for number in range(5)]
        result = await list_into(client, store, KIND, gadgets.path, limit=2)
        assert names(store) == {"g-0", "g-1", "g-2", "g-3", "g-4"}
        assert len(result.changed) == 5
        assert store.synced.is_set()
        assert store.items(KIND)[0]["kind"] == "Gadget"
        assert "managedFields" not in store.items(KIND)[0]["metadata"]

        await client.delete(object_path(created[3]))
        await client.patch(object_path(created[1]), {"spec": {"size": 9}})
        result = await list_into(client, store, KIND, gadgets.path, limit=2)
        assert names(store) == {"g-0", "g-1", "g-2", "g-4"}
        assert result.changed == {(gadgets.namespace, "g-1")}
        assert result.removed == {(gadgets.namespace, "g-3")}

    gadgets.run(test)


def test_an_object_deleted_while_the_list_runs_is_not_brought_back_by_its_last_page(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        store = Store([KIND])
        created = [await gadgets.create(client, f"g-{number}") for number in range(4)]

        async def deleted() -> None:
            await client.delete(object_path(created[3]))
            store.remove(KIND, gadgets.namespace, "g-3", created[3]["metadata"]["uid"])  # as the watch does
            store.put(KIND, await gadgets.create(client, "late"))
            store.put(KIND, await client.patch(object_path(created[2]), {"spec": {"size": 9}}))

        interrupting: Any = Interrupting(client, deleted)
        await list_into(interrupting, store, KIND, gadgets.path, limit=2)
        assert names(store) == {"g-0", "g-1", "g-2", "late"}
        changed = store.get(KIND, gadgets.namespace, "g-2")
        assert changed is not None
        assert changed["spec"]["size"] == 9

    gadgets.run(test)


def test_a_list_that_fails_half_way_drops_nothing(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        store = Store([KIND])
        for number in range(4):
            await gadgets.create(client, f"g-{number}")
        ghost = gadgets.manifest("ghost", uid="gone", resourceVersion="1")
        store.put(KIND, ghost)

        async def broken() -> None:
            raise KubeError(410, "Expired")

        interrupting: Any = Interrupting(client, broken)
        with pytest.raises(KubeError):
            await list_into(interrupting, store, KIND, gadgets.path, limit=2)
        assert names(store) == {"g-0", "g-1", "ghost"}
        assert not store.synced.is_set()

    gadgets.run(test)


def test_a_core_kind_knows_its_kind_too(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        store = Store(["namespaces"])
        await list_into(client, store, "namespaces", "/api/v1/namespaces", limit=2)
        default = store.get("namespaces", None, "default")
        assert default is not None
        assert (default["apiVersion"], default["kind"]) == ("v1", "Namespace")

    gadgets.run(test)


def test_a_kind_that_is_not_served_is_an_error(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        store = Store([KIND])
        with pytest.raises(KubeError) as caught:
            await list_into(client, store, KIND, "/apis/test.ecr-operator.dev/v1/nothings")
        assert caught.value.status == 404
        assert not store.synced.is_set()

    gadgets.run(test)
