"""The status is written whole, only to the state that was read, and only when it differs."""

from typing import Any

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import Gone, KubeError, Stale
from ecr_operator.kube.paths import object_path
from ecr_operator.kube.status import same_status, write_status
from tests.kube.conftest import Gadgets

READY = {"type": "Ready", "status": "True"}
STALLED = {"type": "Stalled", "status": "True"}


def test_what_the_status_leaves_out_is_removed(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        assert obj["status"] == {"observedGeneration": -1}
        full = {"observedGeneration": 1, "note": "x", "conditions": [READY, STALLED]}
        obj = await write_status(client, obj, full)
        assert obj["status"] == full
        obj = await write_status(client, obj, {"observedGeneration": 1, "note": None, "conditions": [READY]})
        assert obj["status"] == {"observedGeneration": 1, "conditions": [READY]}
        assert obj == await client.get(object_path(obj))
        assert obj["spec"] == {"size": 1}

    gadgets.run(test)


def test_an_equal_status_is_not_written(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        obj = await write_status(client, obj, {"observedGeneration": 1, "conditions": [READY, STALLED]})
        same = {"observedGeneration": 1, "conditions": [STALLED, READY], "note": None}
        assert await write_status(client, obj, same) is obj

    gadgets.run(test)


def test_a_state_that_is_over_is_not_written_over(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        old = await gadgets.create(client, "a")
        new = await client.patch(object_path(old), {"spec": {"size": 2}})
        with pytest.raises(Stale):
            await write_status(client, old, {"observedGeneration": 1})
        assert await client.get(object_path(old)) == new

    gadgets.run(test)


def test_the_status_of_an_object_that_is_gone_creates_nothing(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        await client.delete(object_path(obj))
        with pytest.raises(Gone):
            await write_status(client, obj, {"observedGeneration": 1})
        with pytest.raises(KubeError) as caught:
            await client.get(object_path(obj))
        assert caught.value.status == 404

    gadgets.run(test)


def test_an_object_that_was_created_anew_does_not_get_the_old_ones_status(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        first = await gadgets.create(client, "a")
        await client.delete(object_path(first))
        second = await gadgets.create(client, "a")
        with pytest.raises(Stale):
            await write_status(client, first, {"observedGeneration": 1})
        assert await client.get(object_path(second)) == second

    gadgets.run(test)


def test_a_status_that_the_schema_refuses_is_an_error_of_its_own(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        with pytest.raises(KubeError) as caught:
            await write_status(client, obj, {"observedGeneration": 5000})
        assert type(caught.value) is KubeError
        assert caught.value.causes == ("status.observedGeneration",)

    gadgets.run(test)


def test_a_field_that_somebody_else_wrote_is_taken_over(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        status = {**obj, "status": {"note": "mine"}}
        obj = await client._request(
            "PUT", object_path(obj, "status"), {"fieldManager": "somebody"}, status, "application/json"
        )
        assert obj["status"]["note"] == "mine"
        obj = await write_status(client, obj, {"observedGeneration": 1, "note": "ours"})
        assert obj["status"] == {"observedGeneration": 1, "note": "ours"}

    gadgets.run(test)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, {}, True),
        ({"a": None}, {}, True),
        ({"a": {"b": None, "c": 1}}, {"a": {"c": 1}}, True),
        ({"conditions": [READY, STALLED]}, {"conditions": [STALLED, READY]}, True),
        ({"conditions": [READY]}, {"conditions": [{**READY, "status": "False"}]}, False),
        ({"list": [1, 2]}, {"list": [2, 1]}, False),
        ({"list": (1, 2)}, {"list": [1, 2]}, True),
        ({"a": 0}, {}, False),
    ],
)
def test_what_counts_as_the_same(
    one: dict[str, Any] | None, other: dict[str, Any] | None, same: bool
) -> None:
    assert same_status(one, other) is same
