"""A Lease on the real API server: who leads, who follows, and what is written."""

import asyncio
import logging
import random
import re
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.lease import Lease, LeaseLost
from ecr_operator.kube.paths import resource_path

PATIENCE = 60.0
"""Seconds after which a test has failed; nothing is measured by it."""
SHORT: dict[str, Any] = {"duration": 2.0, "deadline": 1.5, "retry": 0.1}
LONG_AGO = datetime(1996, 2, 29, 12, tzinfo=UTC)
FAR_AHEAD = datetime(2096, 2, 29, 12, tzinfo=UTC)


class Contest:
    """Leases of one name in one namespace, each with a client of its own."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        self._kubeconfig = kubeconfig
        self.namespace = namespace
        self.path = resource_path("coordination.k8s.io/v1", "leases", namespace, "ecr-operator")

    @asynccontextmanager
    async def lease(self, identity: str, **arguments: Any) -> AsyncIterator[Lease]:
        async with await KubeClient.connect(self._kubeconfig) as client:
            yield Lease(client, self.namespace, "ecr-operator", identity, **arguments)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[KubeClient]:
        async with await KubeClient.connect(self._kubeconfig) as client:
            yield client

    async def record(self) -> dict[str, Any]:
        async with self.client() as client:
            spec: dict[str, Any] = (await client.get(self.path))["spec"]
            return spec


@pytest.fixture
def contest(kubeconfig: str, namespace: str) -> Contest:
    return Contest(kubeconfig, namespace)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, PATIENCE))


@asynccontextmanager
async def kept(lease: Lease) -> AsyncIterator["asyncio.Task[None]"]:
    """The Lease is renewed within the block; its holder is gone afterwards, without a release."""
    await lease.acquire()
    keeping = asyncio.create_task(lease.keep())
    try:
        yield keeping
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError, LeaseLost):
            await keeping


def test_the_first_to_come_creates_the_lease_and_keeps_it_renewed(contest: Contest) -> None:
    async def main() -> None:
        async with contest.lease("us", retry=0.05) as lease, kept(lease) as keeping:
            assert lease.holds
            assert lease.holder == "us"
            first = await contest.record()
            assert first["holderIdentity"] == "us"
            assert first["leaseDurationSeconds"] == 15
            assert first["leaseTransitions"] == 0
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first["renewTime"])
            while (renewed := await contest.record())["renewTime"] == first["renewTime"]:
                await asyncio.sleep(0.05)
            assert renewed["renewTime"] > first["renewTime"]
            assert renewed | {"renewTime": first["renewTime"]} == first
            assert not keeping.done()

    run(main())


def test_of_those_that_create_it_at_once_one_leads(contest: Contest) -> None:
    async def race() -> None:
        async with contest.lease("a") as a, contest.lease("b") as b, contest.lease("c") as c:
            tries = {asyncio.create_task(lease.acquire()): lease for lease in (a, b, c)}
            done, waiting = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0.2)
            assert [lease for lease in (a, b, c) if lease.holds] == [tries[task] for task in done]
            assert not any(task.done() for task in waiting)
            for task in waiting:
                task.cancel()

    async def main() -> None:
        async with contest.client() as client:
            for _ in range(5):
                await race()
                assert (await contest.record())["leaseTransitions"] == 0
                await client.delete(contest.path)

    run(main())


def test_a_released_lease_is_taken_at_once(contest: Contest) -> None:
    async def main() -> None:
        async with contest.lease("first") as first, contest.lease("second") as second:
            async with kept(first):
                waiting = asyncio.create_task(second.acquire())
                await asyncio.sleep(0.5)
                assert not waiting.done()
            await first.release()
            assert not first.holds
            begin = time.monotonic()
            await waiting
            # Far from the 15 s of a Lease that was not released.
            assert time.monotonic() - begin < 10
            record = await contest.record()
            assert (record["holderIdentity"], record["leaseTransitions"]) == ("second", 1)
            assert record["acquireTime"] == record["renewTime"]

    run(main())


def test_a_released_lease_names_nobody_and_is_as_the_server_takes_it(contest: Contest) -> None:
    async def main() -> None:
        async with contest.lease("us") as lease:
            await lease.acquire()
            await lease.release()
            record = await contest.record()
            assert record["holderIdentity"] == ""
            assert record["leaseDurationSeconds"] == 1
            assert lease.holder == ""
            await lease.release()
            assert await contest.record() == record

    run(main())


def test_a_restarted_container_takes_its_own_lease_at_once(contest: Contest) -> None:
    async def main() -> None:
        async with contest.lease("pod-1") as before, contest.lease("pod-1") as after:
            await before.acquire()
            acquired = (await contest.record())["acquireTime"]
            begin = time.monotonic()
            await after.acquire()
            assert time.monotonic() - begin < 10
            record = await contest.record()
            assert (record["acquireTime"], record["leaseTransitions"]) == (acquired, 0)

    run(main())


@pytest.mark.parametrize("clock", [LONG_AGO, FAR_AHEAD], ids=["long ago", "far ahead"])
def test_a_leader_with_a_wrong_clock_is_believed_and_followed_when_it_is_gone(
    contest: Contest, clock: datetime
) -> None:
    async def main() -> None:
        begin = time.monotonic()
        wrong = lambda: clock + timedelta(seconds=time.monotonic() - begin)  # noqa: E731
        async with (
            contest.lease("leader", now=wrong, **SHORT | {"deadline": 1.9}) as leader,
            contest.lease("standby", **SHORT) as standby,
        ):
            async with kept(leader):
                waiting = asyncio.create_task(standby.acquire())
                await asyncio.sleep(3)
                assert (await contest.record())["renewTime"][:4] == str(clock.year)
                assert not waiting.done() or not leader.holds
            end = time.monotonic()
            await waiting
            # To the millisecond in test_lease_failures; here a machine may be slow.
            assert time.monotonic() - end < SHORT["duration"] + 2.2 * SHORT["retry"] + 10
            assert not leader.holds
            assert (await contest.record())["leaseTransitions"] == 1

    run(main())


@pytest.mark.parametrize("count", [2, 3])
def test_one_leads_at_a_time(contest: Contest, count: int) -> None:
    """Contenders that crash, release and come back; every acquisition is recorded with its time."""
    dice = random.Random(count)
    times = {"duration": 0.8, "deadline": 0.5, "retry": 0.05, "request_timeout": 0.3}
    acquired: list[tuple[float, str]] = []
    holders: dict[str, Lease] = {}

    async def contend(name: str) -> None:
        for life in range(1000):
            identity = f"{name}-{life}"
            async with contest.lease(identity, **times) as lease:
                await lease.acquire()
                others = [other for other, held in holders.items() if held.holds]
                assert not others, f"{identity} acquired what {others} hold: {acquired}"
                acquired.append((time.monotonic(), identity))
                holders[identity] = lease
                with suppress(TimeoutError, LeaseLost):
                    await asyncio.wait_for(lease.keep(), dice.uniform(0, 0.8))
                if dice.random() < 0.5:
                    await lease.release()

    async def main() -> None:
        contenders = [asyncio.create_task(contend(name)) for name in "abc"[:count]]
        # On a slow machine it takes longer until all have led.
        while len(acquired) < 12 or len({identity[0] for _, identity in acquired}) < count:
            await asyncio.wait(contenders, timeout=0.1)
            for ended in filter(asyncio.Task.done, contenders):
                ended.result()
        for contender in contenders:
            contender.cancel()
        await asyncio.gather(*contenders, return_exceptions=True)
        assert (await contest.record())["leaseTransitions"] >= len(acquired) - 1

    run(main())


def test_somebody_elses_write_in_between_is_no_loss(contest: Contest) -> None:
    async def main() -> None:
        async with (
            contest.client() as client,
            contest.lease("us", retry=0.05) as lease,
            kept(lease) as keeping,
        ):
            for number in range(10):
                await client.patch(contest.path, {"metadata": {"labels": {"number": str(number)}}})
                await asyncio.sleep(0.03)
            before = (await contest.record())["renewTime"]
            while (await contest.record())["renewTime"] == before:
                await asyncio.sleep(0.05)
            assert (await client.get(contest.path))["metadata"]["labels"] == {"number": "9"}
            assert lease.holds
            assert not keeping.done()

    run(main())


def test_a_write_of_a_stale_state_is_refused(contest: Contest) -> None:
    """That the winner of a race is one is the server's doing: a stale resourceVersion is a 409."""

    async def main() -> None:
        async with contest.client() as client, contest.lease("us") as lease:
            await lease.acquire()
            stale = await client.get(contest.path)
            await client.patch(contest.path, {"metadata": {"labels": {"a": "b"}}})
            for is_there in (True, False):
                with pytest.raises(KubeError) as caught:
                    await client.put(contest.path, stale)
                # For an absent Lease too, though PUT may create Leases.
                assert caught.value.status == 409
                if is_there:
                    await client.delete(contest.path)

    run(main())


