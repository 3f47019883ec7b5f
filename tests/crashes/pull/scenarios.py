"""What happens to an EcrPullSecret, and around it, while faults strike. The steps are those of sequences."""

from dataclasses import dataclass

from tests.crashes.rounds import Change
from tests.sequences.pull.steps import (
    CASE,
    LABEL,
    ROLE,
    AddNamespace,
    Apply,
    Ask,
    Delete,
    Delist,
    Edit,
    Enlist,
    Foreign,
    Label,
    Spec,
    Step,
)

A, B = f"{CASE}-a", f"{CASE}-b"
PLAIN: Spec = {"secretName": "ecr", "registries": [{}], "namespaces": {"include": [A, B]}}
FULL: Spec = {**PLAIN, "serviceAccounts": {"names": ["default", "builder"]}}
ONE: Spec = {**FULL, "namespaces": {"include": [A]}}
SELECTED = {"matchLabels": {LABEL: CASE}}
SELECTING: Spec = {**FULL, "namespaces": {"selector": SELECTED}}
CHANGED: Spec = {
    "secretName": "ecr",
    "registries": [{}, {"accounts": ["222222222222"], "hosts": ["Standard", "DualStack"]}],
    "namespaces": {"selector": SELECTED, "exclude": [A]},
    "serviceAccounts": {"names": ["builder"]},
}
RETAINED: Spec = {**FULL, "deletionPolicy": "Retain"}
SUSPENDED: Spec = {**FULL, "suspend": True}

CHANGES = (Change(FULL), Change(CHANGED), Change(None))


@dataclass(frozen=True)
class Scenario:
    """After the steps `before` all is settled; `then` is taken while faults strike.

    The namespaces `a` and `b` are there from the beginning, and selected by their label.
    """

    before: tuple[Step, ...]
    then: Step
    certain: bool = True
    """Whatever spec comes next: how far this has got makes no difference."""


SCENARIOS: dict[str, Scenario] = {
    "an object for two namespaces and their service accounts is created": Scenario((), Apply(FULL)),
    "an object with nothing but defaults is created": Scenario(
        (), Apply({"registries": [{}], "namespaces": {"selector": SELECTED}}), certain=False
    ),
    "new credentials are asked for": Scenario((Apply(FULL),), Ask()),
    "a namespace is taken out of the spec": Scenario((Apply(FULL),), Apply(ONE)),
    "a namespace comes into the spec": Scenario((Apply(ONE),), Apply(FULL)),
    "a namespace loses its label": Scenario((Apply(SELECTING),), Label("b", None)),
    "a namespace is created": Scenario((Apply(SELECTING),), AddNamespace("c", {LABEL: CASE})),
    "everything is changed": Scenario((Apply(FULL),), Apply(CHANGED)),
    "a role takes the operator's place": Scenario((Apply(FULL),), Apply({**FULL, "auth": {"roleArn": ROLE}})),
    "service accounts come": Scenario((Apply(PLAIN), Enlist("b", "builder", "late")), Apply(FULL)),
    "service accounts go": Scenario((Apply(FULL), Enlist("b", "builder", "late")), Apply(PLAIN)),
    "an entry was there before": Scenario(
        (Apply(PLAIN), Enlist("a", "builder", CASE), Apply(FULL)), Apply(PLAIN)
    ),
    "Secrets come to be retained": Scenario((Apply(FULL),), Apply(RETAINED), certain=False),
    "Secrets are retained no more": Scenario((Apply(RETAINED),), Apply(FULL), certain=False),
    "an object is suspended": Scenario((Apply(FULL),), Apply(SUSPENDED)),
    "a suspended object goes on": Scenario(
        (Apply(FULL), Apply(SUSPENDED), Label("b", None)), Apply(SELECTING)
    ),
    "a Secret is edited": Scenario((Apply(FULL),), Edit("a", "data")),
    "a Secret loses its owner": Scenario((Apply(FULL),), Edit("a", "owner")),
    "a Secret is deleted": Scenario((Apply(FULL),), Edit("b", "gone")),
    "an entry is taken out": Scenario((Apply(FULL),), Delist("a", "builder", CASE)),
    "an object with service accounts is deleted": Scenario((Apply(FULL),), Delete(), certain=False),
    "an object without them is deleted": Scenario((Apply(PLAIN),), Delete(), certain=False),
    "an object that retains is deleted": Scenario((Apply(RETAINED),), Delete(), certain=False),
    "a suspended object is deleted": Scenario((Apply(FULL), Apply(SUSPENDED)), Delete(), certain=False),
    "an object of the same name takes kept Secrets back": Scenario(
        (Apply(RETAINED), Delete()), Apply(FULL), certain=False
    ),
    "an object is made anew in another format": Scenario(
        (Apply(FULL), Delete()), Apply({**PLAIN, "format": "DockerConfigFile"}), certain=False
    ),
    "somebody else's Secret stands in a namespace": Scenario(
        (Apply(SUSPENDED), Foreign("b")), Apply({**FULL, "adoptionPolicy": "Adopt"})
    ),
    "credentials are asked for beside somebody else's Secret": Scenario(
        (Apply(ONE), Foreign("b"), Apply(FULL)), Ask()
    ),
    "somebody else's Secret is adopted": Scenario(
        (Apply(SUSPENDED), Foreign("b", ours=True)),
        Apply({**FULL, "adoptionPolicy": "Adopt"}),
        certain=False,
    ),
}


def is_certain(title: str, number: int, spec: Spec | None) -> bool:
    """Whether how far the scenario got before a spec was applied may make no difference."""
    return SCENARIOS[title].certain
