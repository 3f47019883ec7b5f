"""What a Lease does when the API server does not do its part: in virtual time, to the millisecond."""

import asyncio
import logging
import random
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import Configuration

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.lease import Lease, LeaseLost
from tests.engine.virtual import run
from tests.kube.leases import FakeLeases, Fault, breaking, hanging, lease_of, refusing, resisting, slow

FAULTS = {
    "hangs": hanging,
    "hangs and cannot be cancelled": resisting,
    "breaks": breaking,
    **{str(status): refusing(status) for status in (0, 401, 403, 404, 409, 410, 429, 500, 503)},
}


def now() -> float:
    return asyncio.get_running_loop().time()


def messages(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


async def lost(keeping: "asyncio.Task[None]") -> str:
    with pytest.raises(LeaseLost) as caught:
        await keeping
    return str(caught.value)


# At the deadline


@pytest.mark.parametrize("answered", [False, True], ids=["not carried out", "carried out"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_the_leader_stops_at_the_deadline_and_neither_before_nor_after(fault: Fault, answered: bool) -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        await lease.acquire()
        keeping = asyncio.create_task(lease.keep())
        await asyncio.sleep(20.5)
        last = leases.renewed[-1]
        assert last == pytest.approx(20, abs=0.01)
        if answered:
            leases.after = fault
        else:
            leases.before = fault
        await asyncio.sleep(last + 9.9 - now())
        assert lease.holds
        assert not keeping.done()
        await asyncio.sleep(0.09)
        assert lease.holds
        why = await lost(keeping)
        assert now() == pytest.approx(last + 10, abs=0.002)
        assert not lease.holds
        assert "team-a/ecr-operator: not renewed for 10 s" in why
        assert lease.holder == "us"

    run(main())


@pytest.mark.parametrize("fault", ["hangs", "refuses", "500", "403", "409"])
def test_the_same_over_http(fault: str) -> None:
    """Real time: bounds are wide above, and exact below."""

    async def main() -> None:
        leases = FakeLeases()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", leases.handle)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        async with (
            TestServer(app, port=port) as server,
            KubeClient(Configuration(host=f"http://127.0.0.1:{port}")) as client,
        ):
            times = {"duration": 3, "deadline": 1, "retry": 0.1, "request_timeout": 0.3}
            lease = Lease(client, "team-a", "ecr-operator", "us", **times)  # type: ignore[arg-type]
            await asyncio.wait_for(lease.acquire(), 20)
            keeping = asyncio.create_task(lease.keep())
            while len(leases.renewed) < 4:
                assert not keeping.done()
                await asyncio.sleep(0.02)
            if fault == "refuses":
                await server.close()
            else:
                leases.before = hanging if fault == "hangs" else refusing(int(fault))
            begin = time.monotonic()
            await asyncio.wait_for(lost(keeping), 20)
            assert not lease.holds
            assert time.monotonic() - begin < 1 + 5
            # The last renewal was sent after the one before it had arrived: it is lost the deadline later.
            assert time.monotonic() - leases.renewed[-2] >= 1
            await lease.release()
            leases.before = None

    asyncio.run(main())


def test_the_deadline_counts_from_the_begin_of_a_slow_renewal() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        await lease.acquire()
        leases.after = slow(2.9)
        keeping = asyncio.create_task(lease.keep())
        await asyncio.sleep(100)
        assert lease.holds
        await asyncio.sleep(leases.renewed[-1] + 3.5 - now())
        leases.before = hanging
        await lost(keeping)
        assert now() == pytest.approx(leases.renewed[-1] + 10, abs=0.002)

    run(main())


def test_the_deadline_counts_from_the_begin_of_a_slow_acquisition() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        leases.after = slow(2.9)
        await lease.acquire()
        assert now() == pytest.approx(2.9)
        leases.before = hanging
        await lost(asyncio.create_task(lease.keep()))
        assert now() == pytest.approx(10, abs=0.002)

    run(main())


def test_a_request_that_hangs_is_cancelled_and_not_left_behind() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        await lease.acquire()
        leases.before = hanging
        await lost(asyncio.create_task(lease.keep()))
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_a_renewal_that_ends_after_the_deadline_comes_too_late() -> None:
    """The event loop may stand still for longer than the deadline, and a machine too."""

    async def main() -> None:
        leases = FakeLeases()
        stood_still = 0.0
        lease = lease_of(leases, monotonic=lambda: now() + stood_still)
        await lease.acquire()

        async def pause() -> None:
            nonlocal stood_still
            stood_still = 3

        keeping = asyncio.create_task(lease.keep())
        leases.before = refusing(503)
        await asyncio.sleep(8.5)
        leases.before, leases.after = None, pause
        await lost(keeping)
        assert now() == pytest.approx(9, abs=0.01)
        assert leases.renewed == pytest.approx([0, 9], abs=0.01)

    run(main())


def test_what_passes_before_the_deadline_is_survived() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        await lease.acquire()
        keeping = asyncio.create_task(lease.keep())
        for fault in FAULTS.values():
            leases.before = fault
            await asyncio.sleep(8)
            leases.before = None
            await asyncio.sleep(4)
            assert lease.holds
            assert not keeping.done()
        keeping.cancel()
        assert leases.spec["leaseTransitions"] == 0

    run(main())


def test_keeping_what_was_never_acquired_is_lost_at_once() -> None:
    async def main() -> None:
        lease = lease_of(FakeLeases())
        assert not lease.holds
        with pytest.raises(LeaseLost):
            await lease.keep()
        assert now() == 0

    run(main())


# Others, and people


@pytest.mark.parametrize("holder", ["other", ""])
def test_the_leader_stops_as_soon_as_it_sees_that_the_lease_does_not_name_it(holder: str) -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        await lease.acquire()
        keeping = asyncio.create_task(lease.keep())
        await asyncio.sleep(5.5)
        leases.change(holderIdentity=holder)
        await lost(keeping)
        assert now() < 5.5 + 2.01
        assert not lease.holds
        assert leases.spec["holderIdentity"] == holder

    run(main())


def test_a_change_of_labels_or_a_deletion_does_not_end_the_leader() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease, standby = lease_of(leases), lease_of(leases, "standby")
        await lease.acquire()
        keeping = asyncio.create_task(lease.keep())
        waiting = asyncio.create_task(standby.acquire())
        await asyncio.sleep(5.5)
        assert leases.lease is not None
        leases.lease["metadata"]["labels"] = {"a": "b"}
        leases.write(leases.lease)
        await asyncio.sleep(5)
        assert leases.lease["metadata"]["labels"] == {"a": "b"}
        leases.lease = None
        await asyncio.sleep(30)
        assert lease.holds
        assert leases.spec["holderIdentity"] == "us"
        assert not waiting.done()
        keeping.cancel()
        waiting.cancel()

    run(main())


def test_a_deleted_lease_is_not_created_while_its_holder_may_still_lead() -> None:
    async def main() -> None:
        leases = FakeLeases()
        await lease_of(leases, "other").acquire()
        lease = lease_of(leases)
        waiting = asyncio.create_task(lease.acquire())
        await asyncio.sleep(3)
        leases.lease = None
        await waiting
        assert now() == pytest.approx(15, abs=0.01)
        assert [method for _, method in leases.requests].count("POST") == 2

    run(main())


# Taking it


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("hours", [-100_000, -5, 0, 5, 100_000])
def test_a_leader_that_stops_renewing_is_followed_whatever_its_clock_says(hours: int, chance: float) -> None:
    async def main() -> None:
        leases = FakeLeases()
        wrong = lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, seconds=now())  # noqa: E731
        leader, standby = (
            lease_of(leases, "leader", now=wrong),
            lease_of(leases, "standby", random=lambda: chance),
        )
        await leader.acquire()
        keeping = asyncio.create_task(leader.keep())
        waiting = asyncio.create_task(standby.acquire())
        await asyncio.sleep(60.4)
        assert leader.holds
        assert not waiting.done()
        assert standby.holder == "leader"
        keeping.cancel()
        last = leases.renewed[-1]
        await waiting
        assert last + 15 <= now() <= last + 15 + 2.21
        assert not leader.holds
        assert standby.holds
        assert leases.spec["leaseTransitions"] == 1

    run(main())


def test_the_last_try_is_when_the_time_of_the_holder_ends() -> None:
    async def main() -> None:
        leases = FakeLeases()
        await lease_of(leases, "other").acquire()
        await lease_of(leases, random=lambda: 0.999).acquire()
        assert now() == pytest.approx(15, abs=0.01)

    run(main())


def test_a_released_lease_is_taken_at_the_next_try() -> None:
    async def main() -> None:
        leases = FakeLeases()
        leader, standby = lease_of(leases, "leader"), lease_of(leases, "standby")
        await leader.acquire()
        waiting = asyncio.create_task(standby.acquire())
        await asyncio.sleep(3.5)
        await leader.release()
        assert not leader.holds
        assert leases.spec["holderIdentity"] == ""
        await waiting
        assert now() == pytest.approx(4, abs=0.01)
        assert leases.spec["leaseTransitions"] == 1

    run(main())


def test_a_lease_of_our_own_from_before_a_restart_is_taken_at_once() -> None:
    async def main() -> None:
        leases = FakeLeases()
        await lease_of(leases).acquire()
        acquired = leases.spec["acquireTime"]
        await asyncio.sleep(2)
        await lease_of(leases).acquire()
        assert now() == 2
        assert leases.spec["acquireTime"] == acquired
        assert leases.spec["leaseTransitions"] == 0

    run(main())


def test_a_write_whose_answer_was_lost_is_found_at_the_next_try() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        leases.after = hanging
        waiting = asyncio.create_task(lease.acquire())
        await asyncio.sleep(20.5)
        assert not waiting.done()
        assert not lease.holds
        leases.after = None
        await waiting
        assert now() < 20.5 + 3 + 1.01
        assert leases.spec["leaseTransitions"] == 0

    run(main())


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_waiting_survives_every_fault_and_says_so_once_a_minute(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        leases.before = fault
        waiting = asyncio.create_task(lease.acquire())
        await asyncio.sleep(600)
        assert not waiting.done()
        assert not lease.holds
        leases.before = None
        await waiting
        assert now() < 600 + 3 + 1.01

    caplog.set_level(logging.INFO)
    run(main())
    said = messages(caplog)
    assert said.pop() == "Acquired Lease team-a/ecr-operator as us"
    assert {line[:42] for line in said} <= {"Failed to acquire Lease team-a/ecr-operator"[:42]}
    # Somebody else's write is nothing to warn of.
    assert len(said) == 0 if fault is FAULTS["409"] else 9 <= len(said) <= 11


def test_waiting_says_for_whom_once_a_minute_and_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        leases = FakeLeases()
        other = lease_of(leases, "other")
        await other.acquire()
        keeping = asyncio.create_task(other.keep())
        waiting = asyncio.create_task(lease_of(leases).acquire())
        await asyncio.sleep(299)
        leases.change(holderIdentity="third")
        await lost(keeping)
        await waiting

    caplog.set_level(logging.INFO)
    run(main())
    said = [line for line in messages(caplog) if line.startswith("Waiting")]
    assert said[0] == "Waiting for other, which holds Lease team-a/ecr-operator"
    assert said[-1] == "Waiting for third, which holds Lease team-a/ecr-operator"
    assert 5 <= len(said) - 1 <= 6
    assert "Lost Lease team-a/ecr-operator: it names third" in messages(caplog, logging.ERROR)


def test_no_stack_for_what_is_expected_and_one_for_what_is_not(caplog: pytest.LogCaptureFixture) -> None:
    async def main(fault: Fault) -> None:
        leases = FakeLeases()
        leases.before = fault
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lease_of(leases).acquire(), 10)

    run(main(refusing(503)))
    assert [record.exc_info for record in caplog.records] == [None]
    caplog.clear()
    run(main(breaking))
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.getMessage() == "Failed to acquire Lease team-a/ecr-operator: RuntimeError"


@pytest.mark.parametrize("answer", [{}, {"kind": "Lease", "metadata": {}}, {"kind": "Status"}])
def test_an_answer_that_is_no_lease_makes_nobody_the_leader(answer: dict[str, object]) -> None:
    async def main() -> None:
        leases = FakeLeases()
        leases._carry_out = lambda method, body: answer  # type: ignore[method-assign]
        lease = lease_of(leases)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lease.acquire(), 10)
        assert {method for _, method in leases.requests} == {"GET"}

    run(main())


