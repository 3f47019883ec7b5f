"""The figures of a repository, from what DescribeImages says of its images."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.image_quota import NearQuota, QuotaReached, quota
from ecr_operator.planning.inventory import Inventory, InventoryBuilder, LatestImage
from ecr_operator.planning.lifecycle_image import Image
from ecr_operator.planning.media_types import is_container_image
from ecr_operator.planning.storage_cost import monthly_cost
from tests.planning.bounds import bounded
from tests.planning.images import ARCHIVED, NOW, ago, archived, image, index

Row = tuple[Image, int, bool]
"""An image, its size, and whether it is a container image."""


def inventory(*rows: Row) -> Inventory:
    builder = InventoryBuilder()
    for one, size, is_image in rows:
        builder.add(one, size, is_container_image=is_image)
    return builder.result()


def of(*images: Image) -> Inventory:
    """Container images of 10 bytes each."""
    return inventory(*((one, 10, True) for one in images))


def latest(*images: Image) -> LatestImage:
    found = of(*images).latest
    assert found is not None
    return found


def test_a_repository_without_images_has_no_figures_but_zero() -> None:
    assert inventory() == Inventory()
    assert Inventory().count == Inventory().size_bytes == 0
    assert Inventory().latest is Inventory().last_pulled_at is None


class TestCount:
    def test_everything_that_ecr_calls_an_image_is_counted(self) -> None:
        chart, signature = image("c", "1.0.0"), image("s", subject="a")
        rows = [(index("i", "v1", children="ab"), 20, True), (image("a"), 10, True), (image("b"), 20, True)]
        found = inventory(*rows, (chart, 5, False), (signature, 1, False))
        assert (found.count, found.tagged_count, found.active_count) == (5, 2, 5)

    def test_an_image_with_many_tags_is_one(self) -> None:
        found = of(image("a", "v1", "v1.0", "latest"))
        assert (found.count, found.tagged_count) == (1, 1)

    def test_an_archived_image_is_counted_and_not_active(self) -> None:
        found = of(image("a"), archived("b", days=1), archived("c", days=2))
        assert (found.count, found.active_count) == (3, 1)


class TestSize:
    def test_children_of_an_index_are_counted_once(self) -> None:
        """The index has the size of the largest of them, which is there as well."""
        found = inventory(
            (index("i", "v1", children="ab"), 200, True), (image("a"), 100, True), (image("b"), 200, True)
        )
        assert found.size_bytes == 300

    def test_a_child_of_two_indexes_is_counted_once(self) -> None:
        rows = [(index(one, one, children="a"), 100, True) for one in ("i", "j", "k")]
        assert inventory(*rows, (image("a"), 100, True)).size_bytes == 100

    def test_charts_and_signatures_take_space_too(self) -> None:
        assert inventory((image("c", "1.0.0"), 5, False), (image("a"), 10, True)).size_bytes == 15

    def test_what_is_archived_is_part_of_the_size_and_told_apart(self) -> None:
        stored = index("i", children="c", storage_class=ARCHIVED)
        found = inventory(
            (image("a"), 10, True), (archived("b", days=1), 7, True), (archived("c", days=1), 5, True)
        )
        assert (found.size_bytes, found.archived_size_bytes) == (22, 12)
        assert inventory((stored, 5, True), (archived("c", days=1), 5, True)).archived_size_bytes == 5


class TestLatest:
    def test_it_is_the_container_image_that_was_pushed_last(self) -> None:
        found = latest(image("a", "v1", days=3), image("b", "v2", days=1), image("c", "v3", days=2))
        assert found == LatestImage("v2", "b", ago(1))

    def test_charts_signatures_and_other_artifacts_are_none(self) -> None:
        chart = (image("c", "1.0.0", days=0), 5, False)
        found = inventory((image("a", "v1"), 10, True), chart).latest
        assert found is not None
        assert found.digest == "a"
        assert inventory(chart).latest is None

    def test_an_index_is_meant_and_not_its_children(self) -> None:
        children = [image(one, days=1) for one in "yz"]
        assert latest(*children, index("i", "v1", children="yz", days=0.99)).digest == "i"
        # As replication may leave them.
        assert latest(*children, index("i", children="yz", days=1)).digest == "i"

    def test_a_tagged_one_is_preferred_to_a_later_one_without(self) -> None:
        assert latest(image("a", "v1", days=9), image("b", days=1)).digest == "a"
        assert latest(image("a", days=9), image("b", days=1)) == LatestImage(None, "b", ago(1))

    def test_an_archived_one_cannot_be_pulled_and_is_not_meant(self) -> None:
        assert latest(image("a", "v1", days=9), archived("b", "v2", days=0, pushed=1)).digest == "a"
        assert of(archived("b", "v2", days=0)).latest is None

    @pytest.mark.parametrize(
        ("tags", "expected"),
        [
            pytest.param(("latest", "1", "1.4", "1.4.2"), "1.4.2", id="the most exact one"),
            pytest.param(("latest", "v1"), "v1", id="no moving one"),
            pytest.param(("latest",), "latest", id="the moving one alone"),
            pytest.param(("bb", "aa", "cc"), "aa", id="the first of equal ones"),
        ],
    )
    def test_of_several_tags_one_is_told(self, tags: tuple[str, ...], expected: str) -> None:
        assert latest(image("a", *tags)).tag == expected
        assert latest(image("a", *reversed(tags))).tag == expected

    def test_its_time_is_in_utc_and_whole_seconds_as_a_status_keeps_it(self) -> None:
        zone = timezone(timedelta(hours=2))
        found = latest(Image("a", datetime(2026, 11, 28, 1, 30, 5, 999_000, tzinfo=zone)))
        assert found.pushed_at.isoformat() == "2026-11-27T23:30:05+00:00"


class TestLastPull:
    def test_it_is_the_day_of_the_last_one_of_any_image(self) -> None:
        pulled = [image(one, pulled_at=ago(days)) for one, days in (("a", 9), ("b", 2), ("c", 5))]
        found = inventory(*((one, 1, False) for one in pulled), (image("d"), 1, True))
        assert found.last_pulled_at == date(2026, 11, 26)

    def test_the_day_is_that_of_utc(self) -> None:
        zone = timezone(timedelta(hours=2))
        found = of(image("a", pulled_at=datetime(2026, 11, 28, 1, 30, tzinfo=zone)))
        assert found.last_pulled_at == date(2026, 11, 27)


@st.composite
def _rows(draw: st.DrawFn) -> list[Row]:
    size = st.integers(0, 10**6)
    days = st.integers(0, 3)
    tags = st.lists(st.sampled_from(["latest", "v1", "v2", "v1.0"]), max_size=3, unique=True)
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 8))):
        one = Image(
            f"sha256:{number}",
            ago(draw(days)),
            tuple(draw(tags)),
            pulled_at=draw(st.none() | days.map(ago)),
            is_index=draw(st.booleans()),
        )
        if draw(st.booleans()):
            one = replace(one, storage_class=ARCHIVED)
        rows.append((one, draw(size), draw(st.booleans())))
    return rows


@bounded(300)
@given(_rows(), st.randoms(use_true_random=False))
def test_the_order_of_images_means_nothing(rows: list[Row], chance: Any) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)
    assert inventory(*mixed) == inventory(*rows)


@bounded(300)
@given(_rows())
def test_figures_hold_together(rows: list[Row]) -> None:
    found = inventory(*rows)
    assert found.count == len(rows)
    assert 0 <= found.tagged_count <= found.count
    assert 0 <= found.active_count <= found.count
    assert 0 <= found.archived_size_bytes <= found.size_bytes <= sum(size for _, size, _ in rows)
    if found.latest is not None:
        assert found.latest.digest in {one.digest for one, _, _ in rows}


def test_figures_are_the_same_where_a_status_shows_the_same() -> None:
    found = of(image("a", "v1", pulled_at=NOW), archived("b", days=1))
    shown = Inventory(2, 1, 20, found.latest, NOW.date())
    assert found.same_figures(shown)
    for change in (
        {"count": 3},
        {"tagged_count": 2},
        {"size_bytes": 21},
        {"latest": None},
        {"last_pulled_at": date(2026, 11, 29)},
    ):
        assert not found.same_figures(replace(shown, **change))


OCI = "application/vnd.oci.image.manifest.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
FIRST = "application/vnd.docker.distribution.manifest.v1+prettyjws"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
HELM = "application/vnd.cncf.helm.config.v1+json"
ABOUT = f"sha256-{'0' * 64}"
KINDS: dict[str, tuple[bool, str | None, str | None, tuple[str, ...], str | None]] = {
    "an image of Docker": (True, DOCKER, DOCKER_CONFIG, ("v1",), None),
    "an image of OCI": (True, OCI, OCI_CONFIG, (), None),
    "an index": (True, INDEX, None, ("v1",), None),
    "a manifest list": (True, LIST, None, ("v1",), None),
    "one of the first schema": (True, FIRST, None, (), None),
    "one that AWS says nothing about": (True, None, None, ("v1",), None),
    "a chart": (False, OCI, HELM, ("1.0.0",), None),
    "a cache of BuildKit": (False, OCI, "application/vnd.buildkit.cacheconfig.v0", ("cache",), None),
    "an artifact without configuration": (False, OCI, "application/vnd.oci.empty.v1+json", ("v1",), None),
    "an index of artifacts": (False, INDEX, "application/vnd.example+json", ("v1",), None),
    "an artifact manifest": (False, "application/vnd.oci.artifact.manifest.v1+json", None, (), None),
    "a signature that refers to its image": (False, OCI, OCI_CONFIG, (), "sha256:0"),
    "a signature by tag": (False, OCI, OCI_CONFIG, (f"{ABOUT}.sig",), None),
    "an attestation by tag": (False, OCI, OCI_CONFIG, (f"{ABOUT}.att",), None),
    "an index of referrers by tag": (False, INDEX, None, (ABOUT,), None),
    "an image with such a tag too": (True, OCI, OCI_CONFIG, (ABOUT, "v1"), None),
    "an image with a tag like it": (True, OCI, OCI_CONFIG, ("sha256-0000000",), None),
}


@pytest.mark.parametrize(("expected", "manifest", "artifact", "tags", "subject"), KINDS.values(), ids=KINDS)
def test_what_is_a_container_image(
    expected: bool, manifest: str | None, artifact: str | None, tags: Iterable[str], subject: str | None
) -> None:
    assert is_container_image(manifest, artifact, tuple(tags), subject) is expected


GB = 10**9
PRICES = {"standard": Decimal("0.10"), "archive": Decimal("0.07")}
COSTS = {
    "no images": (0, 0, PRICES, "0.00"),
    "a byte": (1, 0, PRICES, "0.01"),
    "a GB": (GB, 0, PRICES, "0.10"),
    "a byte more": (GB + 1, 0, PRICES, "0.11"),
    "archived ones": (3 * GB, 2 * GB, PRICES, "0.24"),
    "archived ones alone": (2 * GB, 2 * GB, PRICES, "0.14"),
    "archived ones without a price": (3 * GB, 2 * GB, {"standard": Decimal("0.10")}, "0.30"),
    "active ones without a price": (3 * GB, 2 * GB, {"archive": Decimal("0.10")}, None),
    "no prices": (GB, 0, {}, None),
    "no prices and no images": (0, 0, {}, None),
    "a price of nothing": (GB, 0, {"standard": Decimal(0)}, "0.00"),
    "very much": (10**18, 0, PRICES, "100000000.00"),
}


@pytest.mark.parametrize(("size", "stored", "prices", "expected"), COSTS.values(), ids=COSTS)
def test_the_cost_of_a_month_is_rounded_up(
    size: int, stored: int, prices: dict[str, Decimal], expected: str | None
) -> None:
    assert monthly_cost(Inventory(size_bytes=size, archived_size_bytes=stored), prices) == expected


class TestQuota:
    @pytest.mark.parametrize(
        ("active", "expected"),
        [
            (0, type(None)),
            (89_999, type(None)),
            (90_000, NearQuota),
            (99_999, NearQuota),
            (100_000, QuotaReached),
            (120_000, QuotaReached),
        ],
    )
    def test_it_is_near_from_ninety_percent_on(self, active: int, expected: type) -> None:
        assert type(quota(Inventory(active_count=active), 100_000)) is expected

    def test_archived_images_do_not_count(self) -> None:
        assert quota(Inventory(count=100_000, active_count=10), 100_000) is None

    def test_it_is_the_one_that_the_account_has(self) -> None:
        assert isinstance(quota(Inventory(active_count=10), 10), QuotaReached)
        assert isinstance(quota(Inventory(active_count=9), 10), NearQuota)
        assert isinstance(quota(Inventory(active_count=1), 1), QuotaReached)
        assert quota(Inventory(active_count=0), 1) is None

    def test_messages_say_what_happens_and_what_to_do(self) -> None:
        near, reached = (quota(Inventory(active_count=active), 100_000) for active in (93_456, 100_000))
        assert near is not None
        assert reached is not None
        assert near.message.startswith("The repository holds 93 % of its quota of 100,000 active images")
        assert reached.message.startswith("The repository has reached its quota of 100,000 active images")
        for message in (near.message, reached.message):
            assert "403 Forbidden" in message
            assert "ECR_OPERATOR_IMAGE_QUOTA" in message
            assert "Archive or delete images" in message

    def test_a_push_does_not_change_the_message(self) -> None:
        for active in (93_456, 100_000):
            now, then = (quota(Inventory(active_count=active + more), 100_000) for more in (0, 1))
            assert now == then
