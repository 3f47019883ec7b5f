"""What happens with lifecycle policies while faults strike. The steps are those of sequences."""

from dataclasses import dataclass

from tests.crashes.rounds import Change
from tests.lifecycle import keep, older_than
from tests.sequences.lifecycle.specs import SELECTORS
from tests.sequences.lifecycle.steps import (
    Apply,
    Ask,
    ByHand,
    Drop,
    DropPolicy,
    Label,
    Policy,
    Push,
    Spec,
    Step,
    Unuse,
    Use,
)

X, Y = SELECTORS[0], SELECTORS[2]
LOOSE: Spec = {"rules": [keep(30)], "repositorySelector": X}
STRICT: Spec = {"rules": [keep(2)], "repositorySelector": X}
RETAINED: Spec = {**LOOSE, "deletionPolicy": "Retain"}
SUSPENDED: Spec = {**LOOSE, "suspend": True}
OTHER: Spec = {"rules": [older_than(20)], "repositorySelector": Y}
INLINE: Spec = {"lifecyclePolicy": {"rules": [keep(3)]}}
NAMED: Spec = {"lifecyclePolicyRef": {"name": "q"}}
FORCED: Spec = {"deletionPolicy": "DeleteWithImages"}

CHANGES = (Change({"rules": [older_than(20)], "repositorySelector": X}), Change(STRICT), Change(None))
"""Of the policy `p`."""


def repositories(spec: Spec) -> tuple[Step, ...]:
    """Two of them, selected by `X`, with images."""
    images = ("v1", "v2", "v3", "v4")
    first = (Apply("a", spec), Label("a", "x"), Push("a", images))
    return (*first, Apply("b", {}), Label("b", "x"), Push("b", images))


TWO = repositories({})
USED = Use("one", "a", "v1")


@dataclass(frozen=True)
class Scenario:
    """After the steps `before` all is settled; `then` is taken while faults strike."""

    before: tuple[Step, ...]
    then: Step
    certain: bool = True
    """Whatever the policy `p` becomes next: how far this has got makes no difference."""


SCENARIOS: dict[str, Scenario] = {
    "a policy is created for repositories with images": Scenario(TWO, Policy("p", STRICT)),
    "a policy is created that would take an image in use": Scenario((*TWO, USED), Policy("p", STRICT)),
    "a repository is created that a policy selects": Scenario(
        (Policy("p", LOOSE), Policy("q", OTHER)), Apply("a", NAMED), certain=False
    ),
    "rules are changed": Scenario((*TWO, Policy("p", LOOSE)), Policy("p", STRICT)),
    "rules come to endanger an image in use": Scenario((*TWO, USED, Policy("p", LOOSE)), Policy("p", STRICT)),
    "rules endanger an image in use no more": Scenario(
        (*TWO, USED, Policy("p", STRICT)), Policy("p", LOOSE), certain=False
    ),
    "images in use come to be ignored": Scenario(
        (*TWO, USED, Policy("p", STRICT)), Policy("p", {**STRICT, "protection": {"imagesInUse": "Ignore"}})
    ),
    "a policy is deleted": Scenario((*TWO, Policy("p", LOOSE)), DropPolicy("p")),
    "a policy that retains is deleted": Scenario(
        (*TWO, Policy("p", RETAINED)), DropPolicy("p"), certain=False
    ),
    "a policy is deleted, and another one selects as well": Scenario(
        (*TWO, Policy("p", LOOSE), Policy("q", {**OTHER, "repositorySelector": {}})),
        DropPolicy("p"),
        certain=False,
    ),
    "a policy comes to retain": Scenario(
        (*TWO, Policy("p", LOOSE)), Policy("p", {**RETAINED, "rules": [keep(20)]}), certain=False
    ),
    "a repository leaves the selector": Scenario((*TWO, Policy("p", LOOSE)), Label("a", None)),
    "a repository leaves the selector of a policy that retains": Scenario(
        (*TWO, Policy("p", RETAINED)), Label("a", None), certain=False
    ),
    "a repository goes from one policy to another": Scenario(
        (*TWO, Policy("p", LOOSE), Policy("q", OTHER)), Label("a", "y")
    ),
    "a selector comes to select others": Scenario(
        (*TWO, Label("b", "y"), Policy("p", LOOSE)), Policy("p", {**LOOSE, "repositorySelector": Y})
    ),
    "a policy is suspended": Scenario((*TWO, Policy("p", LOOSE)), Policy("p", SUSPENDED), certain=False),
    "a suspended policy goes on": Scenario(
        (*TWO, Policy("p", LOOSE), Policy("p", {**STRICT, "suspend": True})),
        Policy("p", STRICT),
        certain=False,
    ),
    "a policy in force is withdrawn": Scenario((*TWO, Policy("p", STRICT)), USED),
    "a policy is put back": Scenario((*TWO, Policy("p", STRICT), USED), Unuse("one")),
    "a policy that was held is applied": Scenario((*TWO, USED, Policy("p", STRICT)), Unuse("one")),
    "images come that endanger one in use": Scenario(
        (Apply("a", {}), Label("a", "x"), Push("a", ("v1",)), USED, Policy("p", STRICT)),
        Push("a", ("v2", "v3", "v4")),
    ),
    "a repository comes to name another policy": Scenario(
        (*TWO, Policy("p", LOOSE), Policy("q", OTHER)), Apply("a", NAMED)
    ),
    "a repository names nothing": Scenario((*TWO, Policy("p", LOOSE)), Apply("a", NAMED)),
    "what a repository names comes": Scenario(
        (*TWO, Policy("p", LOOSE), Apply("a", NAMED)), Policy("q", OTHER)
    ),
    "a repository comes to hold its own policy": Scenario((*TWO, Policy("p", LOOSE)), Apply("a", INLINE)),
    "a repository's own policy goes": Scenario((*TWO, Apply("a", INLINE)), Apply("a", {"tags": {"a": "1"}})),
    "a repository's own policy is withdrawn": Scenario((*TWO, Apply("a", INLINE)), USED),
    "somebody has changed a policy by hand": Scenario((*TWO, Policy("p", LOOSE)), ByHand("a")),
    "a reconcile is asked for": Scenario((*TWO, USED, Policy("p", STRICT)), Ask("a")),
    "a repository with images is deleted": Scenario(
        (*repositories(FORCED), Policy("p", LOOSE)), Drop("a"), certain=False
    ),
    "a repository with images in use is deleted": Scenario(
        (*repositories(FORCED), USED, Policy("p", LOOSE)), Drop("a"), certain=False
    ),
    "the last image in use of a repository to be deleted is free": Scenario(
        (*repositories(FORCED), USED, Policy("p", LOOSE), Drop("a")), Unuse("one"), certain=False
    ),
    "a kept repository is taken back": Scenario(
        (*TWO, Policy("p", LOOSE), Drop("a")), Apply("a", {}), certain=False
    ),
}


def is_certain(title: str, number: int, spec: Spec | None) -> bool:
    """Whether how far the scenario got before a spec was applied may make no difference."""
    return SCENARIOS[title].certain
