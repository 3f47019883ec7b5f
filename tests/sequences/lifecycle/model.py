"""What a namespace is to come to: which policy each repository has, how far it gets, and what AWS holds.

Written from API.md alone. What a repository has already counts in what it gets, so that there may be several
ends where a step was taken before the one before it was through; `Model` keeps them all.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from tests.sequences.lifecycle.images import IMAGES, Rules, taken
from tests.sequences.lifecycle.steps import Spec

INLINE = "Inline"
Place = Literal["Applied", "Held", "Withdrawn", "Pending", "Unmanaged"]


def text_of(rules: Rules) -> str:
    """Equal for equal rules."""
    return json.dumps(rules, sort_keys=True)


@dataclass(frozen=True)
class Entry:
    """`status.lifecyclePolicy` of an EcrRepository."""

    source: str
    state: Place
    text: str | None
    retain: bool


@dataclass(frozen=True)
class State:
    """A repository: the policy that AWS holds, and what its object says of it."""

    text: str | None = None
    ours: bool = False
    """The policy is recorded as managed."""
    entry: Entry | None = None


@dataclass
class Policy:
    """An EcrLifecyclePolicy; `created` is its creation time."""

    spec: Spec
    created: str


@dataclass
class Repository:
    """An EcrRepository."""

    spec: Spec
    labels: dict[str, str] = field(default_factory=dict)
    deleting: bool = False

    @property
    def suspended(self) -> bool:
        """Nothing is done for it."""
        return bool(self.spec.get("suspend"))


@dataclass(frozen=True)
class Choice:
    """The policy that a repository is to have."""

    source: str
    spec: Spec
    missing: bool = False
    others: frozenset[str] = frozenset()

    @property
    def at_rest(self) -> bool:
        """All stays in AWS as it is."""
        return self.missing or bool(self.spec.get("suspend"))

    @property
    def retain(self) -> bool:
        """The policy stays in AWS when it does not apply any more."""
        return self.spec.get("deletionPolicy") == "Retain" or bool(self.spec.get("suspend"))

    @property
    def protection(self) -> Spec:
        """`protection`."""
        found: Spec = self.spec.get("protection", {})
        return found

    @property
    def setting(self) -> str:
        """`protection.imagesInUse` with its default."""
        return str(self.protection.get("imagesInUse", "Hold"))


@dataclass
class Situation:
    """All that others have made: objects, images by repository, Pods with repository and image."""

    policies: dict[str, Policy] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    images: dict[str, set[str]] = field(default_factory=dict)
    pods: dict[str, tuple[str, str]] = field(default_factory=dict)

    def choice(self, letter: str, entry: Entry | None) -> Choice | None:
        """The policy of a repository whose status has this entry."""
        repository = self.repositories[letter]
        if "lifecyclePolicy" in repository.spec:
            return Choice(INLINE, repository.spec["lifecyclePolicy"])
        if "lifecyclePolicyRef" in repository.spec:
            name = repository.spec["lifecyclePolicyRef"]["name"]
            if name not in self.policies:
                return Choice(name, {}, missing=True)
            return Choice(name, self.policies[name].spec)
        has = entry.source if entry else None
        selecting = sorted(
            (name for name in self.policies if self.selects(name, letter)),
            key=lambda name: (name != has, self.policies[name].created, name),
        )
        if not selecting:
            return None
        return Choice(selecting[0], self.policies[selecting[0]].spec, others=frozenset(selecting[1:]))

    def selects(self, policy: str, letter: str) -> bool:
        """Whether the policy's selector selects the repository."""
        selector, labels = self.policies[policy].spec.get("repositorySelector"), self.labels(letter)
        if selector is None:
            return False
        wanted = selector.get("matchLabels", {}).items() <= labels.items()
        for one in selector.get("matchExpressions", ()):
            value = labels.get(one["key"])
            wanted &= value in one["values"] if one["operator"] == "In" else value is None
        return wanted

    def labels(self, letter: str) -> dict[str, str]:
        """Of the EcrRepository."""
        return self.repositories[letter].labels

    def names(self, letter: str, policy: str) -> bool:
        """Whether the repository is one of those that `status.repositories` of the policy counts."""
        repository = self.repositories[letter]
        if repository.deleting or "lifecyclePolicy" in repository.spec:
            return False
        if "lifecyclePolicyRef" in repository.spec:
            return bool(repository.spec["lifecyclePolicyRef"]["name"] == policy)
        return self.selects(policy, letter)

    def endangered(self, letter: str, text: str, choice: Choice) -> set[str]:
        """The images in use, or protected, that a policy would take."""
        used = {image for where, image in self.pods.values() if where == letter}
        globs = choice.protection.get("protectedTags", ())
        used |= {name for name in IMAGES if any(fnmatchcase(IMAGES[name].tag, glob) for glob in globs)}
        return used & taken(json.loads(text), self.images.get(letter, ()))

    def objections(self, letter: str, choice: Choice) -> set[str]:
        """The reasons for which the policy is not to be applied."""
        images, text = self.images.get(letter, set()), text_of(choice.spec["rules"])
        going, found = taken(choice.spec["rules"], images), set()
        if choice.setting != "Ignore" and going and going == images:
            found.add("WouldEmptyRepository")
        if choice.setting == "Hold" and self.endangered(letter, text, choice):
            found.add("ImagesInUse")
        if len(going) > choice.protection.get("maxExpiringImages", len(going)):
            found.add("TooManyImagesExpiring")
        return found

    def next(self, letter: str, state: State) -> State:
        """The operator's next step; the same state where there is none."""
        repository = self.repositories.get(letter)
        if repository is None or repository.suspended or repository.deleting:
            return state
        choice, entry = self.choice(letter, state.entry), state.entry
        if choice is None:
            return _without(state)
        if choice.at_rest:
            stays = entry is not None and entry.source == choice.source and entry.state != "Unmanaged"
            place: Place = entry.state if entry and stays and not choice.missing else "Pending"
            retain = choice.retain or (entry is not None and entry.retain)
            return replace(state, entry=Entry(choice.source, place, entry.text if entry else None, retain))
        text = text_of(choice.spec["rules"])
        ours = state.text is not None and (state.ours or state.text == text)

        def being(place: Place) -> Entry:
            return _entry(choice, place, state)

        if choice.setting == "Hold" and ours and self.endangered(letter, str(state.text), choice):
            return State(None, state.ours, being("Withdrawn"))
        if state.text == text:
            return State(text, True, being("Applied"))
        stays = entry is not None and (entry.state, entry.text) == ("Withdrawn", text)
        if stays and choice.setting == "Hold" and self.endangered(letter, text, choice):
            return State(None, state.ours, being("Withdrawn"))
        if self.objections(letter, choice):
            return State(state.text, state.ours, being("Held"))
        return State(text, True, being("Applied"))

    def pending(self, letter: str, state: State) -> State:
        """Where the operator may be before it knows whether a policy is to be applied."""
        repository = self.repositories.get(letter)
        choice = None if repository is None else self.choice(letter, state.entry)
        if choice is None or choice.at_rest or repository is None or repository.suspended:
            return state
        return replace(state, entry=_entry(choice, "Pending", state))

    def path(self, letter: str, state: State) -> list[State]:
        """The states that a repository goes through; the last one is where it stays."""
        found = [state]
        while (after := self.next(letter, found[-1])) not in found:
            found.append(after)
        assert after == found[-1], f"the model goes in circles: {found}"
        return found


