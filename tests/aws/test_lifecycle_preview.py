"""The calls around a preview: few, of our policy only, and none of them takes silence for an answer."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from ecr_operator.aws.errors import Kind
from ecr_operator.aws.lifecycle_preview import (
    Busy,
    Started,
    Taken,
    listed_among,
    preview_state,
    repository_images,
    start_preview,
)
from ecr_operator.aws.session import Session
from ecr_operator.planning.deletion import ImageCount
from ecr_operator.planning.lifecycle_preview import Listed, PreviewState, PreviewStatus
from ecr_operator.reasons import Reason
from tests.api.lifecycle_examples import ARCHIVE as TO_ARCHIVE
from tests.api.lifecycle_examples import more_than, rule
from tests.aws.calling import Calling, call, error_of
from tests.fake_aws.client import FakeAws
from tests.fake_aws.session import REGION
from tests.planning.previews import ARCHIVE, EXPIRE, digest, text

T = TypeVar("T")

KEEP_ONE = text(rule(1, more_than(1, "any")))
KEEP_TWO = text(rule(1, more_than(2, "any")))
MIXED = text(
    rule(2, more_than(1, "untagged"), TO_ARCHIVE), rule(7, more_than(1, "tagged", tagPatternList=["*"]))
)
START, GET, LIST = "StartLifecyclePolicyPreview", "GetLifecyclePolicyPreview", "ListImages"


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"])


def on_aws(main: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
    """What `main` returns."""

    async def whole(calling: Calling) -> T:
        return await main(calling.sessions.of(None, REGION))

    return call(whole)


def preview(wanted: str, *digests: str, tags: tuple[str, ...] = ()) -> tuple[Listed, ...] | Taken:
    """What the preview lists of these images, right after it was started."""

    async def main(session: Session) -> tuple[Listed, ...] | Taken:
        assert isinstance(await start_preview(session, "app", wanted), Started)
        return await listed_among(session, "app", wanted, digests, tags)

    return on_aws(main)


def state() -> PreviewState:
    return on_aws(lambda session: preview_state(session, "app"))


def start(wanted: str = KEEP_ONE) -> Started | Busy:
    return on_aws(lambda session: start_preview(session, "app", wanted))


def put_many(fake: FakeAws, number: int) -> list[str]:
    """The digests of so many images, the newest first."""
    fake.put_images(["app"], number)
    pages = fake.client(unseen=True).get_paginator("describe_images").paginate(repositoryName="app")
    images = [image for page in pages for image in page["imageDetails"]]
    return [
        image["imageDigest"]
        for image in sorted(images, key=lambda image: image["imagePushedAt"], reverse=True)
    ]


def test_a_repository_without_a_preview_has_none(fake: FakeAws) -> None:
    assert state() == PreviewState(PreviewStatus.NONE)


def test_a_preview_goes_on_until_it_is_complete(fake: FakeAws) -> None:
    fake.put_images(["app"], 3)
    fake.set_previews(seconds=None)
    assert start() == Started()
    assert state().status == PreviewStatus.IN_PROGRESS
    assert start(KEEP_TWO) == Busy()
    fake.set_previews()
    found = state()
    assert (found.status, found.expiring, found.archiving) == (PreviewStatus.COMPLETE, 2, 0)
    assert found.text is not None
    assert json.loads(found.text) == json.loads(KEEP_ONE)
    assert fake.writes()[0]["parameters"]["lifecyclePolicyText"] == KEEP_ONE


@pytest.mark.parametrize("outcome", ["FAILED", "EXPIRED"])
def test_a_preview_ends_otherwise(fake: FakeAws, outcome: str) -> None:
    fake.set_previews(outcome=outcome)
    start()
    assert state().status == outcome


def test_the_summary_counts_what_expires_and_what_is_archived(fake: FakeAws) -> None:
    fake.put_images(["app"], 3)
    fake.put_images(["app"], 5, tags=[])
    start(MIXED)
    found = state()
    assert (found.expiring, found.archiving) == (2, 4)


def test_the_images_of_a_preview_are_listed_with_what_would_become_of_them(fake: FakeAws) -> None:
    old = fake.put_image("app", ["v1", "stable"], age=900)["imageDigest"]
    new = fake.put_image("app", ["v2"], age=600)["imageDigest"]
    bare = fake.put_image("app", age=500)["imageDigest"]
    fake.put_image("app", age=100)
    expected = {
        old: Listed(old, ("stable", "v1"), EXPIRE, 7),
        bare: Listed(bare, (), ARCHIVE, 2),
    }
    found = preview(MIXED, new, bare, old, old)
    assert found == tuple(expected[one] for one in sorted(expected))
    assert fake.calls()[GET] == 1


def test_an_image_is_found_by_its_tag_too_and_listed_once(fake: FakeAws) -> None:
    old = fake.put_image("app", ["v1"], age=900)["imageDigest"]
    fake.put_image("app", ["v2"])
    assert preview(KEEP_ONE, old, tags=("v1", "v2", "none")) == (Listed(old, ("v1",), EXPIRE, 1),)
    assert fake.calls()[GET] == 1


def test_nothing_to_ask_costs_nothing(fake: FakeAws) -> None:
    assert preview(KEEP_ONE) == ()
    assert GET not in fake.calls()


def test_a_hundred_images_are_asked_about_in_a_call(fake: FakeAws) -> None:
    digests = put_many(fake, 201)
    found = preview(KEEP_ONE, *digests)
    assert isinstance(found, tuple)
    assert {image.digest for image in found} == set(digests[1:])
    assert fake.calls()[GET] == 3


@pytest.mark.parametrize("unknown", ["omitted", "refused"])
def test_images_that_are_not_there_are_not_listed_and_hide_no_others(fake: FakeAws, unknown: str) -> None:
    """Which of the two AWS does is not documented."""
    fake.set_previews(unknown_images=unknown)
    digests = put_many(fake, 120)
    absent = [digest(number) for number in (1, 2**255)]
    found = preview(KEEP_ONE, *digests, *absent, tags=("v1", "none"))
    assert isinstance(found, tuple)
    assert {image.digest for image in found} == set(digests[1:])
    # At most the calls on both halves, for each that is absent and each halving of a hundred.
    assert fake.calls()[GET] <= (2 if unknown == "omitted" else 2 + 3 * 2 * 7)


def test_a_single_image_that_is_not_there_is_not_listed(fake: FakeAws) -> None:
    fake.set_previews(unknown_images="refused")
    put_many(fake, 2)
    assert preview(KEEP_ONE, digest(1)) == ()


def test_the_result_of_another_policy_is_not_taken(fake: FakeAws) -> None:
    digests = put_many(fake, 3)
    start(KEEP_TWO)
    found = on_aws(lambda session: listed_among(session, "app", KEEP_ONE, digests))
    assert isinstance(found, Taken)
    assert found.state.status == PreviewStatus.COMPLETE
    assert found.state.text is not None
    assert json.loads(found.state.text) == json.loads(KEEP_TWO)


@pytest.mark.parametrize("outcome", ["FAILED", "EXPIRED"])
def test_a_result_that_is_gone_is_not_taken_for_an_empty_one(fake: FakeAws, outcome: str) -> None:
    fake.set_previews(outcome=outcome)
    found = preview(KEEP_ONE, *put_many(fake, 3))
    assert isinstance(found, Taken)
    assert found.state.status == outcome


def test_a_preview_that_is_not_there_lists_nothing_but_says_so(fake: FakeAws) -> None:
    digests = put_many(fake, 3)
    found = on_aws(lambda session: listed_among(session, "app", KEEP_ONE, digests))
    assert found == Taken(PreviewState(PreviewStatus.NONE))


def test_a_preview_that_is_started_anew_is_not_complete(fake: FakeAws) -> None:
    digests = put_many(fake, 3)
    fake.set_previews(seconds=None)
    start()
    found = on_aws(lambda session: listed_among(session, "app", KEEP_ONE, digests))
    assert isinstance(found, Taken)
    assert found.state.status == PreviewStatus.IN_PROGRESS


CALLS: dict[str, Callable[[Session], Coroutine[Any, Any, Any]]] = {
    START: lambda session: start_preview(session, "app", KEEP_ONE),
    GET: lambda session: preview_state(session, "app"),
    f"{GET} of images": lambda session: listed_among(session, "app", KEEP_ONE, [digest(1)]),
    LIST: lambda session: repository_images(session, "app"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_permitted_is_said(fake: FakeAws, name: str) -> None:
    fake.inject(name.split()[0], "AccessDeniedException")
    error = on_aws(lambda session: error_of(CALLS[name](session)))
    assert (error.kind, error.reason) == (Kind.STALLED, Reason.ACCESS_DENIED)


@pytest.mark.parametrize("name", CALLS)
def test_a_repository_that_is_gone_is_said(fake: FakeAws, name: str) -> None:
    fake.client(unseen=True).delete_repository(repositoryName="app")
    error = on_aws(lambda session: error_of(CALLS[name](session)))
    assert (error.kind, error.reason) == (Kind.STATE, Reason.REPOSITORY_NOT_FOUND)


def test_a_policy_that_aws_does_not_take_is_invalid(fake: FakeAws) -> None:
    newer = text(rule(1, more_than(1, "any") | {"countType": "sinceImageForgotten"}))
    error = on_aws(lambda session: error_of(start_preview(session, "app", newer)))
    assert (error.kind, error.reason) == (Kind.STALLED, Reason.INVALID_POLICY)


class Canned:
    """A session that gives one answer, which AWS's documentation leaves open, and keeps what it was asked."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    async def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        self.asked.append(parameters)
        return self.answer


