"""What an apply would do to repositories: the operator's plans, from manifests and what AWS holds."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.validation import describe
from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.registry import Registry
from ecr_operator.aws.repository import with_policies
from ecr_operator.cli.lifecycle_notes import notes_on
from ecr_operator.cli.lifecycle_proviso import proviso
from ecr_operator.cli.lifecycle_world import UNKNOWN_WORLD, LifecycleWorld, writes
from ecr_operator.cli.manifests import Manifest
from ecr_operator.cli.planned import Action, Planned
from ecr_operator.cli.reviewed import Named
from ecr_operator.controllers.reading import Reading, read_repository
from ecr_operator.planning.changes import Change, CreateRepository, DeleteLifecyclePolicy
from ecr_operator.planning.claims import Claim, winner
from ecr_operator.planning.desired import DesiredRepository, desired_repository
from ecr_operator.planning.identity import names_repository
from ecr_operator.planning.lifecycle_choice import LifecycleChoice
from ecr_operator.planning.lifecycle_progress import APPLIED as LIFECYCLE_APPLIED
from ecr_operator.planning.managed import reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import Cluster
from ecr_operator.planning.plan import Done, Plan, Stalled, Waiting
from ecr_operator.planning.policies import spec_refusal
from ecr_operator.planning.repository import Recorded, plan_repository
from ecr_operator.planning.status import recorded
from ecr_operator.planning.tenancy import allowed_names, may_adopt, may_claim
from ecr_operator.reasons import Reason
from ecr_operator.settings import Settings

AT_ONCE = 20
"""How many repositories are read at the same time."""
UNKNOWN_CLUSTER = "<cluster>"
"""Stands for the cluster's name where it was not given."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A manifest that the API server would take."""

    manifest: Manifest
    namespace: str
    name: str
    spec: EcrRepositorySpec
    recorded: Recorded
    lifecycle: LifecycleChoice
    """The lifecycle policy that it is to have."""
    notes: tuple[str, ...] = ()
    """On that policy."""

    @property
    def is_deleting(self) -> bool:
        """Whether the manifest is of an object that is being deleted."""
        return "deletionTimestamp" in self.manifest.obj["metadata"]

    def desired(self, cluster: Cluster, settings: Settings) -> DesiredRepository:
        """What it asks for, as an object of `cluster`."""
        return desired_repository(
            {"namespace": self.namespace, "name": self.name},
            self.spec,
            cluster=cluster,
            default_tags=settings.default_tags,
            max_deletion_policy=settings.max_deletion_policy,
            lifecycle=self.lifecycle,
        )

    def planned(self, action: Action, **fields: Any) -> Planned:
        """Its plan."""
        fields = {"repository": self.repository, "lifecycle_source": self.lifecycle.source, **fields}
        return Planned(self.manifest, self.namespace, self.name, action, **fields)

    @property
    def repository(self) -> str:
        """The repository's name in ECR."""
        return self.spec.repository_name_for(self.name)