def test_a_lease_that_is_deleted_under_its_leader_is_created_again(contest: Contest) -> None:
    async def main() -> None:
        async with (
            contest.client() as client,
            contest.lease("us", retry=0.1) as lease,
            contest.lease("standby", retry=0.1) as standby,
            kept(lease) as keeping,
        ):
            waiting = asyncio.create_task(standby.acquire())
            while standby.holder != "us":
                await asyncio.sleep(0.02)
            await client.delete(contest.path)
            record = None
            while record is None:
                with suppress(KubeError):
                    record = await contest.record()
            assert record["holderIdentity"] == "us"
            assert lease.holds
            assert not keeping.done()
            assert not waiting.done()
            waiting.cancel()

    run(main())


def test_the_leader_stops_when_somebody_else_is_in_the_lease(contest: Contest) -> None:
    async def main() -> None:
        async with (
            contest.client() as client,
            contest.lease("us", retry=0.1) as lease,
            kept(lease) as keeping,
        ):
            await client.patch(contest.path, {"spec": {"holderIdentity": "other"}})
            with pytest.raises(LeaseLost, match="it names other"):
                await keeping
            assert not lease.holds
            assert lease.holder == "other"
            await lease.release()
            assert (await contest.record())["holderIdentity"] == "other"

    run(main())


def test_a_missing_namespace_is_waited_for_and_said_once(
    contest: Contest, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        namespace = f"{contest.namespace}-later"
        contest.namespace = namespace
        async with contest.client() as client, contest.lease("us", retry=0.05) as lease:
            waiting = asyncio.create_task(lease.acquire())
            await asyncio.sleep(1)
            assert not waiting.done()
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            await client.post("/api/v1/namespaces", body)
            await waiting
            assert lease.holds
            await client.delete(f"/api/v1/namespaces/{namespace}")

    caplog.set_level(logging.INFO, "ecr_operator")
    run(main())
    failed, acquired = [record.getMessage() for record in caplog.records if record.name.endswith("lease")]
    assert re.match(r'Failed to acquire Lease \S+: 404 NotFound: namespaces "\S+" not found', failed)
    assert acquired.startswith("Acquired Lease")
