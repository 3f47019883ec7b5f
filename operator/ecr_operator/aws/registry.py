"""The registry of one account and region: reads that many repositories share.

A batch only clears: from a listing that others asked for too, two things may be concluded, "in sync" for
an object whose spec has not changed, and "absent" for one that never owned a repository (CreateRepository
is itself conditional, so a listing that is out of date does no harm). All else is read by name.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ecr_operator.aws.descriptions import tag_map
from ecr_operator.aws.errors import NOT_FOUND, AwsError
from ecr_operator.aws.session import Session
from ecr_operator.planning.naming import Place

NAMES_PER_CALL = 100
"""DescribeRepositories: "up to 100" `repositoryNames`."""
REPOSITORIES_PER_PAGE = 1000
RESOURCES_PER_PAGE = 100
LISTING_LIFE = timedelta(seconds=60)
"""How long a listing may show that a repository is absent."""
ACCOUNT_LIFE = timedelta(seconds=60)
"""How long an account id that was learnt counts as known."""
BURST = timedelta(seconds=5)
"""Look-ups within this time count as one wave."""
GATHER_SECONDS = 0.003
"""How long a look-up by name waits for others to share its call with."""

_REGISTRY_ID = re.compile(r"in the registry with id '(\d{12})'")
"""Part of what ECR says of a repository that does not exist."""

Description = dict[str, Any]
"""A `Repository` of ECR's API."""


@dataclass
class Listing:
    """All repositories of the registry at one time. `time` is monotonic, of the listing's begin."""

    time: float
    pages: int = 0
    repositories: dict[str, Description] = field(default_factory=dict)


