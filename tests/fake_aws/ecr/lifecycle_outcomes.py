"""What lifecycle policies do to repositories, as data: the outcomes that AWS documents, and what follows from
single sentences of its rules.

Source: ECR User Guide, "Examples of lifecycle policies in Amazon ECR" (`DOCUMENTED`: all of its repositories,
by their headings) and "Lifecycle policy evaluation rules" (`SENTENCES`: each name says the sentence).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .lifecycle_examples import (
    ANY,
    ARCHIVE,
    ARCHIVED,
    EXPIRE,
    UNTAGGED,
    VALID,
    Policy,
    days,
    keep,
    policy,
    rule,
    tagged,
)

Action = tuple[str, int]
"""EXPIRE or TRANSITION, and the rule's priority."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An image; all times are days ago, a little less."""

    tags: tuple[str, ...]
    pushed: float
    pulled: float | None = None
    archived: float | None = None
    activated: float | None = None
    status: str = "ACTIVE"
    children: tuple[str, ...] = ()
    """Names of images that come before."""
    subject: str | None = None
    """The name of an image that comes before."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A policy over a repository, and what becomes of it."""

    policy: Policy
    images: dict[str, Stored]
    marked: dict[str, Action]
    """What the preview shows, by image."""
    held: frozenset[str] = frozenset()
    """What of that a run cannot do."""
    following: dict[str, str] = field(default_factory=dict)
    """What a run does besides: artifacts that go the way of their subject."""


def expire(priority: int, *names: str) -> dict[str, Action]:
    """Images that a rule expires."""
    return dict.fromkeys(names, ("EXPIRE", priority))


def archive(priority: int, *names: str) -> dict[str, Action]:
    """Images that a rule archives."""
    return dict.fromkeys(names, ("TRANSITION", priority))


BETA_AND_PROD = {
    "A": Stored(("beta-1", "prod-1"), 10),
    "B": Stored(("beta-2", "prod-2"), 9),
    "C": Stored(("beta-3",), 8),
}

DOCUMENTED: dict[str, Outcome] = {
    "multiple rules, example A": Outcome(VALID["multiple rules, example A"], BETA_AND_PROD, expire(1, "A")),
    "multiple rules, example B": Outcome(
        VALID["multiple rules, example B"], BETA_AND_PROD, expire(1, "A", "B")
    ),
    "multiple tags, example A": Outcome(
        VALID["multiple tags, example A"],
        {
            "A": Stored(("alpha-1",), 12),
            "B": Stored(("beta-1",), 11),
            "C": Stored(("alpha-2", "beta-2"), 10),
            "D": Stored(("alpha-3",), 4),
            "E": Stored(("beta-3",), 3),
            "F": Stored(("alpha-4", "beta-4"), 2),
        },
        expire(1, "C"),
    ),
    "multiple tags, example B": Outcome(
        VALID["multiple tags, example B"],
        {
            "A": Stored(("alpha-1", "beta-1", "gamma-1"), 10),
            "B": Stored(("alpha-2", "beta-2"), 9),
            "C": Stored(("alpha-3", "beta-3", "gamma-2"), 8),
        },
        expire(1, "A", "B"),
    ),
    "all images, example A": Outcome(
        VALID["all images, example A"],
        {
            "A": Stored(("alpha-1",), 4),
            "B": Stored(("beta-1",), 3),
            "C": Stored((), 2),
            "D": Stored(("alpha-2",), 1),
        },
        expire(1, "A", "B", "C"),
    ),
    "all images, example B": Outcome(
        VALID["all images, example B"],
        {
            "A": Stored(("alpha-1", "beta-1"), 4),
            "B": Stored((), 3),
            "C": Stored(("alpha-2",), 2),
            "D": Stored(("git-hash",), 1),
            "E": Stored((), 1),
        },
        expire(1, "A") | expire(2, "B") | expire(3, "D"),
    ),
}
"""What AWS says becomes of its example repositories (its tag "git hash" is none: tags have no spaces)."""

KEEP_TWO = policy(rule(1, "Keep the two newest images", EXPIRE, **ANY, **keep(2)))
UNTAGGED_AFTER_A_DAY = rule(1, "Expire untagged images after a day", EXPIRE, **UNTAGGED, **days(1))
ARCHIVE_UNPULLED = VALID["archiving images not pulled in a number of days"]

