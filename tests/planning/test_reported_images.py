"""Which images of a repository are reported, whatever order AWS lists them in."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.api.vulnerability_policy import REPORT_MAX
from ecr_operator.planning.lifecycle_image import Image
from ecr_operator.planning.reported_images import Candidate, ReportedBuilder
from tests.planning.bounds import bounded
from tests.planning.images import ARCHIVED, NOW, image, index


def reported(images: Iterable[Image], used: dict[str, str] | None = None) -> tuple[Candidate, ...]:
    """Those reported; `used` has the tags by which digests are used, '' for none."""
    builder = ReportedBuilder(lambda one: (used or {}).get(one.digest))
    for one in images:
        builder.add(one)
    return builder.result()


def digests(images: Iterable[Image], used: dict[str, str] | None = None) -> str:
    return "".join(one.digest for one in reported(images, used))


OLD, NEW = image("o", "v1", days=9), image("n", "v2", days=1)

ORDERS: dict[str, tuple[list[Image], dict[str, str], str]] = {
    "the newest comes first": ([OLD, NEW], {}, "no"),
    "what is used comes before what is newer": ([OLD, NEW], {"o": "v1"}, "on"),
    "what is used needs no tag": ([image("u", days=5), NEW], {"u": ""}, "un"),
    "what has no tag and is not used is not reported": ([image("u"), NEW], {}, "n"),
    "what cannot be pulled comes last": ([image("a", "v3", days=0, storage_class=ARCHIVED), NEW], {}, "na"),
    "an image being restored cannot be pulled yet": (
        [image("a", "v3", days=0, storage_class=LifecycleStorageClass.ARCHIVE), OLD],
        {},
        "oa",
    ),
    "what is used and archived comes before what is not used": (
        [image("a", "v3", storage_class=ARCHIVED), NEW],
        {"a": "v3"},
        "an",
    ),
    "an index comes before an image of the same moment": (
        [image("z", "v"), index("a", "v", children="z")],
        {},
        "az",
    ),
    "nothing at all": ([], {}, ""),
}


@pytest.mark.parametrize(("images", "used", "expected"), ORDERS.values(), ids=ORDERS.keys())
def test_the_order(images: list[Image], used: dict[str, str], expected: str) -> None:
    assert digests(images, used) == digests(images[::-1], used) == expected


TAGS: dict[str, tuple[Image, dict[str, str], str | None]] = {
    "the tag by which it is used": (image("a", "1.4.2", "live"), {"a": "live"}, "live"),
    "the most exact one where it is used by digest": (image("a", "1", "1.4.2", "latest"), {"a": ""}, "1.4.2"),
    "the most exact one where it is not used": (image("a", "1", "1.4.2", "latest"), {}, "1.4.2"),
    "none where it has none": (image("a"), {"a": ""}, None),
}


@pytest.mark.parametrize(("one", "used", "tag"), TAGS.values(), ids=TAGS.keys())
def test_the_tag_that_is_shown(one: Image, used: dict[str, str], tag: str | None) -> None:
    assert [found.tag for found in reported([one], used)] == [tag]


def test_what_is_known_of_an_image_is_kept() -> None:
    one = index("a", "v1", children="bc", storage_class=ARCHIVED)
    assert reported([one], {"a": "v1"}) == (Candidate("a", "v1", one.pushed_at, True, True, True),)


def test_an_image_that_moves_between_pages_is_reported_once() -> None:
    assert digests([NEW, OLD, NEW]) == "no"
    many = [image(f"{n:02}", "v", days=n) for n in range(REPORT_MAX)]
    assert len(reported([*many, *many])) == REPORT_MAX


IMAGES = st.lists(
    st.builds(
        lambda digest, tags, hours, archived, is_index: Image(
            digest,
            NOW - timedelta(hours=hours),
            tuple(tags),
            ARCHIVED if archived else LifecycleStorageClass.STANDARD,
            is_index=is_index,
        ),
        st.text("abcdef", min_size=1, max_size=3),
        st.lists(st.sampled_from(["latest", "v1", "v1.2"]), unique=True),
        st.integers(0, 6),
        st.booleans(),
        st.booleans(),
    ),
    max_size=60,
    unique_by=lambda one: one.digest,
)
USED = st.dictionaries(st.text("abc", min_size=1, max_size=2), st.sampled_from(["", "v1"]))


@bounded(200)
@given(IMAGES.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))), USED)
def test_the_order_in_which_they_come_does_not_matter(
    both: tuple[list[Image], list[Image]], used: dict[str, str]
) -> None:
    one, other = (reported(images, used) for images in both)
    assert one == other
    assert len(one) <= REPORT_MAX
    wanted = [found for found in both[0] if found.tags or found.digest in used]
    assert len(one) == min(REPORT_MAX, len(wanted))
    # None that is left out is used while one that is reported is not, or newer than its like.
    kept = {found.digest for found in one}
    for left in wanted:
        if left.digest not in kept:
            for candidate in one:
                is_used, is_archived = left.digest in used, left.storage_class == ARCHIVED
                rank = (candidate.is_used, not candidate.is_archived, candidate.pushed_at)
                assert rank >= (is_used, not is_archived, left.pushed_at)
