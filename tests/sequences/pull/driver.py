"""Takes the steps of one sequence, and holds the cluster against the model."""

import json
import threading

from ecr_operator.api.names import API_VERSION, RECONCILE_ANNOTATION
from tests.cluster import ApiError, Object
from tests.kinds import path
from tests.pull_secrets import KIND
from tests.repositories import condition
from tests.sequences.pull.look import Look
from tests.sequences.pull.model import Model
from tests.sequences.pull.others import Others
from tests.sequences.pull.steps import (
    CASE,
    ROLE,
    AddNamespace,
    Apply,
    Ask,
    Delete,
    Mistake,
    Refuse,
    Restart,
    Spec,
    Step,
)
from tests.sequences.pull.world import PullWorld
from tests.sequences.world import APPLY, SETTLE_SECONDS, Divergence


class Driver:
    """One object and its namespaces. A step that makes no sense where it stands is passed over."""

    def __init__(self, world: PullWorld) -> None:
        self.world = world
        self.model = Model(world.new_name())
        self.name = self.model.name
        self.is_settled = True
        self.asked = 0
        self.old: dict[str, str] | None = None
        """What the Secrets held when new credentials were asked for."""
        self._role = ""
        self.others = Others(world.cluster, self.model)
        self._lock = threading.RLock()
        """What a fault brings comes after what it strikes, in the model as in the cluster."""

    def run(self, steps: list[Step]) -> None:
        """Raises `Divergence`, with the number of the step."""
        try:
            for number, step in enumerate(steps):
                try:
                    self.take(step)
                    if not (isinstance(step, Apply) and not step.waits):
                        self.settle()
                except Divergence as error:
                    where = f"step {number}, {type(step).__name__} of {self.name}"
                    raise Divergence(f"{where}: {error}") from error
        finally:
            self.clean()

    def take(self, step: Step) -> None:
        """Do it, and go on at once."""
        if isinstance(step, Apply):
            if self.model.spec is not None and step.spec.get("suspend"):
                # How far the spec before has got would stay so.
                self.settle()
            self.apply(step.spec)
            return
        self.settle()
        with self._lock:
            self._take(step)

    def _take(self, step: Step) -> None:
        match step:
            case Mistake(spec):
                self._mistake(spec)
            case Restart():
                self.world.restart()
            case AddNamespace(letter, labels) if letter not in self.model.places:
                self.others.add_namespace(letter, labels)
            case _ if getattr(step, "letter", None) in self.model.places:
                self.others.take(step)
            case Delete() if self.model.spec is not None:
                self.delete()
            case Ask() if self.model.spec is not None:
                self.ask()
            case Refuse() if self.model.is_active and self.model.spec.get("auth"):  # type: ignore[union-attr]
                self._refuse()
            case _:
                return
        self.model.happened()
        self.is_settled = False

    # The user

    def apply(self, spec: Spec) -> None:
        """Apply a spec as `kubectl apply --server-side` does."""
        written = self._written(spec)
        with self._lock:
            try:
                self._send(written)
            except ApiError as error:
                raise Divergence(f"a valid spec was refused: {error}; {json.dumps(written)}") from error
            self.model.apply(written)
            self.is_settled = False

    def delete(self) -> None:
        """Ask for the object's deletion."""
        with self._lock:
            self.world.cluster.delete(KIND, None, self.name)
            self.model.delete()
            self.old, self.asked, self.is_settled = None, 0, False

    def ask(self) -> None:
        """Ask for new credentials."""
        self.asked += 1
        ours = [letter for letter, place in self.model.places.items() if place.ours]
        if ours and self.model.is_active:
            self.old = Look(self.world, self.model).data(ours[0])
        annotations = {RECONCILE_ANNOTATION: str(self.asked)}
        self.world.cluster.merge_patch(KIND, None, self.name, {"metadata": {"annotations": annotations}})
        self.is_settled = False

    def _mistake(self, spec: Spec) -> None:
        before = self.world.cluster.find(KIND, None, self.name)
        try:
            self._send(self._written(spec))
        except ApiError as error:
            if error.status not in (400, 422, 500) or not error.message:
                raise Divergence(f"a mistake was refused without a sentence: {error}") from error
        else:
            raise Divergence(f"a mistake was taken: {json.dumps(spec)}")
        after = self.world.cluster.find(KIND, None, self.name)
        if (before or {}).get("spec") != (after or {}).get("spec"):
            raise Divergence("a refused spec has changed the object")

    def _refuse(self) -> None:
        aws, account = self.world.aws, self.model.account
        before = Look(self.world, self.model).secrets
        fault = aws.inject("GetAuthorizationToken", "AccessDeniedException", account=account)
        try:
            self.ask()
            self._said("Stalled", "AccessDenied")
            if Look(self.world, self.model).secrets != before:
                raise Divergence("AWS has refused, and Secrets were touched")
        finally:
            aws.clear(fault)

    # Judging

    def settle(self) -> None:
        """Wait until all is as the model says. Raises `Divergence`."""
        if self.is_settled:
            return
        problems: list[str] = []
        for _ in self.world.cluster.polls(SETTLE_SECONDS, 0.1):
            problems = self.problems()
            if not problems:
                self.note()
                self.is_settled, self.old = True, None
                return
        raise Divergence("; ".join(problems))

    def problems(self) -> list[str]:
        """What is not as it should be at present."""
        look = Look(self.world, self.model)
        return look.problems() or self._unanswered(look)

    def note(self) -> None:
        """Remember which Secrets there are: the operator keeps them."""
        for letter, secret in Look(self.world, self.model).secrets.items():
            place = self.model.places[letter]
            if secret is not None and place.ours and place.uid is None:
                place.uid = secret["metadata"]["uid"]

    def _unanswered(self, look: Look) -> list[str]:
        if not self.asked or not self.model.is_active:
            return []
        assert look.obj is not None
        handled = look.obj["status"].get("lastHandledReconcileAt")
        if handled != str(self.asked):
            return [f"lastHandledReconcileAt {handled}, expected {self.asked}"]
        ours = [letter for letter, place in self.model.places.items() if place.ours]
        if self.old is not None and ours and look.data(ours[0]) == self.old:
            return ["there are no new credentials"]
        return []

    def _said(self, type: str, reason: str) -> None:
        def holds(obj: Object) -> bool:
            found = condition(obj, type)
            return found is not None and found["reason"] == reason

        try:
            self.world.cluster.wait_for(KIND, None, self.name, holds, SETTLE_SECONDS, reason)
        except AssertionError as error:
            raise Divergence(str(error)) from error

    # Writing

    def _written(self, spec: Spec) -> Spec:
        text = json.dumps(spec)
        if ROLE in text and not self._role:
            self._role = self.world.new_role()
        written: Spec = json.loads(text.replace(CASE, self.name).replace(ROLE, self._role))
        return written

    def _send(self, spec: Spec) -> None:
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": self.name}, "spec": spec}
        query = {"fieldManager": "user", "fieldValidation": "Strict"}
        self.world.cluster.request(
            "PATCH", path(KIND, None, self.name), body, query=query, content_type=APPLY
        )

    def clean(self) -> None:
        """Leave nothing behind; namespaces go behind what comes next."""
        self.forget()
        for letter in self.model.places:
            self.world.cluster.delete("Namespace", None, f"{self.name}-{letter}")

    def forget(self) -> None:
        """Remove the object, whatever state it is in."""
        cluster = self.world.cluster
        if cluster.find(KIND, None, self.name) is not None:
            cluster.merge_patch(KIND, None, self.name, {"metadata": {"finalizers": None}})
            cluster.delete(KIND, None, self.name)
