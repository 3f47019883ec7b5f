"""Random specs of EcrPullSecrets, slightly invalid ones among them, and sequences of steps drawn with them.

`secretName` and `format` cannot be changed, so they are drawn once for a whole sequence.
"""

import copy
from random import Random
from typing import Any

from tests.sequences.pull.steps import (
    CASE,
    LABEL,
    ROLE,
    AddNamespace,
    Apply,
    Ask,
    Delete,
    Delist,
    DropForeign,
    DropNamespace,
    Edit,
    Enlist,
    Foreign,
    Label,
    Mistake,
    Refuse,
    Restart,
    Spec,
    Step,
)

LEAST, MOST = 4, 9
LETTERS = ("a", "b", "c")
VALUES = (CASE, "guests", None)
"""Of the label of a namespace."""

REGISTRIES: tuple[list[dict[str, Any]], ...] = (
    [{}],
    [{}],
    [{"accounts": ["222222222222"]}],
    [{}, {"region": "us-east-1", "accounts": ["222222222222"], "hosts": ["Standard", "Fips"]}],
    [{"hosts": ["DualStack", "Standard"]}],
    [{"region": "eu-central-1"}, {"public": True}],
)
ONE_HOST = REGISTRIES[:3]
MINE = {"matchLabels": {LABEL: CASE}}
TARGETS: tuple[dict[str, Any], ...] = (
    {"selector": MINE},
    {"include": [f"{CASE}-*"]},
    {"include": [f"{CASE}-a", f"{CASE}-b"]},
    {"include": [f"{CASE}-?"], "exclude": [f"{CASE}-b"]},
    {
        "include": [f"{CASE}-*"],
        "selector": {"matchExpressions": [{"key": LABEL, "operator": "DoesNotExist"}]},
    },
    {
        "include": [f"{CASE}-*"],
        "selector": {"matchExpressions": [{"key": LABEL, "operator": "In", "values": [CASE, "guests"]}]},
    },
    {
        "include": [f"{CASE}-*"],
        "selector": {"matchExpressions": [{"key": LABEL, "operator": "NotIn", "values": ["guests"]}]},
    },
    {"include": ["nowhere"]},
)
ACCOUNTS = (["default"], ["builder"], ["default", "builder"], ["builder", "nobody"])
WRONG: tuple[dict[str, Any], ...] = (
    {"registries": []},
    {"registries": [{}, {}]},
    {"registries": [{"public": True, "region": "eu-west-1"}]},
    {"registries": [{"accounts": ["1234"]}]},
    {"registries": [{"region": "eu-west-1", "hosts": ["Fips"]}]},
    {"namespaces": {}},
    {"namespaces": {"include": ["Team_A"]}},
    {"namespaces": {"include": []}},
    {"serviceAccounts": {"names": []}},
    {"auth": {"access": "Pull"}},
    {"auth": {"roleArn": "arn:aws:iam::1:role/x"}},
    {"deletionPolicy": "Keep"},
    {"adoptionPolicy": True},
    {"secretName": "No_Name"},
    {"surprise": 1},
)


def valid_spec(random: Random, fixed: Spec) -> Spec:
    """A spec that the API server takes; `fixed` is in all specs of its sequence."""
    argo = fixed.get("format") == "ArgoCDRepoCreds"
    spec = {
        **fixed,
        "registries": random.choice(ONE_HOST if argo else REGISTRIES),
        "namespaces": random.choice(TARGETS),
    }
    if "format" not in fixed and random.random() < 0.6:
        spec["serviceAccounts"] = {"names": random.choice(ACCOUNTS)}
    if random.random() < 0.35:
        spec["auth"] = {"roleArn": ROLE, "access": random.choice(["Pull", "PullPush"])}
    for field, values in (("deletionPolicy", ["Delete", "Retain"]), ("adoptionPolicy", ["Refuse", "Adopt"])):
        if random.random() < 0.4:
            spec[field] = random.choice(values)
    if random.random() < 0.12:
        spec["suspend"] = True
    return copy.deepcopy(spec)


def sequence(random: Random) -> list[Step]:
    """A sequence; a step that makes no sense where it stands is passed over when it is run."""
    fixed: Spec = {} if random.random() < 0.3 else {"secretName": "ecr"}
    if random.random() < 0.25:
        fixed["format"] = random.choice(["DockerConfigFile", "ArgoCDRepoCreds"])
    steps: list[Step] = [AddNamespace(letter, _labels(random)) for letter in random.sample(LETTERS, 2)]
    steps.append(_apply(random, fixed, waits=True))
    steps += [_step(random, fixed) for _ in range(random.randint(LEAST, MOST))]
    # Everything is looked at once more.
    return [*steps, _apply(random, fixed, waits=True), Ask()]


def _step(random: Random, fixed: Spec) -> Step:
    letter, account = random.choice(LETTERS), random.choice(["default", "builder"])
    entry = random.choice([CASE, CASE, "theirs", "late"])
    kinds = {
        "apply": 30,
        "label": 12,
        "edit": 12,
        "delist": 8,
        "enlist": 8,
        "delete": 6,
        "add": 6,
        "foreign": 6,
        "ask": 5,
        "mistake": 5,
        "refuse": 5,
        "drop": 3,
        "unforeign": 3,
        "restart": 2,
    }
    match random.choices(list(kinds), list(kinds.values()))[0]:
        case "apply":
            return _apply(random, fixed, waits=random.random() < 0.7)
        case "label":
            return Label(letter, random.choice(VALUES))
        case "edit":
            return Edit(letter, random.choice(["data", "label", "owner", "gone"]))
        case "delist":
            return Delist(letter, account, entry)
        case "enlist":
            return Enlist(letter, account, entry)
        case "delete":
            return Delete()
        case "add":
            return AddNamespace(letter, _labels(random))
        case "foreign":
            return Foreign(letter, ours=random.random() < 0.5)
        case "ask":
            return Ask()
        case "mistake":
            return Mistake({**valid_spec(random, fixed), **copy.deepcopy(random.choice(WRONG))})
        case "refuse":
            return Refuse()
        case "drop":
            return DropNamespace(letter)
        case "unforeign":
            return DropForeign(letter)
    return Restart()


def _apply(random: Random, fixed: Spec, waits: bool) -> Apply:
    return Apply(valid_spec(random, fixed), waits)


def _labels(random: Random) -> dict[str, str]:
    value = random.choice(VALUES)
    return {} if value is None else {LABEL: value}
