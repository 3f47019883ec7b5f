"""The evaluator of lifecycle policies, by AWS's own examples and sentences, and where AWS says nothing."""

from typing import NamedTuple

import pytest

from ecr_operator.planning.lifecycle_evaluation import Verdict
from ecr_operator.planning.lifecycle_image import Image
from tests.api.lifecycle_examples import ARCHIVE, Rule, days_since, more_than, rule
from tests.api.lifecycle_examples import archived as archived_for
from tests.planning.images import ARCHIVED, acted, ago, archived, image, index, verdicts


class Case(NamedTuple):
    """Images, rules, and what the rules do to the images."""

    images: list[Image]
    rules: list[Rule]
    acted: dict[str, str]


PROD = more_than(1, "tagged", tagPatternList=["prod*"])
BETA = more_than(1, "tagged", tagPatternList=["beta*"])
ALPHA_AND_BETA = ["alpha*", "beta*"]
RELEASES = [image("A", "beta-1", "prod-1", days=10), image("B", "beta-2", "prod-2", days=9)]
RELEASES.append(image("C", "beta-3", days=8))
NOT_PULLED = [rule(1, days_since("Pulled", 90, "any"), ARCHIVE)]
OLD = rule(1, days_since("Pushed", 14, "any"))
UNTAGGED = rule(1, days_since("Pushed", 1, "untagged"))
KEEP_PROD = rule(1, more_than(9999, "tagged", tagPatternList=["prod*"]))