@dataclass(frozen=True, slots=True)
class RepositoryPlanner:
    """Makes plans as the operator of `cluster_name` would; None: whoever owns a repository of that object."""

    settings: Settings
    cluster_name: str | None = None
    lifecycle: LifecycleWorld = UNKNOWN_WORLD

    def check(self, repositories: Iterable[Named], place: Place) -> tuple[list[Planned], list[Asked]]:
        """Those that are refused without asking AWS, and the others."""
        refused: list[Planned] = []
        asked: list[Asked] = []
        for named in repositories:
            found = self._understood(named)
            refused.append(found) if isinstance(found, Planned) else asked.append(found)
        for one in list(asked):
            refusal = self._refusal(one, place)
            if refusal is not None:
                asked.remove(one)
                refused.append(refusal)
        for one in self._losers(asked):
            asked.remove(one)
            message = f"Repository '{one.repository}' is named by another of these manifests as well"
            refused.append(one.planned(Action.REFUSE, reason=Reason.REPOSITORY_NAME_TAKEN, message=message))
        return refused, asked

    async def plan(self, asked: Sequence[Asked], registry: Registry) -> list[Planned]:
        """The plans of those that AWS has to be asked for."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(subject: Asked) -> Planned:
            async with gate:
                try:
                    return await self._plan(subject, registry)
                except AwsError as error:
                    return subject.planned(Action.ERROR, reason=error.reason, message=str(error))

        return list(await asyncio.gather(*map(one, asked)))

    def _understood(self, named: Named) -> Planned | Asked:
        obj = named.manifest.obj
        try:
            part = "spec"
            spec = EcrRepositorySpec.from_json(obj.get("spec"))
            part = "status"
            status = EcrRepositoryStatus.from_json(obj.get("status"))
        except ValidationError as error:
            return named.invalid([describe(error, part)])
        applied = self.lifecycle.applied((named.namespace, named.name), status)
        labels = obj["metadata"].get("labels") or {}
        choice = self.lifecycle.choice(named.namespace, labels, spec, applied)
        condition = status.condition(LIFECYCLE_APPLIED)
        said = condition.message if condition is not None else ""
        told = notes_on(choice, self.lifecycle, applied, said) if writes(spec) else ()
        return Asked(named.manifest, named.namespace, named.name, spec, recorded(status), choice, told)

    def _refusal(self, asked: Asked, place: Place) -> Planned | None:
        """What is wrong with the spec itself beyond what the API server sees."""
        if asked.recorded.repository_arn and not names_repository(asked.recorded, asked.repository):
            message = f"`repositoryName` cannot be changed: the status is of {asked.recorded.repository_arn}"
            return asked.planned(Action.REFUSE, reason="Invalid", message=message)
        desired = asked.desired(Cluster(self.cluster_name or UNKNOWN_CLUSTER), self.settings)
        refusal = None if asked.spec.is_suspended or desired.observe else spec_refusal(desired, place)
        if refusal is None or not isinstance(refusal.outcome, Stalled):
            return None
        return asked.planned(Action.REFUSE, reason=refusal.outcome.reason, message=refusal.outcome.message)

    @staticmethod
    def _losers(asked: Sequence[Asked]) -> list[Asked]:
        """Those whose repository another manifest claims with better right."""
        losers = []
        by_name: dict[str, dict[Claim, Asked]] = {}
        for one in asked:
            if writes(one.spec):
                created = str(one.manifest.obj["metadata"].get("creationTimestamp") or "9999")
                claim = Claim(one.namespace, one.name, created, owns=one.recorded.owns)
                by_name.setdefault(one.repository, {})[claim] = one
        for claims in by_name.values():
            best = winner(claims)
            losers += [one for claim, one in claims.items() if claim != best]
        return losers

    async def _plan(self, asked: Asked, registry: Registry) -> Planned:
        if asked.spec.is_suspended:
            return asked.planned(Action.NONE, reason=Reason.SUSPENDED, message="`suspend` is true")
        if asked.is_deleting:
            return asked.planned(Action.NONE, message="the object is being deleted: nothing is planned")
        cluster, desired, reading = await self._read(asked, registry)
        if isinstance(reading, Stalled):
            return asked.planned(Action.REFUSE, reason=reading.reason, message=reading.message)
        notes = list(asked.notes)
        globs = allowed_names({}, self.settings.repository_names, asked.namespace)
        if not may_claim(asked.repository, globs):
            notes.append(
                f"the setting ECR_OPERATOR_REPOSITORY_NAMES does not allow {asked.repository}: the Namespace "
                "needs the annotation `ecr-operator.dev/repository-names`"
            )
        if self.cluster_name is None and cluster.name != UNKNOWN_CLUSTER and not desired.observe:
            notes.append(f"the owner '{desired.owner}' counts as this object: --cluster-name was not given")
        plan = _made(asked.recorded, desired, reading, cluster)
        changes = plan.changes
        if plan.adopts and reading.observed is not None:
            if not may_adopt({}, self.settings.adoption == "Everywhere"):
                notes.append(
                    "adopting needs `ecr-operator.dev/adoption: Allowed` on the Namespace, or the setting "
                    "ECR_OPERATOR_ADOPTION=Everywhere"
                )
            # What follows when the owner tag is there.
            owned = replace(reading.observed, tags={**reading.observed.tags, OWNER_TAG: desired.owner})
            memory = replace(asked.recorded, managed=plan.parts())
            owned = await with_policies(registry, owned, reads(desired, memory.managed, taking=True))
            plan = _made(memory, desired, replace(reading, observed=owned), cluster)
            changes += plan.changes
        if not self.lifecycle.is_whole and any(isinstance(one, DeleteLifecyclePolicy) for one in changes):
            notes.append("the lifecycle policy stays if an EcrLifecyclePolicy of the cluster selects this")
        return _result(asked, plan, changes, tuple(notes))

    async def _read(
        self, asked: Asked, registry: Registry
    ) -> tuple[Cluster, DesiredRepository, Reading | Stalled]:
        cluster = Cluster(self.cluster_name or UNKNOWN_CLUSTER, self.settings.previous_cluster_names)
        desired = asked.desired(cluster, self.settings)
        reading = await read_repository(registry, desired, asked.recorded, cluster)
        if self.cluster_name is None and isinstance(reading, Reading):
            assumed = _cluster_of(reading, asked)
            if assumed is not None:
                cluster = Cluster(assumed)
                desired = asked.desired(cluster, self.settings)
                reading = await read_repository(registry, desired, asked.recorded, cluster)
        return cluster, desired, reading


def _made(memory: Recorded, desired: DesiredRepository, reading: Reading, cluster: Cluster) -> Plan:
    return plan_repository(
        desired,
        reading.observed,
        memory,
        cluster=cluster,
        place=reading.place,
        now=datetime.now(UTC),
    )


def _cluster_of(reading: Reading, asked: Asked) -> str | None:
    """The cluster in an owner tag that names the object itself."""
    owner = (reading.observed.owner if reading.observed else None) or ""
    end = f"/{asked.namespace}/{asked.name}"
    # `adoptFrom` says itself that the owner is another one.
    return owner.removesuffix(end) if owner.endswith(end) and owner != asked.spec.adopt_from else None


def _result(asked: Asked, plan: Plan, changes: tuple[Change, ...], notes: tuple[str, ...]) -> Planned:
    outcome = plan.outcome
    if isinstance(outcome, Stalled):
        return asked.planned(Action.REFUSE, reason=outcome.reason, message=outcome.message, notes=notes)
    if changes:
        creates = any(isinstance(change, CreateRepository) for change in changes)
        # A new repository holds nothing that a policy could take.
        waits = "" if creates else proviso(asked.lifecycle.protection)
        action = Action.CREATE if creates else Action.CHANGE
        return asked.planned(action, changes=changes, notes=notes, proviso=waits)
    if isinstance(outcome, Done | Waiting):
        message = "in sync" if outcome == Done() else outcome.message
        return asked.planned(Action.NONE, reason=outcome.reason, message=message, notes=notes)
    raise TypeError(f"no plan ends with {outcome}")