def canned(**answer: Any) -> Any:
    return Canned(**{"status": "COMPLETE", "lifecyclePolicyText": KEEP_ONE, **answer})


def test_a_state_needs_no_more_than_one_result(fake: FakeAws) -> None:
    session = canned()
    call(lambda _: preview_state(session, "app"))
    assert session.asked == [{"repositoryName": "app", "maxResults": 1}]


def test_what_cannot_name_an_image_is_not_sent(fake: FakeAws) -> None:
    """AWS would refuse the whole call, and so hide the others."""
    session = canned()
    digests = [digest(1), f"sha512:{'0' * 128}", "sha256:0", digest(2) + "0"]
    tags = ["v1.0_A-", "", "a b", "-a", "x" * 129, "é"]
    call(lambda _: listed_among(session, "app", KEEP_ONE, digests, tags))
    ids = [{"imageDigest": digest(1)}, {"imageTag": "v1.0_A-"}]
    assert session.asked == [{"repositoryName": "app", "imageIds": ids}]


@pytest.mark.parametrize("answer", [{}, {"summary": {}}])
def test_a_summary_without_a_number_is_no_number(fake: FakeAws, answer: dict[str, Any]) -> None:
    found = call(lambda _: preview_state(canned(**answer), "app"))
    assert found == PreviewState(PreviewStatus.COMPLETE, KEEP_ONE, None, 0)