AWS: dict[str, Case] = {
    "image age: images with a tag starting with prod that are also older than 14 days": Case(
        [image("A", "prod-1", days=15), image("B", "prod-2", days=13), image("C", "beta", days=15)],
        [rule(1, days_since("Pushed", 14, "tagged", tagPatternList=["prod*"]))],
        {"A": "expire 1"},
    ),
    "last pulled time: archives images that haven't been pulled in 90 days": Case(
        [image("A", days=200, pulled_at=ago(91)), image("B", "v1", days=200, pulled_at=ago(89))],
        NOT_PULLED,
        {"A": "transition 1"},
    ),
    "archive transition time: expires images that have been in archive for more than 365 days": Case(
        [archived("A", days=366), archived("B", days=364), image("C", days=900)],
        [rule(1, archived_for(365, "any"))],
        {"A": "expire 1"},
    ),
    "image count: keeps only one untagged image and expires all others": Case(
        [image("A", days=3), image("B", days=2), image("C", days=1), image("D", "v1", days=4)],
        [rule(1, more_than(1, "untagged"))],
        {"A": "expire 1", "B": "expire 1"},
    ),
    "multiple rules, A: if image B were expired it would violate rule 1 and thus is skipped": Case(
        RELEASES, [rule(1, PROD), rule(2, BETA)], {"A": "expire 1"}
    ),
    "multiple rules, B: all available images were already seen by rule 1": Case(
        RELEASES, [rule(1, BETA), rule(2, PROD)], {"A": "expire 1", "B": "expire 1"}
    ),
    "multiple tags, A: images must match all listed tag patterns": Case(
        [
            image("A", "alpha-1", days=12),
            image("B", "beta-1", days=11),
            image("C", "alpha-2", "beta-2", days=10),
            image("D", "alpha-3", days=4),
            image("E", "beta-3", days=3),
            image("F", "alpha-4", "beta-4", days=2),
        ],
        [rule(1, days_since("Pushed", 5, "tagged", tagPatternList=ALPHA_AND_BETA))],
        {"C": "expire 1"},
    ),
    "multiple tags, B: tags are not exclusive": Case(
        [
            image("A", "alpha-1", "beta-1", "gamma-1", days=10),
            image("B", "alpha-2", "beta-2", days=9),
            image("C", "alpha-3", "beta-3", "gamma-2", days=8),
        ],
        [rule(1, more_than(1, "tagged", tagPatternList=ALPHA_AND_BETA))],
        {"A": "expire 1", "B": "expire 1"},
    ),
    "all images, A: expires all images other than the newest one": Case(
        [
            image("A", "alpha-1", days=4),
            image("B", "beta-1", days=3),
            image("C", days=2),
            image("D", "alpha-2", days=1),
        ],
        [rule(1, more_than(1, "any"))],
        {"A": "expire 1", "B": "expire 1", "C": "expire 1"},
    ),
    "all images, B: images that were identified by higher priority rules are not marked": Case(
        [
            image("A", "alpha-1", "beta-1", days=4),
            image("B", days=3),
            image("C", "alpha-2", days=2),
            image("D", "git hash", days=1),
            image("E", days=1),
        ],
        [
            rule(1, more_than(1, "tagged", tagPatternList=["alpha*"])),
            UNTAGGED | {"rulePriority": 2},
            rule(3, more_than(1, "any")),
        ],
        {"A": "expire 1", "B": "expire 2", "D": "expire 3"},
    ),
    "archiving production images older than 30 days": Case(
        [image("A", "prod", days=31), image("B", "prod-2", days=29), image("C", "beta", days=31)],
        [rule(1, days_since("Pushed", 30, "tagged", tagPatternList=["prod*"]), ARCHIVE)],
        {"A": "transition 1"},
    ),
    "combining archive and expire rules: each is about the images of its own storage class": Case(
        [image("A", days=31), archived("B", "v1", days=366), archived("C", days=300), image("D", days=29)],
        [rule(1, days_since("Pushed", 30, "any"), ARCHIVE), rule(2, archived_for(365, "any"))],
        {"A": "transition 1", "B": "expire 2"},
    ),
    "prod* matches prod, prod1, or production-team1, and not my-prod": Case(
        [image(tag, tag, days=15) for tag in ("prod", "prod1", "production-team1", "my-prod", "Prod")],
        [rule(1, days_since("Pushed", 14, "tagged", tagPatternList=["prod*"]))],
        dict.fromkeys(["prod", "prod1", "production-team1"], "expire 1"),
    ),
    "*prod* matches repo-production or prod-team": Case(
        [image(tag, tag, days=15) for tag in ("repo-production", "prod-team", "pro.d")],
        [rule(1, days_since("Pushed", 14, "tagged", tagPatternList=["*prod*"]))],
        dict.fromkeys(["repo-production", "prod-team"], "expire 1"),
    ),
    "every other character of a pattern stands for itself": Case(
        [image(tag, tag, days=15) for tag in ("v1.2", "v1x2", "v1")],
        [rule(1, days_since("Pushed", 14, "tagged", tagPatternList=["v1.*"]))],
        {"v1.2": "expire 1"},
    ),
    "four wildcards per string": Case(
        [image(tag, tag, days=15) for tag in ("test-1.2+3", "a-test123", "test321")],
        [rule(1, days_since("Pushed", 14, "tagged", tagPatternList=["*test*1*2*3", "test*1*2*3*"]))],
        {"test-1.2+3": "expire 1"},
    ),
    "a prefix is matched when it begins any of the image's tags, all prefixes have to be": Case(
        [
            image("A", "alpha1", "x", days=9),
            image("B", "x-alpha", "beta", days=9),
            image("C", days=9),
            image("D", "beta2", "alpha", days=9),
        ],
        [rule(1, days_since("Pushed", 5, "tagged", tagPrefixList=["alpha", "beta"]))],
        {"D": "expire 1"},
    ),
    "an image that matches the tagging requirements of a rule cannot be expired by a lower one": Case(
        [image("A", "prod-1", days=99), image("B", "beta-1", days=99)],
        [KEEP_PROD, OLD | {"rulePriority": 2}],
        {"B": "expire 2"},
    ),
    "rules can still identify images that are marked by higher priority rules": Case(
        [image("A", "prod-1", days=1), image("B", "beta-1", days=2)],
        [
            rule(1, days_since("Pushed", 14, "tagged", tagPatternList=["prod*"])),
            rule(2, more_than(1, "any")),
        ],
        {"B": "expire 2"},
    ),
    "an image that was restored counts from its restoration": Case(
        [image("A", days=99, activated_at=ago(2)), image("B", days=3), image("C", days=1)],
        [rule(1, more_than(2, "any"))],
        {"B": "expire 1"},
    ),
    "never pulled: the time of the push is used instead": Case(
        [image("A", days=91), image("B", days=89)], NOT_PULLED, {"A": "transition 1"}
    ),
    "restored and never pulled since: the time of the restoration is used instead": Case(
        [
            image("A", days=300, pulled_at=ago(200), activated_at=ago(91)),
            image("B", days=300, pulled_at=ago(200), activated_at=ago(89)),
            image("C", days=300, pulled_at=ago(10), activated_at=ago(200)),
        ],
        NOT_PULLED,
        {"A": "transition 1"},
    ),
    "referenced by a manifest list: not expired without the list being deleted or archived first": Case(
        [index("I", "v1", children="AB", days=9), image("A", days=9), image("B", days=9), image("C", days=9)],
        [UNTAGGED],
        {"C": "expire 1"},
    ),
    "reference artifacts go with their subject": Case(
        [image("A", "v1", days=15), image("S", subject="A"), image("T", subject="S"), image("B", "v2")],
        [OLD],
        {"A": "expire 1", "S": "expire 1", "T": "expire 1"},
    ),
}

