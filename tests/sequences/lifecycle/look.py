"""What the cluster and AWS hold in the namespace of a sequence, and what of it is not as the model says."""

import json
from collections import Counter
from typing import Any

from tests.cluster import Object
from tests.lifecycle import KIND as POLICY
from tests.repositories import KIND, condition
from tests.sequences.lifecycle.model import INLINE, Entry, Model, State, standing, text_of
from tests.sequences.lifecycle.world import LifecycleWorld

STATES = ("Applied", "Held", "Withdrawn", "Pending", "Conflict")
NOWHERE = "no repository"
COUNTS = ("applied", "held", "withdrawn", "pending", "conflicting")


class Look:
    """At one moment. `found` is where each repository is, as far as all of it is as the model says."""

    def __init__(self, world: LifecycleWorld, model: Model, namespace: str) -> None:
        self._aws = world.aws
        self._model = model
        self._namespace = namespace
        cluster, now = world.cluster, model.now
        self.repositories = {one["metadata"]["name"]: one for one in cluster.list(KIND, namespace)}
        self.policies = {one["metadata"]["name"]: one for one in cluster.list(POLICY, namespace)}
        self.texts = {letter: self._text(letter) for letter in model.possible}
        self.found: dict[str, State] = {}
        self.several = False
        """There was more than one way to come to this, or to another end."""
        self._now = now

    def problems(self) -> list[str]:
        """What is not as it should be; the first of them say enough."""
        found = self._objects()
        for letter in self._model.possible:
            found += self._repository(letter)
        if found:
            return found
        for name in self._now.policies:
            found += self._policy(name)
        return found

    def _objects(self) -> list[str]:
        found = []
        for there, expected in (
            (self.repositories, self._now.repositories),
            (self.policies, self._now.policies),
        ):
            if there.keys() != expected.keys():
                found.append(f"there are {sorted(there)}, expected {sorted(expected)}")
            for name, obj in there.items():
                observed = obj.get("status", {}).get("observedGeneration")
                if observed != obj["metadata"]["generation"] and not _is_deleting(obj):
                    found.append(f"{name}: observedGeneration {observed}")
        return found

    # Repositories

    def _repository(self, letter: str) -> list[str]:
        ends = self._model.ends(letter)
        self.several |= len(ends) > 1
        problems = {end: self._differences(letter, end) for end in ends}
        for end, found in problems.items():
            if not found:
                self.found[letter] = end
                return []
        # The nearest one.
        return min(problems.values(), key=len)

    def _differences(self, letter: str, end: State) -> list[str]:
        found = []
        text = end.text if self._model.is_there(letter) else NOWHERE
        if self.texts[letter] != text:
            found.append(f"{letter}: AWS holds {self.texts[letter]}, expected {text}")
        if letter not in self._now.repositories:
            return found
        obj = self.repositories.get(letter)
        if obj is None or self._now.repositories[letter].deleting:
            return found + self._deleting(letter, obj)
        status = obj.get("status", {})
        told, expected = _told(status.get("lifecyclePolicy")), _expected(end.entry)
        if told != expected:
            found.append(f"{letter}: lifecyclePolicy {told}, expected {expected}")
        managed = "lifecyclePolicy" in status.get("managed", ())
        if managed != end.ours:
            found.append(f"{letter}: managed {managed}, expected {end.ours}")
        return found + self._conditions(letter, obj, end)

    def _deleting(self, letter: str, obj: Object | None) -> list[str]:
        ready = condition(obj, "Ready") if obj else None
        if ready is None or ready["reason"] != "DeletionHeld":
            return [f"{letter}: Ready {ready}, expected DeletionHeld"]
        return []

    def _conditions(self, letter: str, obj: Object, end: State) -> list[str]:
        now, repository = self._now, self._now.repositories[letter]
        ready, applied = condition(obj, "Ready"), condition(obj, "LifecyclePolicyApplied")
        if ready is None:
            return [f"{letter}: no Ready"]
        choice = now.choice(letter, end.entry)
        reasons: set[str] = {"InSync"}
        if repository.suspended:
            reasons = {"Suspended"}
        elif choice is not None and choice.missing:
            reasons = {"LifecyclePolicyNotFound"}
        elif choice is not None and choice.source == INLINE and end.entry and end.entry.state != "Applied":
            reasons = now.objections(letter, choice)
        found = []
        if ready["reason"] not in reasons:
            found.append(f"{letter}: Ready says {ready['reason']}, expected {sorted(reasons)}")
        if repository.suspended:
            return found
        if (ready["status"] == "True") != (reasons == {"InSync"}):
            found.append(f"{letter}: Ready {ready['status']} for {ready['reason']}")
        value = (
            None if end.entry in (None,) or end.entry.state == "Unmanaged" else end.entry.state == "Applied"
        )
        if (None if applied is None else applied["status"] == "True") != value:
            found.append(f"{letter}: LifecyclePolicyApplied {applied}, expected {value}")
        if applied is not None and end.entry and end.entry.state in ("Held", "Withdrawn"):
            at_rest = choice is not None and choice.at_rest
            expected = set() if choice is None or at_rest else now.objections(letter, choice)
            if expected and applied["reason"] not in expected:
                found.append(f"{letter}: {applied['reason']}, expected {sorted(expected)}")
        return found

    # Policies

    def _policy(self, name: str) -> list[str]:
        obj, now = self.policies[name], self._now
        ready = condition(obj, "Ready")
        if now.policies[name].spec.get("suspend"):
            reason = None if ready is None else ready["reason"]
            return [] if reason == "Suspended" else [f"{name}: Ready says {reason}, expected Suspended"]
        matched = {letter for letter in now.repositories if now.names(letter, name)}
        states = {letter: standing(now, name, letter, self.found[letter]) for letter in matched}
        counted = Counter(states.values())
        counts = dict(zip(COUNTS, (counted[state] for state in STATES), strict=True))
        status = obj["status"]
        found = []
        expected: dict[str, Any] = {"matched": len(matched), **counts}
        if status.get("repositories") != expected:
            found.append(f"{name}: repositories {status.get('repositories')}, expected {expected}")
        details = {one["name"]: one["state"] for one in status.get("details", ())}
        if details != states:
            found.append(f"{name}: details {details}, expected {states}")
        reasons = self._reasons(name, states)
        if ready is None or ready["reason"] not in reasons:
            found.append(f"{name}: Ready {ready}, expected {sorted(reasons)}")
        elif (ready["status"] == "True") != bool(reasons & {"InSync", "NoRepositoryMatched"}):
            found.append(f"{name}: Ready {ready['status']} for {ready['reason']}")
        return found

    def _reasons(self, name: str, states: dict[str, str]) -> set[str]:
        if not states:
            return {"NoRepositoryMatched"}
        found: set[str] = set()
        for letter, state in states.items():
            if state in ("Held", "Withdrawn"):
                choice = self._now.choice(letter, self.found[letter].entry)
                assert choice is not None
                found |= self._now.objections(letter, choice)
        if found:
            return found
        if "Conflict" in states.values():
            return {"Conflict"}
        return {"Progressing"} if "Pending" in states.values() else {"InSync"}

    def _text(self, letter: str) -> str | None:
        """The policy in AWS; None: there is none, `NOWHERE`: there is no repository."""
        ecr = self._aws.client("ecr", unseen=True)
        try:
            found = ecr.get_lifecycle_policy(repositoryName=f"{self._namespace}/{letter}")
        except ecr.exceptions.LifecyclePolicyNotFoundException:
            return None
        except ecr.exceptions.RepositoryNotFoundException:
            return NOWHERE
        return text_of(json.loads(found["lifecyclePolicyText"])["rules"])


def _told(entry: Any) -> tuple[Any, ...] | None:
    if entry is None:
        return None
    return entry["source"], entry["state"], entry.get("onRemoval", "Delete")


def _expected(entry: Entry | None) -> tuple[Any, ...] | None:
    return None if entry is None else (entry.source, entry.state, "Retain" if entry.retain else "Delete")


def _is_deleting(obj: Object) -> bool:
    return "deletionTimestamp" in obj["metadata"]
