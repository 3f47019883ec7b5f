"""One namespace with lifecycle policies on its way through a scenario, and what became of it."""

import time
from typing import Any

from tests.cluster import Object
from tests.crashes.cases import Ending
from tests.crashes.lifecycle.scenarios import Scenario
from tests.crashes.stale import Older
from tests.lifecycle import KIND as POLICY
from tests.repositories import KIND, condition
from tests.sequences.lifecycle.driver import Driver
from tests.sequences.lifecycle.specs import LETTERS, NAMES
from tests.sequences.lifecycle.steps import DropPolicy, Policy, Spec
from tests.sequences.lifecycle.world import LifecycleWorld

CASE = "<case>"


class Case:
    """Names are new, so that many cases go side by side. See `tests.crashes.cases.Case`."""

    def __init__(self, world: LifecycleWorld, scenario: Scenario) -> None:
        self.world = world
        self.scenario = scenario
        self.driver = Driver(world)
        self.name = self.driver.name
        self.older: list[Older] = []
        """The objects before the scenario's last step."""
        self._look_at = 0.0

    def begin(self) -> None:
        """The namespace."""
        self.driver.begin()

    def prepare(self) -> None:
        """The steps before."""
        for step in self.scenario.before:
            self.driver.take(step)
            self.driver.settle()
        self.older = [
            Older(kind, self.name, name, self.world.cluster.find(kind, self.name, name))
            for kind, names in ((KIND, LETTERS), (POLICY, NAMES))
            for name in names
        ]

    def act(self) -> None:
        """What the scenario is about."""
        self.driver.take(self.scenario.then)

    def apply(self, spec: Spec) -> None:
        """Apply the policy `p`."""
        self.driver.overtake(Policy("p", spec))

    def delete(self) -> None:
        """Delete the policy `p`."""
        self.driver.overtake(DropPolicy("p"))

    def killed(self) -> None:
        """Nothing of a dead operator has to be known."""

    def has_ended(self) -> bool:
        """Whether all is as it should be in the end."""
        if time.monotonic() < self._look_at:
            # It is asked every few milliseconds, and takes many requests.
            return False
        self._look_at = time.monotonic() + 1.0
        return not self.driver.problems()

    def ending(self) -> Ending:
        """Wait for the end and look. Raises `Divergence`."""
        self.driver.is_settled = False
        self.driver.settle()
        look = self.driver.look
        assert look is not None
        repositories = {name: _repository(obj) for name, obj in sorted(look.repositories.items())}
        policies = {name: _policy(obj) for name, obj in sorted(look.policies.items())}
        text = repr((look.texts, repositories, policies))
        return Ending(None, {"all": text.replace(self.name, CASE)})

    def clean(self) -> None:
        """Leave nothing behind."""
        self.driver.clean()


def _repository(obj: Object) -> dict[str, Any]:
    status = obj.get("status", {})
    entry = status.get("lifecyclePolicy", {})
    return {
        "entry": (entry.get("source"), entry.get("state"), entry.get("hash"), entry.get("onRemoval")),
        "managed": status.get("managed"),
        "conditions": _conditions(obj, "Ready", "LifecyclePolicyApplied"),
        "finalizers": obj["metadata"].get("finalizers"),
    }


def _policy(obj: Object) -> dict[str, Any]:
    status = obj.get("status", {})
    return {
        "repositories": status.get("repositories"),
        "hash": status.get("appliedHash"),
        "conditions": _conditions(obj, "Ready", "Stalled", "Reconciling"),
    }


def _conditions(obj: Object, *types: str) -> list[tuple[str, str, str]]:
    found = (condition(obj, type) for type in types)
    return [(one["type"], one["status"], one["reason"]) for one in found if one is not None]