SILENT: dict[str, Case] = {
    "exactly n days is not older than n days, a moment more is": Case(
        [image("A", days=14), image("B", days=14 + 1e-9)], [OLD], {"B": "expire 1"}
    ),
    "of images pushed at the same moment all are acted on where the rule cannot keep all": Case(
        [image("A", days=3), image("B", days=2), image("C", days=2), image("D", days=1)],
        [rule(1, more_than(2, "any"))],
        {"A": "expire 1", "B": "expire 1", "C": "expire 1"},
    ),
    "images pushed at the same moment are kept where the rule can keep all": Case(
        [image("A", days=3), image("B", days=2), image("C", days=2)],
        [rule(1, more_than(2, "any"))],
        {"A": "expire 1"},
    ),
    "an index, its children and its signature count like any image": Case(
        [
            index("I", "v2", children="AB", days=1),
            image("A", days=1.1),
            image("B", days=1.2),
            image("S", days=0.9, subject="I"),
            image("C", "v1", days=2),
        ],
        [rule(1, more_than(4, "any"))],
        {"C": "expire 1"},
    ),
    "an index and its children go in one run": Case(
        [index("I", "v1", children="A", days=15), image("A", days=15)],
        [OLD],
        {"I": "expire 1", "A": "expire 1"},
    ),
    "children go when the index is archived in the same run": Case(
        [index("I", "v1", children="A", days=15), image("A", days=15)],
        [
            rule(1, days_since("Pushed", 14, "tagged", tagPatternList=["v*"]), ARCHIVE),
            UNTAGGED | {"rulePriority": 2},
        ],
        {"I": "transition 1", "A": "expire 2"},
    ),
    "an archived index does not hold its children": Case(
        [
            index("I", "v1", children="A", storage_class=ARCHIVED, archived_at=ago(2)),
            image("A", days=15),
        ],
        [OLD],
        {"A": "expire 1"},
    ),
    "an index in standard storage holds a child that is archived": Case(
        [index("I", "v1", children="A"), archived("A", days=400)], [rule(1, archived_for(365, "any"))], {}
    ),
    "an index that another index holds does hold its own children": Case(
        [
            index("O", "v1", children="I"),
            index("I", children="A", days=15),
            image("A", days=15),
        ],
        [UNTAGGED],
        {},
    ),
    "a child of two indexes is held by the one that stays": Case(
        [
            index("I", "v1", children="A", days=15),
            index("J", "v2", children="A", days=1),
            image("A", days=15),
        ],
        [OLD],
        {"I": "expire 1"},
    ),
    "a child that is held still counts among the images that a rule keeps": Case(
        [index("I", "v1", children="A", days=1), image("A", days=9), image("B", days=2), image("C", days=3)],
        [rule(1, more_than(1, "untagged"))],
        {"C": "expire 1"},
    ),
    "a signature is judged by itself too, and its subject stays": Case(
        [image("A", "v1", days=15), image("S", days=15, subject="A")], [UNTAGGED], {"S": "expire 1"}
    ),
    "a signature is expired with its subject though a rule would keep or only archive it": Case(
        [image("A", days=15), image("S", "prod", subject="A"), image("T", "old", days=99, subject="A")],
        [
            KEEP_PROD,
            rule(2, days_since("Pushed", 30, "tagged", tagPatternList=["old"]), ARCHIVE),
            UNTAGGED | {"rulePriority": 3},
        ],
        {"A": "expire 3", "S": "expire 3", "T": "expire 3"},
    ),
    "a signature that is archived stays where it is when its subject is archived": Case(
        [image("A", days=31), archived("S", days=1, subject="A"), image("T", subject="A")],
        [rule(1, days_since("Pushed", 30, "any"), ARCHIVE)],
        {"A": "transition 1", "T": "transition 1"},
    ),
    "a signature that is the child of an index does not go with its subject": Case(
        [image("A", days=15), image("S", subject="A"), index("I", "v1", children="S")],
        [OLD],
        {"A": "expire 1"},
    ),
    "a signature without its subject is judged like any image": Case(
        [image("S", days=13, subject="gone"), image("T", days=15, subject="gone")], [OLD], {"T": "expire 1"}
    ),
    "an archived image whose time of archiving is not known counts as archived when it was pushed": Case(
        [image("A", days=366, storage_class=ARCHIVED), image("B", days=364, storage_class=ARCHIVED)],
        [rule(1, archived_for(365, "any"))],
        {"A": "expire 1"},
    ),
    "archived images do not count among those that a rule keeps": Case(
        [archived("A", days=1, pushed=1), image("B", days=2)], [rule(1, more_than(1, "any"))], {}
    ),
    "a count of days that no calendar has": Case(
        [image("A", days=9999)], [rule(1, days_since("Pushed", 2**31 - 1, "any"))], {}
    ),
    "no images": Case([], [OLD], {}),
}