class Registry:
    """Shared reads of one registry. `monotonic` is a clock in seconds."""

    def __init__(self, session: Session, monotonic: Callable[[], float]) -> None:
        self.session = session
        self._monotonic = monotonic
        self._account: str | None = None
        self._account_time = 0.0
        self._account_lock = asyncio.Lock()
        self._listing: Listing | None = None
        self._listing_task: asyncio.Task[Listing] | None = None
        self._lookups: deque[float] = deque()
        self._wanted: dict[str, asyncio.Future[Description | None]] = {}
        self._gather_task: asyncio.Task[None] | None = None

    @property
    def region(self) -> str:
        """The region that all calls go to."""
        return self.session.region

    @property
    def known_account(self) -> str | None:
        """The account id as the last answer told it; None before the first one."""
        return self._account

    @property
    def place(self) -> Place:
        """What the ARNs of this registry are made of; the account as far as it is known."""
        return Place(self.session.partition, self.region, self._account)

    async def account(self) -> str:
        """The account id: from an answer of the last minute, else by one DescribeRegistry for all askers.

        Credentials may become another account's while the process runs.
        """
        async with self._account_lock:
            if self._account is None or self._monotonic() - self._account_time > ACCOUNT_LIFE.total_seconds():
                self._learn(await self.session.read("ecr", "describe_registry"))
            return str(self._account)

    async def find(self, name: str) -> Description | None:
        """The description of a repository that the asker has never owned; None when it is absent.

        A wave of new names shares one listing; a single one is looked up by name.
        """
        now = self._monotonic()
        listing = self._fresh_listing(now)
        if listing is None:
            while self._lookups and self._lookups[0] < now - BURST.total_seconds():
                self._lookups.popleft()
            self._lookups.append(now)
            if len(self._lookups) <= (self._listing.pages if self._listing else 1):
                return await self._describe_one(name)
            listing = await self.list_repositories()
        if name not in listing.repositories:
            return None
        return await self.describe(name)

    async def describe(self, name: str) -> Description | None:
        """A fresh description by name, shared with others that ask at the same time; None: not there."""
        future = self._wanted.get(name)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._wanted[name] = future
            if self._gather_task is None:
                self._gather_task = asyncio.create_task(self._gather())
        return await asyncio.shield(future)

    async def tags(self, arn: str) -> dict[str, str] | None:
        """The tags of one repository, fresh; None: it does not exist."""
        try:
            answer = await self.session.read("ecr", "list_tags_for_resource", resourceArn=arn)
        except AwsError as error:
            if error.code in NOT_FOUND:
                return None
            raise
        return tag_map(answer.get("tags"))

    async def list_repositories(self) -> Listing:
        """All repositories, 1,000 a call. Askers at the same time share one listing."""
        if self._listing_task is None:
            self._listing_task = asyncio.create_task(self._list())
            self._listing_task.add_done_callback(self._listed)
        return await asyncio.shield(self._listing_task)

    async def list_tags(self) -> dict[str, dict[str, str]]:
        """Tags by ARN, 100 repositories a call, from the tagging API.

        It lags behind TagResource, goes on listing what was deleted, and leaves out untagged resources.
        """
        tags: dict[str, dict[str, str]] = {}
        parameters: dict[str, Any] = {
            "ResourceTypeFilters": ["ecr:repository"],
            "ResourcesPerPage": RESOURCES_PER_PAGE,
        }
        while True:
            answer = await self.session.read("resourcegroupstaggingapi", "get_resources", **parameters)
            for resource in answer.get("ResourceTagMappingList", ()):
                tags[resource["ResourceARN"]] = tag_map(resource.get("Tags"))
            token = answer.get("PaginationToken")
            if not token:
                return tags
            parameters["PaginationToken"] = token

    def created(self, description: Description) -> None:
        """A repository was created by us: the listing that others share knows it."""
        self._learn(description)
        if self._listing is not None:
            self._listing.repositories[description["repositoryName"]] = description

    def exists(self, name: str) -> None:
        """AWS has said that there is a repository of this name, which the shared listing may not know."""
        if self._listing is not None:
            self._listing.repositories.setdefault(name, {})

    def deleted(self, name: str) -> None:
        """A repository was deleted by us."""
        if self._listing is not None:
            self._listing.repositories.pop(name, None)

    def _fresh_listing(self, now: float) -> Listing | None:
        listing = self._listing
        fresh = listing is not None and now - listing.time < LISTING_LIFE.total_seconds()
        return listing if fresh else None

    async def _list(self) -> Listing:
        listing = Listing(self._monotonic())
        parameters: dict[str, Any] = {"maxResults": REPOSITORIES_PER_PAGE}
        while True:
            answer = await self.session.read("ecr", "describe_repositories", **parameters)
            listing.pages += 1
            for repository in answer.get("repositories", ()):
                self._learn(repository)
                listing.repositories[repository["repositoryName"]] = repository
            token = answer.get("nextToken")
            if not token:
                break
            parameters["nextToken"] = token
        self._listing = listing
        return listing

    def _listed(self, task: "asyncio.Task[Listing]") -> None:
        self._listing_task = None
        if not task.cancelled():
            task.exception()  # an asker that was cancelled meanwhile leaves nobody to look at it

    async def _gather(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        wanted, self._wanted, self._gather_task = self._wanted, {}, None
        names = list(wanted)
        batches = [names[at : at + NAMES_PER_CALL] for at in range(0, len(names), NAMES_PER_CALL)]
        await asyncio.gather(*(self._answer(batch, wanted) for batch in batches))

    async def _answer(
        self, names: list[str], wanted: dict[str, "asyncio.Future[Description | None]"]
    ) -> None:
        try:
            found = await self._describe_many(names)
        except Exception as error:
            for name in names:
                future = wanted[name]
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # as above
            return
        for name in names:
            if not wanted[name].done():
                wanted[name].set_result(found.get(name))

    async def _describe_many(self, names: list[str]) -> dict[str, Description]:
        """By name; an unknown one fails the whole call, so halve until it is alone."""
        if len(names) == 1:
            description = await self._describe_one(names[0])
            return {} if description is None else {names[0]: description}
        try:
            return await self._describe(names)
        except AwsError as error:
            if error.code not in NOT_FOUND:
                raise
        middle = len(names) // 2
        return {
            **await self._describe_many(names[:middle]),
            **await self._describe_many(names[middle:]),
        }

    async def _describe_one(self, name: str) -> Description | None:
        try:
            return (await self._describe([name])).get(name)
        except AwsError as error:
            if error.code in NOT_FOUND:
                if told := _REGISTRY_ID.search(error.message):
                    # Saves the look-up of the account for the first repository's policy.
                    self._learn({"registryId": told[1]})
                return None
            raise

    async def _describe(self, names: list[str]) -> dict[str, Description]:
        answer = await self.session.read("ecr", "describe_repositories", repositoryNames=names)
        for repository in answer["repositories"]:
            self._learn(repository)
        return {repository["repositoryName"]: repository for repository in answer["repositories"]}

    def _learn(self, answer: Mapping[str, Any]) -> None:
        self._account = answer["registryId"]
        self._account_time = self._monotonic()