def test_an_answer_with_somebody_elses_lease_makes_nobody_the_leader() -> None:
    async def main() -> None:
        leases = FakeLeases()
        theirs: dict[str, object] = {
            "kind": "Lease",
            "metadata": {"resourceVersion": "1"},
            "spec": {"holderIdentity": "other"},
        }

        def carry_out(method: str, body: object) -> dict[str, object]:
            if method == "GET":
                raise KubeError(404)
            return theirs

        leases._carry_out = carry_out  # type: ignore[method-assign]
        lease = lease_of(leases)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lease.acquire(), 10)
        assert not lease.holds

    run(main())


# Releasing it


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_release_never_raises_nor_takes_longer_than_one_request(fault: Fault) -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        await lease.acquire()
        leases.before = fault
        releasing = asyncio.create_task(lease.release())
        await asyncio.sleep(0)
        assert not lease.holds
        await releasing
        assert now() <= 3.01
        assert leases.spec["holderIdentity"] == "us"

    run(main())


def test_release_clears_a_lease_whose_last_renewal_was_cut_off() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        await lease.acquire()
        keeping = asyncio.create_task(lease.keep())
        leases.after = hanging
        await asyncio.sleep(1.5)
        keeping.cancel()
        leases.after = None
        await lease.release()
        assert leases.spec["holderIdentity"] == ""

        await lease.acquire()
        leases.change(renewTime="later")
        await lease.release()
        assert leases.spec["holderIdentity"] == ""

    run(main())


