"""Names that ECR accepts, and near misses, generated with a fixed seed."""

import random
from collections.abc import Iterator
from itertools import islice

_LETTERS = "abcxyz0189"
_SEPARATORS = (".", "_", "__", "-", "--", "----")
_INTRUDERS = (
    *("..", "___", "._", "_-", "-.", "//", "/"),
    *("A", " ", "\n", "*", ":", "@", "%", "é", "ß"),
    *("\N{ARABIC-INDIC DIGIT ZERO}", "\N{MINUS SIGN}", "\N{ONE DOT LEADER}"),
)

SHORTEST_AND_LONGEST = (
    *("ab", "00", "a/b"),
    *("a" * 256, "a." * 127 + "aa", "a/" * 127 + "aa", f"a{'-' * 254}b"),
)
ALMOST = (
    *("a", "/", "--", "a" * 257, f"a{'-' * 255}b"),
    *("a/", "/a", "-a", "a-", "_a", "a_", ".a", "a.", " ab", "ab ", "\nab", "ab\n"),
)


def valid_names(count: int, seed: int) -> list[str]:
    """Return names that ECR accepts."""
    return [*SHORTEST_AND_LONGEST, *islice(_names(random.Random(seed)), count - len(SHORTEST_AND_LONGEST))]


def near_misses(count: int, seed: int) -> list[str]:
    """Return names with something thrown in; nearly all are wrong now."""
    chance = random.Random(seed)
    return [*ALMOST, *(_spoilt(name, chance) for name in islice(_names(chance), count - len(ALMOST)))]


def _names(chance: random.Random) -> Iterator[str]:
    while True:
        yield "/".join(_component(chance) for _ in range(chance.randint(1, 4)))


def _component(chance: random.Random) -> str:
    words = ["".join(chance.choices(_LETTERS, k=chance.randint(2, 5))) for _ in range(chance.randint(1, 3))]
    return "".join(word + chance.choice(_SEPARATORS) for word in words[:-1]) + words[-1]


def _spoilt(name: str, chance: random.Random) -> str:
    at = chance.randint(0, len(name))
    return name[:at] + chance.choice(_INTRUDERS + _SEPARATORS) + name[at:]
