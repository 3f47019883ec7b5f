"""Random sequences of what happens with lifecycle policies in a namespace."""

import copy
from random import Random
from typing import Any

from tests.lifecycle import keep, older_than
from tests.sequences.lifecycle.images import IMAGES, RULES
from tests.sequences.lifecycle.steps import (
    LABEL,
    Apply,
    Ask,
    ByHand,
    Drop,
    DropPolicy,
    Label,
    Mistake,
    Now,
    Policy,
    Push,
    Restart,
    RunPolicies,
    Spec,
    Step,
    Unuse,
    Use,
)

LEAST, MOST = 5, 11
LETTERS, NAMES, PODS = ("a", "b"), ("p", "q"), ("one", "two")
VALUES = ("x", "y", None)
"""Of the label of a repository."""
SELECTORS: tuple[dict[str, Any] | None, ...] = (
    {"matchLabels": {LABEL: "x"}},
    {"matchLabels": {LABEL: "x"}},
    {"matchLabels": {LABEL: "y"}},
    {"matchExpressions": [{"key": LABEL, "operator": "In", "values": ["x", "y"]}]},
    {"matchExpressions": [{"key": LABEL, "operator": "DoesNotExist"}]},
    {},
    None,
)
PROTECTIONS: tuple[Spec | None, ...] = (
    *[None] * 6,
    {"imagesInUse": "Hold"},
    {"imagesInUse": "Warn"},
    {"imagesInUse": "Ignore"},
    {"maxExpiringImages": 1},
    {"protectedTags": ["prod-*"]},
    {"imagesInUse": "Warn", "protectedTags": ["v1"], "maxExpiringImages": 2},
)
WRONG: tuple[Spec, ...] = (
    {"rules": []},
    {"rules": [keep(1), keep(2)]},
    {"rules": [keep(0)]},
    {"rules": [{**older_than(1), "action": {"type": "keep"}}]},
    {"rules": [keep(1)], "protection": {"imagesInUse": "Maybe"}},
    {"rules": [keep(1)], "protection": {"protectedTags": ["-x"]}},
    {"rules": [keep(1)], "deletionPolicy": "Keep"},
    {"rules": [keep(1)], "repositorySelector": {"matchLabels": {"": "x"}}},
    {"rules": [keep(1)], "surprise": 1},
)
BOTH: Spec = {"lifecyclePolicy": {"rules": [keep(1)]}, "lifecyclePolicyRef": {"name": "p"}}


def policy_spec(random: Random) -> Spec:
    """A spec of an EcrLifecyclePolicy that the API server takes."""
    spec: Spec = {"rules": random.choice(RULES)}
    for field, value in (
        ("repositorySelector", random.choice(SELECTORS)),
        ("protection", random.choice(PROTECTIONS)),
        ("deletionPolicy", random.choice([None, None, "Delete", "Retain"])),
        ("suspend", random.choice([None] * 9 + [True])),
    ):
        if value is not None:
            spec[field] = value
    return copy.deepcopy(spec)


def repository_spec(random: Random) -> Spec:
    """A spec of an EcrRepository that the API server takes."""
    spec: Spec = {}
    kind = random.random()
    if kind < 0.15:
        spec["lifecyclePolicy"] = {"rules": random.choice(RULES)}
        protection = random.choice(PROTECTIONS)
        if protection is not None:
            spec["lifecyclePolicy"]["protection"] = protection
    elif kind < 0.3:
        spec["lifecyclePolicyRef"] = {"name": random.choice(["p", "q", "nothing"])}
    if random.random() < 0.3:
        spec["deletionPolicy"] = "DeleteWithImages"
    if random.random() < 0.1:
        spec["suspend"] = True
    return copy.deepcopy(spec)


def sequence(random: Random) -> list[Step]:
    """A sequence; a step that makes no sense where it stands is passed over when it is run."""
    pushed = _push(random, "a")
    steps: list[Step] = [Apply("a", repository_spec(random)), Label("a", random.choice(VALUES)), pushed]
    if random.random() < 0.5:
        steps.append(Use("one", "a", random.choice(pushed.images)))
    if random.random() < 0.9:
        steps.insert(random.randint(0, len(steps)), Policy("p", policy_spec(random)))
    steps += [_step(random) for _ in range(random.randint(LEAST, MOST))]
    # Everything is looked at once more.
    return [*steps, *map(Ask, LETTERS), RunPolicies(), *map(Ask, LETTERS)]


def _step(random: Random) -> Step:
    letter = random.choice(["a", "a", "b"])
    kinds = {
        "change": 56,
        "push": 10,
        "use": 12,
        "unuse": 8,
        "run": 4,
        "hand": 4,
        "drop": 4,
        "ask": 3,
        "mistake": 2,
        "restart": 2,
    }
    match random.choices(list(kinds), list(kinds.values()))[0]:
        case "push":
            return _push(random, letter)
        case "use":
            image = random.choice(["v1", "v1", *IMAGES])
            return Use(random.choice(PODS), letter, image, random.random() < 0.3)
        case "unuse":
            return Unuse(random.choice(PODS))
        case "run":
            return RunPolicies()
        case "hand":
            return ByHand(letter, random.random() < 0.5)
        case "drop":
            return Drop(letter)
        case "ask":
            return Ask(letter)
        case "mistake":
            if random.random() < 0.2:
                return Mistake(letter, BOTH, policy=False)
            return Mistake(random.choice(NAMES), copy.deepcopy(random.choice(WRONG)))
        case "restart":
            return Restart()
    step = _change(random, letter)
    return Now(step) if random.random() < 0.25 else step


def _change(random: Random, letter: str) -> Apply | Label | Policy | DropPolicy:
    name = random.choice(NAMES)
    match random.choices(("apply", "label", "policy", "drop"), (10, 20, 22, 6))[0]:
        case "apply":
            return Apply(letter, repository_spec(random))
        case "label":
            return Label(letter, random.choice(VALUES))
        case "drop":
            return DropPolicy(name)
    return Policy(name, policy_spec(random))


def _push(random: Random, letter: str) -> Push:
    return Push(letter, tuple(random.sample(sorted(IMAGES), random.randint(2, 5))))