def test_release_clears_what_was_being_acquired_and_leaves_alone_what_is_not_ours() -> None:
    async def main() -> None:
        leases = FakeLeases()
        lease = lease_of(leases)
        leases.after = hanging
        waiting = asyncio.create_task(lease.acquire())
        await asyncio.sleep(4.5)
        waiting.cancel()
        leases.after = None
        assert leases.spec["holderIdentity"] == "us"
        await lease.release()
        assert leases.spec["holderIdentity"] == ""

        await lease.release()
        leases.change(holderIdentity="other", leaseDurationSeconds=15)
        before = leases.lease
        await lease.release()
        assert leases.lease == before
        leases.lease = None
        await lease.release()
        assert leases.lease is None

    run(main())


# All of it together


@pytest.mark.parametrize("seed", range(40))
def test_there_is_never_more_than_one_leader(seed: int) -> None:
    """Contenders that crash, release, restart and lose their Lease, on a server that is slow and fails."""
    dice = random.Random(seed)
    tenures = []

    async def trouble() -> None:
        chance = dice.random()
        if chance < 0.1:
            raise KubeError(500)
        await asyncio.sleep(dice.expovariate(1) if chance < 0.9 else 20)

    async def main() -> None:
        leases = FakeLeases()
        leases.before = leases.under_way = leases.after = trouble
        holders: dict[str, Lease] = {}

        async def contend(name: str) -> None:
            for life in range(100):
                lease = lease_of(leases, f"{name}-{life}", random=dice.random)
                await lease.acquire()
                others = [other for other, held in holders.items() if held.holds]
                assert not others, f"{name} acquired at {now()} what {others} hold"
                holders[name] = lease
                tenures.append(now())
                try:
                    await asyncio.wait_for(lease.keep(), dice.uniform(0, 60))
                except TimeoutError:
                    if dice.random() < 0.5:
                        await lease.release()
                    # Else a crash; what it did goes on until the deadline.
                except LeaseLost:
                    assert not lease.holds

        # Nobody waits for the answers of those requests that are given up while they are under way.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(contend(name) for name in "abc")), 2000)

    run(main())
    assert len(tenures) > 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"identity": ""},
        {"deadline": 15.0},
        {"retry": 9.0},
        {"retry": 0.0},
        {"request_timeout": 0.0},
    ],
)
def test_times_that_would_allow_two_leaders_are_refused(wrong: dict[str, object]) -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="Lease"):
            lease_of(FakeLeases(), **wrong)  # type: ignore[arg-type]

    run(main())