@pytest.mark.parametrize("sentence", [*AWS, *SILENT])
def test_each_sentence(sentence: str) -> None:
    case = (AWS | SILENT)[sentence]
    found = verdicts(case.rules, *case.images)
    assert found.keys() == {image.digest for image in case.images}
    assert acted(found) == case.acted


def test_who_is_kept_says_by_which_rule() -> None:
    found = verdicts([KEEP_PROD], image("A", "prod", days=99), image("B", "beta", days=99))
    assert found == {"A": Verdict(rule=1), "B": Verdict()}


def test_who_is_held_says_by_which_index() -> None:
    images = [
        index("J", "v2", children="AB"),
        index("I", "v1", children="AB"),
        image("A", days=15),
        image("B", days=0.5),
    ]
    for some_order in (images, images[::-1]):
        found = verdicts([UNTAGGED], *some_order)
        assert found["A"] == Verdict(rule=1, held_by="I")
        # Nothing would happen to it without the index either.
        assert found["B"] == Verdict(rule=1)


def test_who_goes_with_its_subject_says_so() -> None:
    found = verdicts([OLD], image("A", days=15), image("S", subject="A"), image("T", days=15, subject="A"))
    assert found["S"].follows == "A"
    assert found["T"].follows is None


def test_what_is_tied_says_so() -> None:
    images = [image("A", days=3), image("B", days=2), image("C", days=2)]
    found = verdicts([rule(1, more_than(1, "any"))], *images, image("S", "v1", days=9, subject="B"))
    assert {digest for digest, one in found.items() if one.tied} == {"B", "C"}


def test_a_policy_is_judged_at_another_time() -> None:
    images = [image("A", days=13), image("B", days=12)]
    assert acted(verdicts([OLD], *images)) == {}
    assert acted(verdicts([OLD], *images, days=2)) == {"A": "expire 1"}
    assert acted(verdicts([OLD], *images, days=-10)) == {}
