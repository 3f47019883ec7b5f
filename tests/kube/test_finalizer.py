"""Our finalizer goes on and off exactly the object that was read."""

import pytest

from ecr_operator.api.names import FINALIZER
from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import Gone, KubeError, Stale
from ecr_operator.kube.finalizer import add_finalizer, remove_finalizer
from ecr_operator.kube.paths import object_path
from tests.kube.conftest import Gadgets

OTHER = "example.com/other"


@pytest.mark.parametrize("others", [[], [OTHER]])
def test_it_is_added_beside_others_and_taken_off_alone(gadgets: Gadgets, others: list[str]) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a", finalizers=others)
        added = await add_finalizer(client, obj)
        assert added["metadata"]["finalizers"] == [*others, FINALIZER]
        assert added["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]
        assert await remove_finalizer(client, added) is True
        left = await client.get(object_path(obj))
        assert left["metadata"].get("finalizers", []) == others
        await client.json_patch(
            object_path(obj), [{"op": "add", "path": "/metadata/finalizers", "value": []}]
        )

    gadgets.run(test)


def test_one_in_the_middle_is_the_one_taken_off(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a", finalizers=[OTHER, FINALIZER, f"{OTHER}-2"])
        assert await remove_finalizer(client, obj)
        left = await client.get(object_path(obj))
        assert left["metadata"]["finalizers"] == [OTHER, f"{OTHER}-2"]
        await client.json_patch(
            object_path(obj), [{"op": "add", "path": "/metadata/finalizers", "value": []}]
        )

    gadgets.run(test)


def test_nothing_is_written_when_there_is_nothing_to_do(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        bare = await gadgets.create(client, "a")
        assert await remove_finalizer(client, bare) is False
        added = await add_finalizer(client, bare)
        assert await add_finalizer(client, added) is added
        assert await client.get(object_path(bare)) == added
        await remove_finalizer(client, added)

    gadgets.run(test)


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
def test_an_object_that_is_not_the_one_that_was_read_is_left_alone(gadgets: Gadgets, field: str) -> None:
    async def test(client: KubeClient) -> None:
        bare = await gadgets.create(client, "bare")
        held = await gadgets.create(client, "held", finalizers=[FINALIZER])
        for call, obj in ((add_finalizer, bare), (remove_finalizer, held)):
            other = {**obj, "metadata": {**obj["metadata"], field: "12345"}}
            with pytest.raises(Stale):
                await call(client, other)
            assert await client.get(object_path(obj)) == obj
        await remove_finalizer(client, held)

    gadgets.run(test)


def test_an_object_that_is_gone_is_not_created(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        await client.delete(object_path(obj))
        with pytest.raises(Gone):
            await add_finalizer(client, obj)
        held = {**obj, "metadata": {**obj["metadata"], "finalizers": [FINALIZER]}}
        assert await remove_finalizer(client, held) is False
        with pytest.raises(KubeError):
            await client.get(object_path(obj))

    gadgets.run(test)


def test_taking_off_the_last_one_lets_a_deleted_object_go(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a", finalizers=[FINALIZER])
        await client.delete(object_path(obj))
        deleted = await client.get(object_path(obj))
        assert await remove_finalizer(client, deleted) is True
        with pytest.raises(KubeError) as caught:
            await client.get(object_path(obj))
        assert caught.value.status == 404

    gadgets.run(test)


def test_adding_to_a_deleted_object_is_refused_and_not_taken_for_a_stale_read(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a", finalizers=[OTHER])
        await client.delete(object_path(obj))
        deleted = await client.get(object_path(obj))
        with pytest.raises(KubeError) as caught:
            await add_finalizer(client, deleted)
        assert not isinstance(caught.value, Stale)
        assert caught.value.status == 422
        await client.json_patch(
            object_path(obj), [{"op": "add", "path": "/metadata/finalizers", "value": []}]
        )

    gadgets.run(test)
