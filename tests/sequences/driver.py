"""Runs one sequence and judges the outcome of its steps."""

import json
from typing import Any

from ecr_operator.api.names import OWNER_TAG, RECONCILE_ANNOTATION
from tests.cluster import ApiError, Object
from tests.repositories import KIND, message
from tests.running import CLUSTER
from tests.sequences import truth
from tests.sequences.holdings import Holdings
from tests.sequences.meddling import meddle
from tests.sequences.model import LIFECYCLE, Model, asked_of
from tests.sequences.specs import Spec
from tests.sequences.steps import Apply, ByHand, Delete, LoseOwner, Meddle, Mistake, Step, Vanish
from tests.sequences.world import Divergence, Fresh, World, reason_of

REFUSED_BEFORE_AWS = frozenset(
    {
        "InvalidPolicy",
        "PolicyTooLarge",
        "RepositoryNotOurs",
        "RepositoryOwnedByAnother",
        "ImmutableFieldDiffers",
    }
)
"""Whoever is stalled so has changed nothing."""


class Driver:
    """One object, its repository, and what is expected of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = world.new_name("web")
        self.owner = f"{CLUSTER}/{world.namespace}/{self.name}"
        self.model = Model()
        self.spec: Spec | None = None
        self.in_sync = False
        """The object manages its repository and is in sync."""
        self.is_settled = True
        self.before: Holdings | None = None
        """What AWS held when the object had last settled."""
        self.asked = 0

    def run(self, steps: list[Step]) -> None:
        """Raises `Divergence`, with the number of the step."""
        for number, step in enumerate(steps):
            try:
                self._take(step)
            except Divergence as error:
                raise Divergence(f"step {number}, {type(step).__name__} of {self.name}: {error}") from error
        self.world.clean(self.name)

    def _take(self, step: Step) -> None:
        match step:
            case Apply(spec, waits):
                self._apply(spec, waits)
            case Mistake(spec):
                self._mistake(spec)
            case ByHand(meddling):
                self._by_hand(meddling)
            case _ if self.spec is not None:
                self._settle()
                match step:
                    case Meddle():
                        self._meddle(step)
                    case LoseOwner(owner):
                        self._lose_owner(owner)
                    case Vanish():
                        self._vanish()
                    case Delete():
                        self._delete()

    def _apply(self, spec: Spec, waits: bool) -> None:
        if self.spec is not None and not self.is_settled:
            # It may have begun with the spec before, or not.
            self._unsettled()
        try:
            self.world.apply(self.name, spec)
        except ApiError as error:
            raise Divergence(f"a valid spec was refused: {error}; {json.dumps(spec)}") from error
        if self.is_settled:
            self.before = self.world.held(self.name)
        self.fresh_start = self.is_settled
        self.spec, self.is_settled, self.in_sync = spec, False, False
        if waits:
            self._settle()

    def _unsettled(self) -> None:
        assert self.spec is not None
        if _manages(self.spec):
            self.model.unsettled(self.spec)

    def _mistake(self, spec: Spec) -> None:
        before = self.world.find(self.name)
        try:
            self.world.apply(self.name, spec)
        except ApiError as error:
            if error.status not in (400, 422, 500) or not error.message:
                raise Divergence(f"a mistake was refused without a sentence: {error}") from error
        else:
            raise Divergence(f"a mistake was taken: {json.dumps(spec)}")
        after = self.world.find(self.name)
        if _generation(before) != _generation(after):
            raise Divergence("a refused spec has changed the object")

    # What others do

    def _by_hand(self, meddling: Meddle) -> None:
        if self.spec is None and self.world.held(self.name) is None:
            self.world.aws.create_repositories([self.world.repository(self.name)])
            meddle(self.world.aws, self.world.repository(self.name), meddling, None)
            self.before = self.world.held(self.name)
            self.model.left_by_another(self.before)

    def _meddle(self, step: Meddle) -> None:
        there = self.world.held(self.name)
        if there is None:
            return
        assert self.spec is not None
        done = meddle(self.world.aws, self.world.repository(self.name), step, there)
        self.before = after = self.world.held(self.name)
        assert after is not None
        asked = asked_of(self.spec)
        for key in done.tags:
            self.model.tags.put_by_hand(key, after.tags.get(key), asked.tags, self.in_sync)
        for sid in done.statements:
            self.model.statements.put_by_hand(sid, after.statements.get(sid), asked.statements, self.in_sync)
        if done.lifecycle:
            self.model.lifecycle.put_by_hand(LIFECYCLE, after.lifecycle, asked.lifecycle, self.in_sync)
        self._reconcile()

    def _lose_owner(self, owner: str | None) -> None:
        there = self.world.held(self.name)
        if not self.in_sync or there is None or there.owner != self.owner:
            return
        assert self.spec is not None
        self._write_owner(owner)
        self.before = self.world.held(self.name)
        if self._takes(owner):
            self.model.left_by_another(self.before)
            self._reconcile()
            return
        self._reconcile()
        self._write_owner(self.owner)
        if owner is not None:
            # What another owned is not ours to take back.
            self.model.left_by_another(self.before)
        self.before = self.world.held(self.name)
        self._reconcile()

    def _write_owner(self, owner: str | None) -> None:
        ecr, arn = self.world.aws.client("ecr", unseen=True), self.world.arn(self.name)
        if owner is None:
            ecr.untag_resource(resourceArn=arn, tagKeys=[OWNER_TAG])
        else:
            ecr.tag_resource(resourceArn=arn, tags=[{"Key": OWNER_TAG, "Value": owner}])

    def _takes(self, owner: str | None) -> bool:
        assert self.spec is not None
        if owner is None:
            return self.spec.get("adoptionPolicy") == "Adopt"
        return self.spec.get("adoptFrom") == owner

    def _vanish(self) -> None:
        if self.in_sync:
            ecr = self.world.aws.client("ecr", unseen=True)
            ecr.delete_repository(repositoryName=self.world.repository(self.name), force=True)
            self.before = None
            self.model.left_by_another(None)
            self._reconcile()

    def _delete(self) -> None:
        assert self.spec is not None
        before = self.world.held(self.name)
        self.world.delete(self.name)
        after = self.world.held(self.name)
        deletes = self.spec.get("deletionPolicy", "Retain") != "Retain" and _manages(self.spec)
        if deletes and before is not None and before.owner == self.owner:
            before = None
        if after != before:
            raise Divergence(f"after the deletion AWS holds {after}, expected {before}")
        self.model.left_by_another(after)
        self.spec, self.in_sync, self.is_settled, self.before = None, False, True, after

    # Judging

    def _reconcile(self) -> None:
        self.asked += 1
        value = str(self.asked)
        patch: Any = {"metadata": {"annotations": {RECONCILE_ANNOTATION: value}}}
        self.world.cluster.merge_patch(KIND, self.world.namespace, self.name, patch)
        assert self.spec is not None
        suspended = self.spec.get("suspend")
        self.is_settled, self.fresh_start = False, True
        self._settle(None if suspended else value)

    def _settle(self, handled: str | None = None) -> None:
        if self.is_settled or self.spec is None:
            return
        obj = self.world.settled(self.name, handled)
        there = self.world.held(self.name)
        problems = self._judged(obj, there, self.spec)
        # A recheck may have written between the two looks.
        if problems:
            now = self.world.find(self.name)
            raise Divergence("; ".join(problems) + f"; status {json.dumps(now and now.get('status'))}")
        self.before, self.is_settled = there, True

    def _judged(self, obj: Object, there: Holdings | None, spec: Spec) -> list[str]:
        found = truth.contradictions(obj)
        if not _manages(spec):
            if self.fresh_start and there != self.before:
                found.append(f"AWS holds {there}, expected {self.before}: nothing is managed")
            return [*found, *truth.observing(obj, there, spec)]
        fresh = self.world.fresh(spec)
        reason, expected = reason_of(obj), self._reasons(there, spec, fresh)
        if reason not in expected:
            return [*found, f"Ready says {reason}, expected {' or '.join(sorted(expected))}"]
        if reason != "InSync":
            self.in_sync = False
            self.model.unsettled(spec)
            # What AWS itself refuses comes after what it took.
            by_aws = message(obj).startswith("AWS refuses")
            harmless = reason in REFUSED_BEFORE_AWS and not by_aws and self.fresh_start
            if harmless and there != self.before:
                found.append(f"{reason}, but AWS holds {there}, before {self.before}")
            return found
        if there is None or fresh.held is None:
            return [*found, "InSync, but there is no repository"]
        self.in_sync = True
        found += self.model.in_sync(spec, there, fresh.held)
        found += self._settings(spec, there, fresh.held)
        return [*found, *truth.managing(obj, there, spec, fresh)]

    def _reasons(self, there: Holdings | None, spec: Spec, fresh: Fresh) -> set[str]:
        """What the object may say, where the repository may be another's."""
        if there is not None and there.owner != self.owner and not self._takes(there.owner):
            other = "RepositoryOwnedByAnother" if there.owner else "RepositoryNotOurs"
            # A new object takes the name for free by a listing of the last minute, and says first what is
            # wrong with the spec itself.
            return {other} | {fresh.reason} & REFUSED_BEFORE_AWS
        if there is not None and "encryptionConfiguration" in spec:
            wanted = json.loads(there.encryption)["encryptionType"]
            if spec["encryptionConfiguration"]["encryptionType"] != wanted:
                return {"ImmutableFieldDiffers"} | {fresh.reason} & REFUSED_BEFORE_AWS
        return {fresh.reason}

    def _settings(self, spec: Spec, there: Holdings, fresh: Holdings) -> list[str]:
        """What is left out keeps its value; of a new repository it is AWS's default."""
        before = self.before or fresh
        found = []
        if "imageTagMutability" in spec or self.fresh_start:
            expected = fresh if "imageTagMutability" in spec else before
            if there.mutability != expected.mutability:
                found.append(f"mutability {there.mutability}, expected {expected.mutability}")
        scans = "scanOnPush" in spec.get("imageScanningConfiguration", {})
        if scans or self.fresh_start:
            expected = fresh if scans else before
            if there.scan_on_push != expected.scan_on_push:
                found.append(f"scanOnPush {there.scan_on_push}, expected {expected.scan_on_push}")
        if self.before is None and self.fresh_start and there.encryption != fresh.encryption:
            found.append(f"encryption {there.encryption}, expected {fresh.encryption}")
        if there.owner != self.owner:
            found.append(f"owner {there.owner}, expected {self.owner}")
        return found


def _manages(spec: Spec) -> bool:
    return spec.get("managementPolicy") != "Observe" and not spec.get("suspend")


def _generation(obj: Object | None) -> int | None:
    return obj["metadata"]["generation"] if obj else None
