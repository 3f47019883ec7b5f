"""Apply or hold: no image in use goes under Hold, and what is not known is never taken for none."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle_policy import ImagesInUse, LifecycleProtection
from ecr_operator.planning.deletion import ImageCount
from ecr_operator.planning.lifecycle_hold import (
    SHOWN_IN_STATUS,
    Apply,
    HeldImage,
    Hold,
    decide,
    not_previewed,
)
from ecr_operator.planning.lifecycle_preview import Complete, Failed, Listed
from ecr_operator.planning.lifecycle_protection import (
    UsedImages,
    needs_preview,
    needs_usage,
    needs_whole_count,
)
from ecr_operator.planning.usage import UsageUnknown
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded
from tests.planning.previews import ARCHIVE, EXPIRE, digest, listed

HOLD = LifecycleProtection()
WARN = LifecycleProtection(images_in_use=ImagesInUse.WARN)
IGNORE = LifecycleProtection(images_in_use=ImagesInUse.IGNORE)
UNKNOWN = UsageUnknown("Pods cannot be listed.")
TWELVE, HUNDRED = Complete(10, 2), ImageCount(100)
INDEX, CHILD, OTHER = 1, 2, 3
USED = UsedImages(frozenset({digest(INDEX)}))
WITH_CHILD = UsedImages(frozenset({digest(INDEX), digest(CHILD)}), children={digest(INDEX): [digest(CHILD)]})


@dataclass(frozen=True)
class Case:
    """What is known of a policy that would act on some of 100 images."""

    reason: Reason | None
    says: tuple[str, ...] = ()
    protection: LifecycleProtection = HOLD
    preview: Complete = TWELVE
    images: ImageCount = HUNDRED
    listed: tuple[Listed, ...] = ()
    usage: UsedImages | UsageUnknown = USED
    active: int | None = None


CASES = {
    "no image in use is listed": Case(None),
    "an image in use would be expired": Case(
        Reason.IMAGES_IN_USE,
        (
            "would expire 1 image in use in this cluster: v1 (sha256:000000000000, rule 3). ",
            "lower rulePriority",
            "`protection.imagesInUse: Warn`",
        ),
        listed=(listed(INDEX, "v1", rule_priority=3),),
    ),
    "an image in use would be archived": Case(
        Reason.IMAGES_IN_USE, ("would archive 1 image",), listed=(listed(INDEX, action=ARCHIVE),)
    ),
    "one in use would be expired, another archived": Case(
        Reason.IMAGES_IN_USE,
        ("would expire or archive 2 images",),
        listed=(listed(1), listed(2, action=ARCHIVE)),
    ),
    "an image whose tag is protected": Case(
        Reason.IMAGES_IN_USE,
        ("1 image with protected tags: release-1 (",),
        protection=LifecycleProtection(protected_tags=("release-*",)),
        listed=(listed(OTHER, "a", "release-1"),),
    ),
    "one in use, one protected": Case(
        Reason.IMAGES_IN_USE,
        ("2 images in use in this cluster or with protected tags: b (", "release-1 ("),
        protection=LifecycleProtection(protected_tags=("release-?",)),
        listed=(listed(OTHER, "release-1"), listed(4, "a", "b")),
        usage=UsedImages(tags=frozenset({"b"})),
    ),
    "one that is in use and protected is in use": Case(
        Reason.IMAGES_IN_USE,
        ("1 image in use in this cluster: v1",),
        protection=LifecycleProtection(protected_tags=("v*",)),
        listed=(listed(INDEX, "v1"),),
    ),
    "protected tags count where usage is not known": Case(
        Reason.IMAGES_IN_USE,
        ("with protected tags",),
        protection=LifecycleProtection(protected_tags=("*",)),
        listed=(listed(OTHER, "a"),),
        usage=UNKNOWN,
    ),
    "an image that the preview lists without its tag is in use all the same": Case(
        Reason.IMAGES_IN_USE, listed=(listed(OTHER),), usage=UsedImages(tags=frozenset({"v1"}))
    ),
    "an image in use is listed though the summary says nothing goes": Case(
        Reason.IMAGES_IN_USE, preview=Complete(0, 0), listed=(listed(INDEX),)
    ),
    "a child of an index that stays, in use too": Case(None, listed=(listed(CHILD),), usage=WITH_CHILD),
    "a child whose index goes with it": Case(
        Reason.IMAGES_IN_USE, ("2 images",), listed=(listed(CHILD), listed(INDEX)), usage=WITH_CHILD
    ),
    "a child of an index that the preview was not asked about": Case(
        Reason.IMAGES_IN_USE,
        ("1 image",),
        listed=(listed(CHILD),),
        usage=UsedImages(frozenset({digest(CHILD)}), children={digest(INDEX): [digest(CHILD)]}),
    ),
    "a child beside another image": Case(
        Reason.IMAGES_IN_USE, ("1 image",), listed=(listed(CHILD), listed(OTHER)), usage=WITH_CHILD
    ),
    "Warn applies and says so": Case(
        None, ("would expire 1 image in use", "applied all the same"), WARN, listed=(listed(INDEX),)
    ),
    "Ignore applies": Case(None, (), IGNORE, listed=(listed(INDEX),)),
    "more images than allowed would be expired": Case(
        Reason.TOO_MANY_IMAGES_EXPIRING,
        ("would expire 10 images", "allows 9"),
        LifecycleProtection(max_expiring_images=9),
    ),
    "as many images as allowed would be expired": Case(
        None, protection=LifecycleProtection(max_expiring_images=10)
    ),
    "not a single one is allowed": Case(
        Reason.TOO_MANY_IMAGES_EXPIRING,
        ("would expire 1 image,",),
        LifecycleProtection(max_expiring_images=0),
        Complete(1, 0),
    ),
    "archiving is not expiring": Case(
        None, protection=LifecycleProtection(max_expiring_images=0), preview=Complete(0, 9)
    ),
    "the limit holds under Warn": Case(
        Reason.TOO_MANY_IMAGES_EXPIRING,
        protection=LifecycleProtection(images_in_use=ImagesInUse.WARN, max_expiring_images=9),
    ),
    "the limit holds under Ignore": Case(
        Reason.TOO_MANY_IMAGES_EXPIRING,
        protection=LifecycleProtection(images_in_use=ImagesInUse.IGNORE, max_expiring_images=9),
    ),
    "images in use come before the limit": Case(
        Reason.IMAGES_IN_USE, protection=LifecycleProtection(max_expiring_images=9), listed=(listed(INDEX),)
    ),
    "the limit comes before what is not known": Case(
        Reason.TOO_MANY_IMAGES_EXPIRING, protection=LifecycleProtection(max_expiring_images=9), usage=UNKNOWN
    ),
    "all images would go": Case(
        Reason.WOULD_EMPTY_REPOSITORY,
        ("expire 10 and archive 2 of 12 images", "`protection.imagesInUse: Ignore`"),
        images=ImageCount(12),
    ),
    "all images but one would go": Case(None, images=ImageCount(13)),
    "all images would go under Warn": Case(
        Reason.WOULD_EMPTY_REPOSITORY, protection=WARN, images=ImageCount(12)
    ),
    "all images would go under Ignore": Case(None, protection=IGNORE, images=ImageCount(12)),
    "perhaps all images would go": Case(
        Reason.WOULD_EMPTY_REPOSITORY,
        ("of more than 12 images",),
        images=ImageCount(12, more=True),
    ),
    "all active images would be archived": Case(
        Reason.WOULD_EMPTY_REPOSITORY, preview=Complete(0, 12), active=12
    ),
    "all active images but one would be archived": Case(None, preview=Complete(0, 12), active=13),
    "nothing goes where nothing is": Case(None, preview=Complete(0, 0), images=ImageCount(0), active=0),
    "usage is not known": Case(
        Reason.USAGE_UNKNOWN,
        ("not known: Pods cannot be listed. The policy is not applied", "`protection.imagesInUse: Warn`"),
        usage=UNKNOWN,
    ),
    "usage is not known for a long reason": Case(
        Reason.USAGE_UNKNOWN, ("xxx. The policy is not applied",), usage=UsageUnknown("x" * 600)
    ),
    "usage is not known under Warn": Case(
        None, ("not known: Pods cannot be listed. The policy is applied all the same",), WARN, usage=UNKNOWN
    ),
    "usage is not known under Ignore": Case(None, protection=IGNORE, usage=UNKNOWN),
    "usage does not matter where nothing goes": Case(None, preview=Complete(0, 0), usage=UNKNOWN),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_apply_or_hold(case: Case) -> None:
    decision = decide(case.protection, case.preview, case.images, case.listed, case.usage, active=case.active)
    if isinstance(decision, Hold):
        assert decision.reason == case.reason
        messages = [decision.message]
        assert len(decision.message) <= 512
    else:
        assert case.reason is None
        messages = list(decision.warnings)
        assert bool(messages) == bool(case.says)
    for part in case.says:
        assert any(part in message for message in messages), messages


def test_the_status_shows_ten_images_and_the_message_three() -> None:
    images = [listed(number, f"v{number}", rule_priority=2) for number in range(12)]
    decision = decide(HOLD, Complete(12, 0), ImageCount(50), images, USED)
    assert isinstance(decision, Hold)
    assert len(decision.in_use) == SHOWN_IN_STATUS
    assert decision.in_use[0] == HeldImage("v0", digest(0), 2)
    assert "12 images" in decision.message
    assert "v10 (sha256:000000000000, rule 2) and 9 more. " in decision.message
    assert decision == decide(HOLD, Complete(12, 0), ImageCount(50), reversed(images), USED)


@pytest.mark.parametrize(("length", "shown"), [(40, "t" * 40), (41, "t" * 40 + "…"), (300, "t" * 40 + "…")])
def test_a_long_tag_is_cut_in_the_message_alone(length: int, shown: str) -> None:
    images = [listed(number, "t" * length, rule_priority=2**31 - 1) for number in range(1000)]
    decision = decide(HOLD, Complete(1000, 0), ImageCount(2000), images, USED)
    assert isinstance(decision, Hold)
    assert f": {shown} (sha256:" in decision.message
    assert len(decision.message) <= 512
    assert decision.in_use[0].tag == "t" * length


def test_images_without_tags_come_last_and_without_a_name() -> None:
    decision = decide(HOLD, Complete(2, 0), ImageCount(9), [listed(1), listed(2, "z")], USED)
    assert isinstance(decision, Hold)
    assert [image.tag for image in decision.in_use] == ["z", None]
    assert ", sha256:000000000000 (rule 1). " in decision.message


def test_warn_shows_the_images_too() -> None:
    decision = decide(WARN, Complete(1, 0), ImageCount(9), [listed(1, "a")], USED)
    assert isinstance(decision, Apply)
    assert decision.in_use == (HeldImage("a", digest(1), 1),)


def test_another_reason_shows_the_images_too() -> None:
    decision = decide(HOLD, Complete(9, 0), ImageCount(9), [listed(1, "a")], USED)
    assert isinstance(decision, Hold)
    assert (decision.reason, len(decision.in_use)) == (Reason.WOULD_EMPTY_REPOSITORY, 1)


def test_without_a_preview_nothing_is_applied() -> None:
    assert not_previewed(Failed("It failed")) == Hold(Reason.PREVIEW_FAILED, "It failed")


GLOBS = {
    ("release-*", "release-1.2"): True,
    ("release-*", "release-"): True,
    ("release-*", "Release-1"): False,
    ("v?", "v1"): True,
    ("v?", "v10"): False,
    ("latest", "latest"): True,
    ("latest", "latest-1"): False,
    ("*", "anything"): True,
}


@pytest.mark.parametrize(("pair", "matches"), GLOBS.items(), ids=map(str, GLOBS))
def test_protected_tags_are_globs(pair: tuple[str, str], matches: bool) -> None:
    glob, tag = pair
    assert LifecycleProtection(protected_tags=("other", glob)).protects(tag) is matches


LIMITED = LifecycleProtection(images_in_use=ImagesInUse.IGNORE, max_expiring_images=0)


@pytest.mark.parametrize(
    ("protection", "new", "empty", "needed"),
    [
        (HOLD, False, False, True),
        (WARN, False, False, True),
        (IGNORE, False, False, False),
        (LIMITED, False, False, True),
        (HOLD, True, False, False),
        (LIMITED, True, False, False),
        (HOLD, False, True, False),
        (LIMITED, False, True, False),
    ],
)
def test_when_a_preview_is_needed(
    protection: LifecycleProtection, new: bool, empty: bool, needed: bool
) -> None:
    assert needs_preview(protection, new=new, empty=empty) is needed


def test_what_has_to_be_asked() -> None:
    some, none, many = Complete(1, 1), Complete(0, 0), Complete(900, 100)
    first_page = ImageCount(1000, more=True)
    assert [needs_usage(one, some) for one in (HOLD, WARN, IGNORE, LIMITED)] == [True, True, False, False]
    assert not needs_usage(HOLD, none)
    assert needs_whole_count(HOLD, many, first_page)
    assert not needs_whole_count(HOLD, some, first_page)
    assert not needs_whole_count(LIMITED, many, first_page)
    assert not needs_whole_count(HOLD, many, ImageCount(1000))


NUMBERS = st.integers(1, 6)
IMAGES = st.lists(
    st.builds(
        lambda number, tags, action, priority: listed(number, *tags, action=action, rule_priority=priority),
        NUMBERS,
        st.lists(st.text("abc", min_size=1, max_size=300), max_size=3, unique=True),
        st.sampled_from([EXPIRE, ARCHIVE]),
        st.integers(1, 2**31 - 1),
    ),
    max_size=6,
    unique_by=lambda image: image.digest,
)
USAGES = st.builds(
    lambda digests, tags, children: UsedImages(
        frozenset(map(digest, digests)),
        tags,
        {digest(index): [digest(child) for child in found] for index, found in children.items()},
    ),
    st.sets(NUMBERS),
    st.frozensets(st.text("abc", min_size=1, max_size=2)),
    st.dictionaries(NUMBERS, st.sets(NUMBERS)),
) | st.builds(UsageUnknown, st.text(max_size=600))
PROTECTIONS = st.builds(
    LifecycleProtection,
    images_in_use=st.sampled_from(ImagesInUse),
    max_expiring_images=st.none() | st.integers(0, 9),
    protected_tags=st.sampled_from([(), ("a*",), ("*",)]),
)
COUNTS = st.builds(ImageCount, st.integers(0, 20), st.booleans())


@bounded(500)
@given(PROTECTIONS, st.builds(Complete, NUMBERS, NUMBERS), COUNTS, IMAGES, USAGES)
def test_no_image_in_use_goes_and_every_message_fits(
    protection: LifecycleProtection,
    preview: Complete,
    images: ImageCount,
    found: list[Listed],
    usage: UsedImages | UsageUnknown,
) -> None:
    decision = decide(protection, preview, images, found, usage)
    messages = [decision.message] if isinstance(decision, Hold) else list(decision.warnings)
    assert all(0 < len(message) <= 512 for message in messages)
    if protection.effective_images_in_use == ImagesInUse.HOLD and isinstance(decision, Apply):
        assert isinstance(usage, UsedImages)
        going = {image.digest for image in found}
        for image in found:
            holders = {index for index, children in usage.children.items() if image.digest in children}
            assert holders & (usage.digests - going), "nothing keeps it"
    if protection.effective_images_in_use != ImagesInUse.IGNORE and isinstance(decision, Apply):
        assert preview.acted_on < images.images
    if protection.max_expiring_images is not None and isinstance(decision, Apply):
        assert preview.expiring <= protection.max_expiring_images
