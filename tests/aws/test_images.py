"""All images of a repository, page by page, whatever happens meanwhile."""

import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.images import Reading, list_images, read_images
from ecr_operator.planning.inventory import LatestImage
from ecr_operator.planning.lifecycle_image import Image
from tests.aws.calling import Calling, call
from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of

NAME = "web"
HELM = "application/vnd.cncf.helm.config.v1+json"
SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json"
PUSHED = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = 86_400.0


class Detail(dict[str, Any]):
    """An `ImageDetail` of which is known whether somebody holds it still."""


class Watched:
    """A session that can be meddled with between two pages, and knows which of their images are held.

    `before` is called with the number of the page, from 1, and the parameters, which it may change.
    """

    def __init__(self, calling: Calling, before: Callable[[int, dict[str, Any]], None] | None = None) -> None:
        self._inner = calling.sessions.own
        self._before = before
        self._given: list[weakref.ref[Detail]] = []
        self.held: list[int] = []
        """How many images of earlier pages were in memory when each page was asked for."""

    async def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        self.held.append(sum(given() is not None for given in self._given))
        if self._before is not None:
            self._before(len(self.held), parameters)
        answer = await self._inner.read(service, operation, **parameters)
        details = [Detail(detail) for detail in answer["imageDetails"]]
        self._given += map(weakref.ref, details)
        return {**answer, "imageDetails": details}


def reading(
    before: Callable[[int, dict[str, Any]], None] | None = None, *, rows: bool = False
) -> tuple[Reading | None, Watched]:
    """What `read_images` finds in the repository, and the session that it asked."""

    async def main(calling: Calling) -> tuple[Reading | None, Watched]:
        watched: Any = Watched(calling, before)
        return await read_images(watched, NAME, rows=rows), watched

    return call(main)


def found(before: Callable[[int, dict[str, Any]], None] | None = None, *, rows: bool = False) -> Reading:
    """The same, where the repository is there."""
    result, _ = reading(before, rows=rows)
    assert result is not None
    return result


@pytest.fixture
def repository(fake: FakeAws) -> Any:
    """An empty one; yields a client of the fake's own ECR."""
    client = fake.client("ecr")
    client.create_repository(repositoryName=NAME)
    return client


def put(fake: FakeAws, *tags: str, days: float = 0.0, **more: Any) -> str:
    """An image that was pushed so many days after `PUSHED`; its digest."""
    made = fake.put_image(NAME, tags=list(tags), pushed_at=PUSHED.timestamp() + days * DAY, **more)
    return str(made["imageDigest"])


@pytest.mark.usefixtures("repository")
def test_images_of_every_kind_and_status_are_summed_up(fake: FakeAws) -> None:
    children = [put(fake, size=size) for size in (100, 200)]
    index = put(fake, "v1", "latest", days=1, children=children)
    put(fake, "0.1.0", days=2, size=5, artifact_media_type=HELM)
    put(fake, days=3, size=1, artifact_media_type=SIGNATURE, subject=index)
    pulled = PUSHED.timestamp() + 4 * DAY
    put(fake, "old", days=-9, size=7, status="ARCHIVED", pulled_at=pulled)
    put(fake, "restored", days=-8, size=3, status="ACTIVATING")
    result = found()
    assert result.calls == 1
    inventory = result.inventory
    assert (inventory.count, inventory.tagged_count, inventory.active_count) == (7, 4, 5)
    assert (inventory.size_bytes, inventory.archived_size_bytes) == (316, 10)
    assert inventory.latest == LatestImage("v1", index, datetime(2026, 11, 2, 12, tzinfo=UTC))
    assert str(inventory.last_pulled_at) == "2026-11-05"
    assert fake.calls() == {"CreateRepository": 1, "DescribeImages": 1}


@pytest.mark.usefixtures("repository")
def test_an_empty_repository_has_no_images() -> None:
    result = found(rows=True)
    assert (result.inventory.count, result.calls, result.images) == (0, 1, ())


@pytest.mark.usefixtures("fake")
def test_a_repository_that_is_not_there_has_no_inventory() -> None:
    assert reading()[0] is None