SENTENCES: dict[str, Outcome] = {
    "all prefixes are matched against any of the tags": Outcome(
        policy(
            rule(1, "Both", EXPIRE, tagStatus="tagged", tagPrefixList=["rc-", "eu-"], **days(1)),
        ),
        {
            "both": Stored(("rc-1", "eu-1"), 5),
            "one": Stored(("rc-2",), 5),
            "elsewhere": Stored(("x-rc-", "x-eu-"), 5),
        },
        expire(1, "both"),
    ),
    "one tag can match all patterns": Outcome(
        policy(rule(1, "Both", EXPIRE, **tagged("prod*", "*-eu"), **days(1))),
        {
            "one tag": Stored(("prod-eu",), 5),
            "two tags": Stored(("prod-us", "test-eu"), 5),
            "half": Stored(("prod-ap",), 5),
        },
        expire(1, "one tag", "two tags"),
    ),
    "a pattern has no other wildcard, and its letters their case": Outcome(
        policy(rule(1, "Literally", EXPIRE, **tagged("v1.*"), **days(1))),
        {"same": Stored(("v1.2",), 5), "dot": Stored(("v1x2",), 5), "case": Stored(("V1.2",), 5)},
        expire(1, "same"),
    ),
    "a pattern without a wildcard is the tag": Outcome(
        policy(rule(1, "The one tag of that very name", EXPIRE, **tagged("prod"), **days(1))),
        {"same": Stored(("prod",), 5), "longer": Stored(("prod1",), 5)},
        expire(1, "same"),
    ),
    "an image that matches the tagging requirements of a rule is safe from those of lower priority": Outcome(
        policy(
            rule(1, "Keep a hundred releases", EXPIRE, **tagged("release-*"), **keep(100)),
            rule(2, "Expire the rest after a week", EXPIRE, **ANY, **days(7)),
        ),
        {"release": Stored(("release-1", "build-7"), 400), "build": Stored(("build-8",), 400)},
        expire(2, "build"),
    ),
    "a rule counts what another rule has marked": Outcome(
        policy(UNTAGGED_AFTER_A_DAY, rule(2, "Keep three images", EXPIRE, **ANY, **keep(3))),
        {
            "c": Stored(("c",), 5),
            "b": Stored(("b",), 4),
            "a": Stored(("a",), 3),
            "untagged": Stored((), 2),
        },
        expire(1, "untagged") | expire(2, "c"),
    ),
    "a rule counts what another rule keeps": Outcome(
        policy(
            rule(1, "Keep for a quarter", EXPIRE, **tagged("keep-*"), **days(90)),
            rule(2, "Keep two images of all there are", EXPIRE, **ANY, **keep(2)),
        ),
        {"b": Stored(("b",), 4), "a": Stored(("a",), 3), "kept": Stored(("keep-1",), 2)},
        expire(2, "b"),
    ),
    "older than the number of days": Outcome(
        policy(rule(1, "Expire images after three days", EXPIRE, **ANY, **days(3))),
        {"older": Stored(("a",), 3.01), "not yet": Stored(("b",), 3)},
        expire(1, "older"),
    ),
    "a rule selects one storage class": Outcome(
        policy(rule(1, "Keep one", EXPIRE, **ANY, **keep(1)), rule(2, "Archived", EXPIRE, **ANY, **ARCHIVED)),
        {
            "archived long ago": Stored(("a",), 500, archived=400, status="ARCHIVED"),
            "archived lately": Stored(("b",), 500, archived=100, status="ARCHIVED"),
            "old": Stored(("c",), 3),
            "new": Stored(("d",), 2),
            "pushed after, but archived": Stored(("e",), 1, archived=0.5, status="ARCHIVED"),
        },
        expire(1, "old") | expire(2, "archived long ago"),
    ),
    "combining archive and expire rules": Outcome(
        VALID["combining archive and expire rules"],
        {
            "archived long ago": Stored(("a",), 500, archived=366, status="ARCHIVED"),
            "archived lately": Stored(("b",), 500, archived=365, status="ARCHIVED"),
            "old": Stored(("c",), 31),
            "restored lately": Stored(("d",), 500, archived=450, activated=29),
            "new": Stored(("e",), 30),
        },
        expire(2, "archived long ago") | archive(1, "old"),
    ),
    "a rule of a storage class does not shield the other": Outcome(
        policy(
            rule(1, "Keep releases that are not archived", EXPIRE, **tagged("v*"), **keep(5)),
            rule(2, "Expire what has been archived for a year", EXPIRE, **ANY, **ARCHIVED),
        ),
        {"archived": Stored(("v1",), 500, archived=400, status="ARCHIVED"), "active": Stored(("v2",), 500)},
        expire(2, "archived"),
    ),
    "an image that is being restored is archived still": Outcome(
        policy(rule(1, "Keep one", EXPIRE, **ANY, **keep(1)), rule(2, "Archived", EXPIRE, **ANY, **ARCHIVED)),
        {"restoring": Stored(("a",), 500, archived=400, status="ACTIVATING"), "new": Stored(("b",), 1)},
        expire(2, "restoring"),
    ),
    "if an image was never pulled, pushed_at_time is used": Outcome(
        ARCHIVE_UNPULLED,
        {
            "never": Stored(("a",), 91),
            "not yet": Stored(("b",), 90),
            "long ago": Stored(("c",), 200, pulled=91),
            "lately": Stored(("d",), 200, pulled=90),
        },
        archive(1, "never", "long ago"),
    ),
    "restored and never pulled since, last_activated_at is used": Outcome(
        ARCHIVE_UNPULLED,
        {
            "restored lately": Stored(("a",), 400, pulled=300, archived=200, activated=10),
            "restored lately, never pulled": Stored(("b",), 400, archived=200, activated=10),
            "restored long ago": Stored(("c",), 400, pulled=300, archived=200, activated=100),
            "pulled since": Stored(("d",), 400, pulled=50, archived=200, activated=100),
        },
        archive(1, "restored long ago"),
    ),
    "of a restored image last_activated_at is used for pushed_at_time": Outcome(
        KEEP_TWO,
        {
            "restored": Stored(("a",), 400, archived=200, activated=1),
            "b": Stored(("b",), 3),
            "c": Stored(("c",), 2),
        },
        expire(1, "b"),
    ),
    "a child cannot be expired before its manifest list is": Outcome(
        policy(UNTAGGED_AFTER_A_DAY),
        {
            "amd64": Stored((), 10),
            "arm64": Stored((), 10),
            "list": Stored(("v1",), 10, children=("amd64", "arm64")),
            "loose": Stored((), 10),
        },
        expire(1, "amd64", "arm64", "loose"),
        held=frozenset({"amd64", "arm64"}),
    ),
    "a child cannot be expired while its manifest list is archived": Outcome(
        policy(UNTAGGED_AFTER_A_DAY),
        {
            "child": Stored((), 10),
            "list": Stored(("v1",), 10, archived=5, status="ARCHIVED", children=("child",)),
            "loose": Stored((), 10),
        },
        expire(1, "child", "loose"),
        held=frozenset({"child"}),
    ),
    "a child can be expired with its manifest lists": Outcome(
        policy(rule(1, "Expire all images after a week", EXPIRE, **ANY, **days(7))),
        {
            "only here": Stored((), 10),
            "in both": Stored((), 10),
            "old list": Stored(("v1",), 10, children=("only here", "in both")),
            "new list": Stored(("v2",), 1, children=("in both",)),
        },
        expire(1, "only here", "in both", "old list"),
        held=frozenset({"in both"}),
    ),
    "a child can be archived once its manifest list is": Outcome(
        VALID["combining archive and expire rules"],
        {
            "child": Stored((), 40),
            "list": Stored(("v1",), 40, children=("child",)),
            "other child": Stored((), 40),
            "new list": Stored(("v2",), 4, children=("other child",)),
        },
        archive(1, "child", "list", "other child"),
        held=frozenset({"other child"}),
    ),
    "manifest lists and their children are counted like any other image": Outcome(
        KEEP_TWO,
        {
            "before": Stored(("v1",), 9),
            "amd64": Stored((), 3),
            "arm64": Stored((), 2),
            "list": Stored(("v2",), 1, children=("amd64", "arm64")),
        },
        expire(1, "before", "amd64"),
        held=frozenset({"amd64"}),
    ),
    "reference artifacts follow their subject": Outcome(
        policy(rule(1, "Expire builds after a week", EXPIRE, **tagged("build-*"), **days(7))),
        {
            "image": Stored(("build-1",), 8),
            "signature": Stored((), 1, subject="image"),
            "signature of the signature": Stored((), 1, subject="signature"),
            "kept": Stored(("v1",), 8),
            "its signature": Stored((), 8, subject="kept"),
        },
        expire(1, "image"),
        following={"signature": "EXPIRE", "signature of the signature": "EXPIRE"},
    ),
    "reference artifacts are archived with their subject": Outcome(
        policy(rule(1, "Archive builds after a week", ARCHIVE, **tagged("build-*"), **days(7))),
        {"image": Stored(("build-1",), 8), "signature": Stored(("sig",), 1, subject="image")},
        archive(1, "image"),
        following={"signature": "TRANSITION"},
    ),
    "rules see reference artifacts like any other image": Outcome(
        policy(UNTAGGED_AFTER_A_DAY),
        {"image": Stored(("v1",), 8), "signature": Stored((), 8, subject="image")},
        expire(1, "signature"),
    ),
}
"""What single rules of the evaluation lead to."""

OUTCOMES = DOCUMENTED | SENTENCES