def test_a_status_that_nobody_knows_is_waited_for(fake: FakeAws) -> None:
    assert call(lambda _: preview_state(canned(status="QUEUED"), "app")).status == PreviewStatus.IN_PROGRESS


def test_an_action_that_nobody_knows_is_taken_for_the_worst(fake: FakeAws) -> None:
    result = {"imageDigest": digest(1), "action": {"type": "HIDE"}, "appliedRulePriority": 3}
    found = call(lambda _: listed_among(canned(previewResults=[result]), "app", KEEP_ONE, [digest(1)]))
    assert found == (Listed(digest(1), (), EXPIRE, 3),)


def test_an_empty_repository_is_known_by_one_call(fake: FakeAws) -> None:
    found = on_aws(lambda session: repository_images(session, "app"))
    assert (found.is_empty, found.count) == (True, ImageCount(0))
    assert fake.calls()[LIST] == 1


def test_archived_images_are_images(fake: FakeAws) -> None:
    fake.put_image("app", ["v1"], status="ARCHIVED")
    found = on_aws(lambda session: repository_images(session, "app"))
    assert (found.is_empty, found.count) == (False, ImageCount(1))


def test_one_page_tells_that_there_are_images(fake: FakeAws) -> None:
    fake.put_images(["app"], 1001)
    found = on_aws(lambda session: repository_images(session, "app"))
    assert (found.is_empty, found.count, found.selected) == (False, ImageCount(1000, more=True), {})
    assert fake.calls()[LIST] == 1


def test_all_images_are_counted_once_where_that_is_asked_for(fake: FakeAws) -> None:
    fake.put_images(["app"], 1001)
    fake.put_image("app", ["a", "b", "c"])
    found = on_aws(lambda session: repository_images(session, "app", whole=True))
    assert found.count == ImageCount(1002)
    assert fake.calls()[LIST] == 2


def test_images_are_selected_by_tag_on_all_pages(fake: FakeAws) -> None:
    fake.put_images(["app"], 1001)
    last = fake.put_image("app", ["release-1", "x", "release-2"])["imageDigest"]
    found = on_aws(
        lambda session: repository_images(session, "app", selects=lambda tag: tag.startswith("release-"))
    )
    assert {one: set(tags) for one, tags in found.selected.items()} == {last: {"release-1", "release-2"}}
    assert found.count == ImageCount(1002)
    assert fake.calls()[LIST] == 2