@pytest.mark.usefixtures("repository")
def test_rows_are_kept_only_where_they_are_asked_for(fake: FakeAws) -> None:
    kept = put(fake, "b", "a", pulled_at=PUSHED.timestamp())
    assert found().images == ()
    assert found(rows=True).images == (Image(kept, PUSHED, ("a", "b"), pulled_at=PUSHED),)


@pytest.mark.parametrize(
    ("number", "calls"), [(999, 1), (1000, 1), (1001, 2), (2500, 3)], ids=lambda number: str(number)
)
@pytest.mark.usefixtures("repository")
def test_a_call_brings_a_thousand_images(fake: FakeAws, number: int, calls: int) -> None:
    fake.put_images([NAME], number, size=10)
    result = found()
    assert (result.inventory.count, result.inventory.size_bytes, result.calls) == (number, number * 10, calls)
    assert fake.calls()["DescribeImages"] == calls


@pytest.mark.parametrize("rows", [False, True], ids=["figures", "rows"])
@pytest.mark.usefixtures("repository")
def test_one_page_is_in_memory_at_a_time_however_many_there_are(fake: FakeAws, rows: bool) -> None:
    fake.put_images([NAME], 10_500)
    result, watched = reading(rows=rows)
    assert result is not None
    assert result.inventory.count == 10_500
    assert len(result.images) == (10_500 if rows else 0)
    assert watched.held == [0] * 11


@pytest.mark.usefixtures("repository")
def test_one_page_is_in_memory_while_images_are_listed(fake: FakeAws) -> None:
    fake.put_images([NAME], 2_500)

    async def main(calling: Calling) -> tuple[set[str], list[int]]:
        watched: Any = Watched(calling)
        return {image.digest async for image in list_images(watched, NAME)}, watched.held

    digests, held = call(main)
    assert (len(digests), held) == (2_500, [0, 0, 0])


def test_images_that_vanish_while_pages_are_read_do_no_harm(fake: FakeAws, repository: Any) -> None:
    fake.put_images([NAME], 2_500)
    # The fake lists the oldest first: on the third page.
    gone = [{"imageTag": f"v{number}"} for number in range(2_001, 2_101)]

    def before(page: int, _: dict[str, Any]) -> None:
        if page == 2:
            repository.batch_delete_image(repositoryName=NAME, imageIds=gone)

    result = found(before)
    assert (result.inventory.count, result.calls) == (2_400, 3)


def test_a_repository_that_is_deleted_while_pages_are_read_is_gone(fake: FakeAws, repository: Any) -> None:
    fake.put_images([NAME], 1_500)

    def before(page: int, _: dict[str, Any]) -> None:
        if page == 2:
            repository.delete_repository(repositoryName=NAME, force=True)

    assert reading(before)[0] is None


def stale(*pages: int) -> Callable[[int, dict[str, Any]], None]:
    """The token is not taken when these pages are asked for."""

    def before(page: int, parameters: dict[str, Any]) -> None:
        if page in pages:
            parameters["nextToken"] = "of-another-time"

    return before


@pytest.mark.usefixtures("repository")
def test_all_is_read_anew_where_a_token_is_not_taken_any_more(fake: FakeAws) -> None:
    fake.put_images([NAME], 2_500, size=1)
    result = found(stale(3), rows=True)
    assert (result.inventory.count, result.inventory.size_bytes, len(result.images)) == (2_500, 2_500, 2_500)
    assert result.calls == 6
    assert fake.calls()["DescribeImages"] == 6


@pytest.mark.usefixtures("repository")
def test_a_token_that_is_never_taken_is_an_error(fake: FakeAws) -> None:
    fake.put_images([NAME], 2_500)
    with pytest.raises(AwsError) as raised:
        reading(stale(2, 4))
    assert raised.value.code == "InvalidParameterException"
    assert fake.calls()["DescribeImages"] == 4


@pytest.mark.usefixtures("repository")
def test_a_request_that_is_refused_at_once_is_not_repeated(fake: FakeAws) -> None:
    with pytest.raises(AwsError):
        reading(stale(1))
    assert fake.calls()["DescribeImages"] == 1


def test_the_fake_refuses_such_a_token(repository: Any) -> None:
    answer = code_of(repository.describe_images, repositoryName=NAME, nextToken="of-another-time")
    assert answer == "InvalidParameterException"
