"""One object on its way through a scenario, and what became of it."""

from dataclasses import dataclass, replace
from typing import Any

from ecr_operator.api.names import OWNER_TAG
from tests.crashes.scenarios import Scenario
from tests.crashes.stale import Older
from tests.repositories import KIND
from tests.running import CLUSTER
from tests.sequences.holdings import Holdings
from tests.sequences.meddling import meddle
from tests.sequences.specs import Spec
from tests.sequences.world import World, has_settled, reason_of


@dataclass(frozen=True)
class Ending:
    """All that may not depend on what went wrong on the way."""

    held: Holdings | None
    object: dict[str, Any] | None


class Case:
    """Names are new, so that many cases go side by side."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world = world
        self.scenario = scenario
        self.name = world.new_name("case")
        self.owner = f"{CLUSTER}/{world.namespace}/{self.name}"
        self.older = [Older(KIND, world.namespace, self.name, None)]
        """The object before the scenario's change."""
        self.last: Spec | None = None

    # Setting up, step by step, so that the waits of many cases overlap

    def begin(self) -> None:
        """The repository that is there at first, and the first spec."""
        if self.scenario.by_hand is not None:
            tags = {OWNER_TAG: self.scenario.owner} if self.scenario.owner else {}
            self.world.aws.create_repositories([self._repository], tags=tags)
            meddle(self.world.aws, self._repository, self.scenario.by_hand, None)
        if self.scenario.before is not None:
            self.apply(self.scenario.before)

    def prepare(self) -> None:
        """Wait for the first spec, and do what others do then."""
        if self.scenario.before is None:
            return
        obj = self.world.settled(self.name)
        self.older = [Older(KIND, self.world.namespace, self.name, obj)]
        if self.scenario.drift is not None:
            there = self.world.held(self.name)
            meddle(self.world.aws, self._repository, self.scenario.drift, there)
        if self.scenario.vanished:
            ecr = self.world.aws.client("ecr", unseen=True)
            ecr.delete_repository(repositoryName=self._repository, force=True)
        if self.scenario.again:
            self.world.delete(self.name)

    def act(self) -> None:
        """What the scenario is about."""
        if self.scenario.after is None:
            self.delete()
        else:
            self.apply(self.scenario.after)

    def apply(self, spec: Spec) -> None:
        """Apply a spec."""
        self.last = spec
        self.world.apply(self.name, spec)

    def delete(self) -> None:
        """Ask for the object's deletion."""
        self.last = None
        self.world.cluster.delete(KIND, self.world.namespace, self.name)

    def killed(self) -> None:
        """Look at what is left of a dead operator."""

    # What became of it

    def has_ended(self) -> bool:
        """Whether the object has settled, or is gone as it was to be."""
        obj = self.world.find(self.name)
        if self.last is None:
            return obj is None
        return obj is not None and has_settled(obj)

    def ending(self) -> Ending:
        """Wait for the end and look. Raises `Divergence`."""
        if self.last is None:
            self.world.wait_gone(self.name)
            return Ending(self._held(), None)
        obj = self.world.settled(self.name)
        status = obj["status"]
        return Ending(
            self._held(),
            {
                "finalizers": obj["metadata"].get("finalizers"),
                "reason": reason_of(obj),
                "managed": sorted(status.get("managed", ())),
                "foreignStatements": status.get("foreignStatements"),
                "owner": status.get("owner") == self.owner,
                "hash": bool(status.get("appliedHash")),
            },
        )

    def clean(self) -> None:
        """Leave nothing behind."""
        self.world.clean(self.name)

    @property
    def _repository(self) -> str:
        return self.world.repository(self.name)

    def _held(self) -> Holdings | None:
        held = self.world.held(self.name)
        if held is None:
            return None
        owner = "own" if held.owner == self.owner else held.owner
        return replace(held, arn="", uri="", owner=owner)
