"""Reads that are shared: few calls for many askers, and never a conclusion that they do not bear."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.registry import Registry
from ecr_operator.reasons import Reason

ACCOUNT = "111111111111"


class Account:
    """A session on an account with these repositories; counts calls."""

    region = "eu-west-1"

    def __init__(self, names: Iterable[str] = (), page: int = 1000) -> None:
        self.names = list(names)
        self.page = page
        self.calls: list[str] = []
        self.failing = False
        self.absent = "none"

    async def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        wanted = parameters.get("repositoryNames")
        self.calls.append(operation if wanted is None else f"{operation}:{len(wanted)}")
        await asyncio.sleep(0)
        if self.failing:
            raise AwsError(Kind.TRANSIENT, Reason.AWS_UNAVAILABLE, "ServerException", operation, "down")
        if operation == "describe_registry":
            return {"registryId": ACCOUNT}
        if wanted is None:
            start = int(parameters.get("nextToken", 0))
            rest = {"nextToken": str(start + self.page)} if start + self.page < len(self.names) else {}
            found = self.names[start : start + self.page]
            return {"repositories": [description(name) for name in found], **rest}
        if set(wanted) - set(self.names):
            raise AwsError(
                Kind.STATE, Reason.REPOSITORY_NOT_FOUND, "RepositoryNotFoundException", operation, self.absent
            )
        return {"repositories": [description(name) for name in wanted]}


def description(name: str) -> dict[str, Any]:
    return {"repositoryName": name, "registryId": ACCOUNT}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def registry(account: Account, clock: Clock | None = None) -> Registry:
    return Registry(account, clock or Clock())  # type: ignore[arg-type]


def test_a_single_new_name_is_looked_up_by_name() -> None:
    account = Account(["there"])

    async def main() -> None:
        assert await registry(account).find("new") is None

    asyncio.run(main())
    assert account.calls == ["describe_repositories:1"]


def test_a_wave_of_new_names_shares_one_listing() -> None:
    account = Account(["there"])

    async def main() -> None:
        shared = registry(account)
        found = await asyncio.gather(*(shared.find(f"new-{number}") for number in range(500)))
        assert set(found) == {None}

    asyncio.run(main())
    assert account.calls == ["describe_repositories:1", "describe_repositories"]


def test_a_name_in_the_listing_is_read_fresh() -> None:
    account = Account([f"r{number}" for number in range(5)])

    async def main() -> None:
        shared = registry(account)
        await asyncio.gather(*(shared.find(f"new-{number}") for number in range(5)))
        account.names.remove("r1")
        assert await shared.find("r1") is None

    asyncio.run(main())
    assert account.calls[-1] == "describe_repositories:1"


def test_an_old_listing_concludes_nothing() -> None:
    account, clock = Account(), Clock()

    async def main() -> None:
        shared = registry(account, clock)
        await asyncio.gather(*(shared.find(f"new-{number}") for number in range(5)))
        account.names.append("late")
        clock.now += 61
        assert await shared.find("late") is not None

    asyncio.run(main())


def test_what_we_created_and_deleted_ourselves_is_known_to_the_listing() -> None:
    account = Account()

    async def main() -> None:
        shared = registry(account)
        await asyncio.gather(*(shared.find(f"new-{number}") for number in range(5)))
        account.names.append("mine")
        shared.created(description("mine"))
        assert await shared.find("mine") is not None
        account.names.remove("mine")
        shared.deleted("mine")
        calls = len(account.calls)
        assert await shared.find("mine") is None
        assert len(account.calls) == calls

    asyncio.run(main())


@pytest.mark.parametrize(("asked", "calls"), [(1, 1), (100, 1), (250, 3)])
def test_names_are_described_a_hundred_a_call(asked: int, calls: int) -> None:
    account = Account([f"r{number}" for number in range(300)])

    async def main() -> None:
        shared = registry(account)
        found = await asyncio.gather(*(shared.describe(f"r{number}") for number in range(asked)))
        assert [entry["repositoryName"] for entry in found if entry] == [f"r{n}" for n in range(asked)]

    asyncio.run(main())
    assert len(account.calls) == calls


def test_an_unknown_name_is_found_by_halving_and_spoils_nobodys_answer() -> None:
    account = Account([f"r{number}" for number in range(100)])
    account.names.remove("r37")

    async def main() -> None:
        shared = registry(account)
        found = await asyncio.gather(*(shared.describe(f"r{number}") for number in range(100)))
        assert [number for number, entry in enumerate(found) if entry is None] == [37]

    asyncio.run(main())
    assert len(account.calls) <= 2 * 7 + 1


def test_a_failed_call_is_everybodys_failure_and_nobodys_absence() -> None:
    account = Account(["r1", "r2"])
    account.failing = True

    async def main() -> None:
        shared = registry(account)
        asks = [shared.describe("r1"), shared.describe("r2"), shared.find("r3"), shared.list_repositories()]
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert all(isinstance(result, AwsError) for result in results)
        account.failing = False
        assert await shared.describe("r1") is not None

    asyncio.run(main())


def test_pages_are_followed_to_the_end() -> None:
    account = Account([f"r{number}" for number in range(25)], page=10)

    async def main() -> None:
        listing = await registry(account).list_repositories()
        assert len(listing.repositories) == 25
        assert listing.pages == 3

    asyncio.run(main())


def test_the_account_is_learnt_from_any_answer_and_asked_for_once_where_there_was_none() -> None:
    account, clock = Account(["there"]), Clock()

    async def main() -> None:
        shared = registry(account, clock)
        assert await asyncio.gather(*(shared.account() for _ in range(20))) == [ACCOUNT] * 20
        assert account.calls == ["describe_registry"]
        clock.now += 61
        await shared.describe("there")
        await shared.account()
        assert account.calls.count("describe_registry") == 1
        clock.now += 61
        await shared.account()
        assert account.calls.count("describe_registry") == 2

    asyncio.run(main())


def test_an_absent_repository_tells_the_account_where_ecr_names_it() -> None:
    async def main() -> None:
        account = Account()
        account.absent = f"The repository with name 'a' does not exist in the registry with id '{ACCOUNT}'"
        shared = registry(account)
        assert await shared.find("a") is None
        assert await shared.account() == ACCOUNT
        assert account.calls == ["describe_repositories:1"]

    asyncio.run(main())
