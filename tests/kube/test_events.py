"""Events: visible on the object, never twice within the hour, and never in the way."""

import asyncio
import logging
from typing import Any

import pytest
from kubernetes.aio.client import Configuration

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.events import EventRecorder
from ecr_operator.kube.paths import resource_path
from tests.kube.conftest import Gadgets

EVENTS = "events.k8s.io/v1"


async def events_of(client: KubeClient, namespace: str, uid: str) -> list[dict[str, Any]]:
    found = (await client.get(resource_path(EVENTS, "events", namespace)))["items"]
    return [event for event in found if event["regarding"].get("uid") == uid]


def test_an_event_is_seen_on_its_object(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        recorder = EventRecorder(client, instance="pod-1")
        recorder.record(obj, "RepositoryRecreated", "It was gone", warning=True)
        assert await recorder.flush(10) == 0
        [event] = await events_of(client, gadgets.namespace, obj["metadata"]["uid"])
        picked = {name: event[name] for name in ("reason", "note", "type", "action")}
        assert picked == {
            "reason": "RepositoryRecreated",
            "note": "It was gone",
            "type": "Warning",
            "action": "Reconcile",
        }
        assert (event["reportingController"], event["reportingInstance"]) == ("ecr-operator", "pod-1")
        # kubectl describe finds it through the core API, by name and kind too.
        selector = f"involvedObject.uid={obj['metadata']['uid']},involvedObject.kind=Gadget"
        core = await client.get(resource_path("v1", "events", gadgets.namespace), {"fieldSelector": selector})
        assert [found["message"] for found in core["items"]] == ["It was gone"]

    gadgets.run(test)


def test_events_of_cluster_scoped_objects_are_in_the_default_namespace(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        namespace = await client.get(resource_path("v1", "namespaces", name=gadgets.namespace))
        recorder = EventRecorder(client)
        recorder.record(namespace, "InSync", "All is well", action="Refresh")
        assert await recorder.flush(10) == 0
        [event] = await events_of(client, "default", namespace["metadata"]["uid"])
        assert (event["type"], event["action"], event["note"]) == ("Normal", "Refresh", "All is well")

    gadgets.run(test)


def test_the_same_again_is_muted_and_anything_else_is_not(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        one, other = await gadgets.create(client, "a"), await gadgets.create(client, "b")
        recorder = EventRecorder(client)
        for _ in range(3):
            recorder.record(one, "InSync", "x")
            recorder.record(one, "InSync", "y")
            recorder.record(one, "Observed", "x")
            recorder.record(other, "InSync", "x")
        assert await recorder.flush(10) == 0
        notes = [
            (event["reason"], event["note"])
            for event in await events_of(client, gadgets.namespace, one["metadata"]["uid"])
        ]
        assert sorted(notes) == [("InSync", "x"), ("InSync", "y"), ("Observed", "x")]
        assert len(await events_of(client, gadgets.namespace, other["metadata"]["uid"])) == 1

    gadgets.run(test)


def test_after_its_time_it_is_said_again(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "a")
        recorder = EventRecorder(client, mute=0.0)
        for _ in range(2):
            recorder.record(obj, "InSync", "x")
        assert await recorder.flush(10) == 0
        assert len(await events_of(client, gadgets.namespace, obj["metadata"]["uid"])) == 2

    gadgets.run(test)


@pytest.mark.parametrize("letter", ["x", "ä", "€", "🐳"])
def test_a_long_note_and_a_long_name_are_shortened_to_what_the_server_takes(
    gadgets: Gadgets, letter: str
) -> None:
    async def test(client: KubeClient) -> None:
        obj = await gadgets.create(client, "n" * 240 + ".abc" * 3)
        recorder = EventRecorder(client)
        recorder.record(obj, "InSync", letter * 2000)
        assert await recorder.flush(10) == 0
        [event] = await events_of(client, gadgets.namespace, obj["metadata"]["uid"])
        assert event["note"].endswith(letter + "…")
        assert 1018 <= len(event["note"].encode()) <= 1024

    gadgets.run(test)


def test_a_namespace_that_is_being_deleted_takes_no_event_and_no_warning(
    gadgets: Gadgets, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(client: KubeClient) -> None:
        name = f"{gadgets.namespace}-ending"
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await client.post("/api/v1/namespaces", manifest)
        gadget = {**gadgets.manifest("a"), "metadata": {"name": "a", "finalizers": ["example.com/held"]}}
        path = f"/apis/test.ecr-operator.dev/v1/namespaces/{name}/gadgets"
        obj = await client.post(path, gadget)
        await client.delete(f"/api/v1/namespaces/{name}")
        recorder = EventRecorder(client)
        with caplog.at_level(logging.DEBUG, "ecr_operator"):
            recorder.record(obj, "InSync", "x")
            assert await recorder.flush(10) == 0
        assert [record.levelname for record in caplog.records] == ["DEBUG"]
        assert "being terminated" in caplog.text
        await client.patch(f"{path}/a", {"metadata": {"finalizers": None}})

    gadgets.run(test)


def test_a_down_server_is_one_warning_and_what_was_not_said_may_be_said_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Thing",
        "metadata": {"name": "a", "namespace": "n", "uid": "u"},
    }

    async def main() -> None:
        async with KubeClient(Configuration(host="http://127.0.0.1:9")) as client:
            recorder = EventRecorder(client)
            with caplog.at_level(logging.DEBUG, "ecr_operator"):
                for note in "xyz":
                    recorder.record(obj, "InSync", note)
                assert await recorder.flush(10) == 0
                recorder.record(obj, "InSync", "x")
                assert await recorder.flush(10) == 0

    asyncio.run(main())
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG", "DEBUG", "DEBUG"]
    assert "InSync on Thing n/a" in caplog.messages[0]


class Slow:
    """A client whose first event hangs until it is let go."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.go = asyncio.Event()

    async def post(self, path: str, body: dict[str, Any]) -> None:
        await self.go.wait()
        if body["note"] == "refused":
            raise KubeError(422, "Invalid")
        if body["note"] == "bug":
            raise ZeroDivisionError
        self.posted.append(body["note"])


OBJ = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a", "namespace": "n", "uid": "u"}}


def test_more_than_can_wait_are_dropped_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> list[str]:
        slow: Any = Slow()
        recorder = EventRecorder(slow, limit=2)
        for number in range(6):
            recorder.record(OBJ, "InSync", str(number))
        assert await recorder.flush(0.01) == 2
        slow.go.set()
        assert await recorder.flush(5) == 0
        recorder.record(OBJ, "InSync", "5")
        assert await recorder.flush(5) == 0
        posted: list[str] = slow.posted
        return posted

    posted = asyncio.run(main())
    assert posted == ["1", "5"]  # "0" was in work when the first flush gave up
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_neither_a_refusal_nor_a_bug_nor_a_cancelled_task_ends_the_posting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> list[str]:
        slow: Any = Slow()
        slow.go.set()
        recorder = EventRecorder(slow)
        for note in ("refused", "bug", "fine"):
            recorder.record(OBJ, "InSync", note)
        await asyncio.sleep(0)
        for task in asyncio.all_tasks():
            if task.get_name() == "events":
                task.cancel()  # as kopf does with every task when it ends
        await asyncio.sleep(0)
        recorder.record(OBJ, "InSync", "later")
        assert await recorder.flush(5) == 0
        posted: list[str] = slow.posted
        return posted

    assert "later" in asyncio.run(main())


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecr_operator.kube.events._MUTED", 3)

    async def main() -> None:
        slow: Any = Slow()
        slow.go.set()
        recorder = EventRecorder(slow)
        for number in range(10):
            recorder.record(OBJ, "InSync", str(number))
        assert len(recorder._said) == 3
        await recorder.flush(5)

    asyncio.run(main())