@dataclass
class Model:
    """One namespace."""

    now: Situation = field(default_factory=Situation)
    possible: dict[str, set[State]] = field(default_factory=dict)
    """Where each repository of AWS may be."""
    open: bool = False
    """A step was taken of which it is not known whether the operator has seen it in time."""
    _before: Situation = field(default_factory=Situation)
    """All as it was before that step."""

    def ends(self, letter: str) -> set[State]:
        """Where a repository may come to."""
        return {self.now.path(letter, state)[-1] for state in self.possible[letter]}

    def is_there(self, letter: str) -> bool:
        """Whether there is, or is to be, a repository in AWS."""
        repository = self.now.repositories.get(letter)
        made = repository is not None and not repository.suspended and not repository.deleting
        return made or letter in self.now.images

    def change(self, change: Callable[[Situation], Any], stays_open: bool = False) -> None:
        """Something is made, changed or deleted; with `stays_open` nobody waits for what comes of it."""
        if not self.open:
            self._before = copy.deepcopy(self.now)
        elif not stays_open:
            # News of two kinds of objects may come the other way round.
            other = copy.deepcopy(self._before)
            change(other)
            self._pass(other)
        change(self.now)
        if stays_open:
            self.open = True
            self._pass(self.now)

    def overtaken(self) -> None:
        """What comes next comes before anybody knows how far the operator has got."""
        self._before, self.open = copy.deepcopy(self.now), True
        self._pass(self.now)

    def settled(self, found: dict[str, State]) -> None:
        """Where all repositories have come to."""
        self.possible = {letter: {state} for letter, state in found.items()}
        for letter, repository in self.now.repositories.items():
            if not repository.suspended:
                # It is there now.
                self.now.images.setdefault(letter, set())
        self.open = False

    def left_alone(self, letter: str) -> None:
        """An EcrRepository is deleted, and its repository stays."""
        del self.now.repositories[letter]
        self.possible[letter] = {replace(state, ours=False, entry=None) for state in self.possible[letter]}

    def release(self) -> None:
        """Repositories that are to be deleted go when no Pod uses them."""
        for letter, repository in list(self.now.repositories.items()):
            if repository.deleting and not self._is_held(letter):
                del self.now.repositories[letter]
                self.now.images.pop(letter, None)
                self.possible[letter] = {State()}

    def _is_held(self, letter: str) -> bool:
        used = any(where == letter for where, _ in self.now.pods.values())
        return used and bool(self.now.images.get(letter))

    def _pass(self, situation: Situation) -> None:
        for letter, states in self.possible.items():
            states |= {situation.pending(letter, state) for state in states}
            states |= {on for state in set(states) for on in situation.path(letter, state)}


def _entry(choice: Choice, place: Place, state: State) -> Entry:
    """What becomes of the policy in AWS one day is said of the one that is there."""
    waits = place != "Applied" and state.ours and state.entry is not None
    retain = state.entry.retain if state.entry and waits else choice.retain
    return Entry(choice.source, place, text_of(choice.spec["rules"]), retain)


def _without(state: State) -> State:
    entry = state.entry
    left = entry
    if entry is not None and entry.state != "Unmanaged":
        is_there = entry.state == "Applied" or (entry.state != "Withdrawn" and state.ours)
        left = replace(entry, state="Unmanaged") if entry.retain and is_there else None
    retained = entry is not None and entry.retain
    return State(None if state.ours and not retained else state.text, False, left)


def standing(situation: Situation, policy: str, letter: str, state: State) -> str:
    """The state of a repository in `status.details` of a policy."""
    repository, entry = situation.repositories[letter], state.entry
    choice, spec = situation.choice(letter, entry), situation.policies[policy].spec
    if choice is not None and choice.source != policy:
        return "Conflict"
    if entry is None or (entry.source, entry.text) != (policy, text_of(spec["rules"])):
        return "Pending"
    if entry.state in ("Applied", "Held", "Withdrawn") and not (
        repository.suspended and entry.state != "Applied"
    ):
        return entry.state
    return "Pending"
