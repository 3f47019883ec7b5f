"""Takes the steps of one sequence, and holds the cluster and AWS against the model."""

import json
from typing import Any

from ecr_operator.api.names import API_VERSION, RECONCILE_ANNOTATION
from tests.cluster import ApiError, Object
from tests.kinds import path
from tests.lifecycle import KIND as POLICY
from tests.repositories import KIND
from tests.sequences.lifecycle.images import OTHER, taken
from tests.sequences.lifecycle.look import Look
from tests.sequences.lifecycle.model import Model, Policy, Repository, State, text_of
from tests.sequences.lifecycle.others import Others
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
    Push,
    Restart,
    RunPolicies,
    Spec,
    Step,
    Unuse,
    Use,
)
from tests.sequences.lifecycle.steps import Policy as ApplyPolicy
from tests.sequences.lifecycle.world import LifecycleWorld
from tests.sequences.world import APPLY, SETTLE_SECONDS, Divergence

CHANGES = (Apply, Label, ApplyPolicy, DropPolicy)


class Driver:
    """One namespace. A step that makes no sense where it stands is passed over."""

    def __init__(self, world: LifecycleWorld) -> None:
        self.world = world
        self.cluster = world.cluster
        self.name = world.new_name()
        self.model = Model()
        self.others = Others(world.cluster, world.aws, self.name)
        self.is_settled = True
        self.asked: dict[str, str] = {}
        """By repository the reconcile that was asked for last."""
        self.look: Look | None = None
        """What was there when all had settled last."""
        self._number = 0
        self._has_begun = False

    def run(self, steps: list[Step]) -> None:
        """Raises `Divergence`, with the number of the step."""
        try:
            for number, step in enumerate(steps):
                try:
                    self.take(step)
                    if not isinstance(step, Now):
                        self.settle()
                except Divergence as error:
                    where = f"step {number}, {type(step).__name__} in {self.name}"
                    raise Divergence(f"{where}: {error}") from error
            self.settle()
        finally:
            self.clean()

    def begin(self) -> None:
        """Make the namespace."""
        if self._has_begun:
            return
        self._has_begun = True
        self.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}})
        self.cluster.wait_for("ServiceAccount", self.name, "default", lambda _: True, SETTLE_SECONDS)

    def take(self, step: Step) -> None:
        """Do it, and go on at once."""
        self.begin()
        hurried = isinstance(step, Now)
        inner: Any = step.step if isinstance(step, Now) else step
        if not self.model.open or hurried or not isinstance(inner, CHANGES):
            self.settle()
        if isinstance(inner, CHANGES):
            self._change(inner, hurried)
        else:
            self._take(inner)

    def overtake(self, step: ApplyPolicy | DropPolicy) -> None:
        """Take a step while it is not known how far what was taken before has got."""
        self.model.overtaken()
        self._change(step, hurried=False)

    def _change(self, step: Any, hurried: bool) -> None:
        repositories, policies = self.model.now.repositories, self.model.now.policies
        match step:
            case Apply(letter, spec):
                there = repositories.get(letter)
                if there is not None and there.deleting:
                    return
                self._apply(letter, spec, hurried and there is not None)
            case Label(letter, value) if letter in repositories and not repositories[letter].deleting:
                patch = {"metadata": {"labels": {LABEL: value}}}
                self.cluster.merge_patch(KIND, self.name, letter, patch)
                labels = {} if value is None else {LABEL: value}
                self.model.change(lambda now: setattr(now.repositories[letter], "labels", labels), hurried)
            case ApplyPolicy(name, spec):
                created = self._send(POLICY, name, spec)["metadata"]["creationTimestamp"]
                self.model.change(lambda now: now.policies.update({name: Policy(spec, created)}), hurried)
            case DropPolicy(name) if name in policies:
                self.cluster.delete(POLICY, self.name, name)
                self.model.change(lambda now: now.policies.pop(name, None), hurried)
            case _:
                return
        self.is_settled = False

    def _apply(self, letter: str, spec: Spec, hurried: bool) -> None:
        is_new = letter not in self.model.now.repositories
        if is_new:
            self.settle()
        self._send(KIND, letter, {"repositoryName": f"{self.name}/{letter}", **spec})
        if not is_new:
            self.model.change(lambda now: setattr(now.repositories[letter], "spec", spec), hurried)
            return
        self.model.possible.setdefault(letter, {State()})
        self.model.now.repositories[letter] = Repository(spec)

    def _take(self, step: Any) -> None:
        now = self.model.now
        match step:
            case Restart():
                self.world.restart()
            case Mistake(name, spec, policy):
                self._mistake(POLICY if policy else KIND, name, spec)
            case Unuse(pod) if pod in now.pods:
                self.others.unuse(pod)
                del now.pods[pod]
            case RunPolicies():
                self._run_policies()
            case Push(letter, images) if self._is_there(letter):
                for image in images:
                    if image not in now.images[letter]:
                        self.others.push(letter, image)
                        now.images[letter].add(image)
            case Use(pod, letter, image, by_digest) if pod not in now.pods:
                if image not in now.images.get(letter, ()):
                    return
                self.others.use(pod, letter, image, by_digest)
                now.pods[pod] = (letter, image)
            case Ask(letter) if self._lives(letter):
                self.ask(letter)
            case ByHand(letter, removes) if self._lives(letter):
                self._by_hand(letter, removes)
            case Drop(letter) if letter in now.repositories and not now.repositories[letter].deleting:
                self._drop(letter)
            case _:
                return
        self.is_settled = False

    def _is_there(self, letter: str) -> bool:
        """Whether there is a repository in AWS."""
        return letter in self.model.now.images

    def _lives(self, letter: str) -> bool:
        """Whether there is an object that is at work."""
        found = self.model.now.repositories.get(letter)
        return found is not None and not found.deleting and not found.suspended

    def ask(self, letter: str) -> None:
        """Ask for a reconcile."""
        self._number += 1
        self.asked[letter] = str(self._number)
        annotations = {RECONCILE_ANNOTATION: str(self._number)}
        self.cluster.merge_patch(KIND, self.name, letter, {"metadata": {"annotations": annotations}})

    def _by_hand(self, letter: str, removes: bool) -> None:
        (state,) = self.model.possible[letter]
        choice = self.model.now.choice(letter, state.entry)
        if choice is not None and (choice.at_rest or not state.entry or state.entry.state != "Applied"):
            # Whose the policy is then is nobody's to tell.
            return
        if removes:
            if state.text is None:
                return
            self.others.remove_policy(letter)
        else:
            self.others.set_policy(letter)
        text = None if removes else text_of(OTHER)
        self.model.possible[letter] = {State(text, state.ours, state.entry)}
        self.ask(letter)

    def _run_policies(self) -> None:
        for letter, images in self.model.now.images.items():
            (state,) = self.model.possible[letter]
            expected = taken(json.loads(state.text), images) if state.text else set()
            went = self.others.run_policies(letter)
            if went != expected:
                raise Divergence(f"{letter}: AWS has taken {sorted(went)}, expected {sorted(expected)}")
            images -= went

    def _drop(self, letter: str) -> None:
        spec = self.model.now.repositories[letter].spec
        self.cluster.delete(KIND, self.name, letter)
        self.asked.pop(letter, None)
        self.model.now.repositories[letter].deleting = True
        deletes = spec.get("deletionPolicy") == "DeleteWithImages" and not spec.get("suspend")
        if not deletes:
            self.model.left_alone(letter)

    def _mistake(self, kind: str, name: str, spec: Spec) -> None:
        before = self.cluster.find(kind, self.name, name)
        try:
            self._write(kind, name, spec)
        except ApiError as error:
            if error.status not in (400, 422, 500) or not error.message:
                raise Divergence(f"a mistake was refused without a sentence: {error}") from error
        else:
            raise Divergence(f"a mistake was taken: {json.dumps(spec)}")
        after = self.cluster.find(kind, self.name, name)
        if (before or {}).get("spec") != (after or {}).get("spec"):
            raise Divergence("a refused spec has changed the object")

    # Judging

    def settle(self) -> None:
        """Wait until all is as the model says. Raises `Divergence`."""
        if self.is_settled:
            return
        look = self._wait()
        if look.several:
            # It may still be on its way to another of the ends.
            for letter in self.model.now.repositories:
                if self._lives(letter):
                    self.ask(letter)
            look = self._wait()
        self.model.settled(look.found)
        self.is_settled, self.look = True, look

    def _wait(self) -> Look:
        problems: list[str] = []
        for _ in self.cluster.polls(SETTLE_SECONDS, 0.25):
            self.model.release()
            look = Look(self.world, self.model, self.name)
            problems = look.problems() or self._unanswered(look)
            if not problems:
                return look
        raise Divergence("; ".join(problems))

    def problems(self) -> list[str]:
        """What is not as it should be at present."""
        self.model.release()
        look = Look(self.world, self.model, self.name)
        return look.problems() or self._unanswered(look)

    def _unanswered(self, look: Look) -> list[str]:
        found = []
        for letter, asked in self.asked.items():
            if self._lives(letter):
                handled = look.repositories[letter]["status"].get("lastHandledReconcileAt")
                if handled != asked:
                    found.append(f"{letter}: lastHandledReconcileAt {handled}, expected {asked}")
        return found

    # Writing

    def _send(self, kind: str, name: str, spec: Spec) -> Object:
        try:
            return self._write(kind, name, spec)
        except ApiError as error:
            raise Divergence(f"a valid spec was refused: {error}; {json.dumps(spec)}") from error

    def _write(self, kind: str, name: str, spec: Spec) -> Object:
        metadata = {"name": name, "namespace": self.name}
        body = {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
        query = {"fieldManager": "user", "fieldValidation": "Strict"}
        where = path(kind, self.name, name)
        return self.cluster.request("PATCH", where, body, query=query, content_type=APPLY)

    def clean(self) -> None:
        """Leave nothing behind; the namespace goes behind what comes next."""
        if not self._has_begun:
            return
        for one in self.cluster.list(KIND, self.name):
            self._forget(one["metadata"]["name"])
        self.cluster.delete("Namespace", None, self.name)
        ecr = self.world.aws.client("ecr", unseen=True)
        for letter in self.model.possible:
            try:
                ecr.delete_repository(repositoryName=f"{self.name}/{letter}", force=True)
            except ecr.exceptions.RepositoryNotFoundException:
                continue

    def _forget(self, name: str) -> None:
        """Remove an object, whatever state it is in."""
        patch = {"metadata": {"finalizers": None}, "spec": {"suspend": True}}
        try:
            self.cluster.merge_patch(KIND, self.name, name, patch)
            self.cluster.delete(KIND, self.name, name)
        except ApiError as error:
            if error.status != 404:
                raise
