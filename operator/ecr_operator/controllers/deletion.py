"""The reconcile of an EcrRepository that is being deleted and carries our finalizer."""

from datetime import datetime, timedelta

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.repository import observe_for_deletion
from ecr_operator.controllers import effects, report
from ecr_operator.controllers.claims import Claims
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.identity import registry_refusal
from ecr_operator.controllers.subject import Json, Subject
from ecr_operator.kube.finalizer import remove_finalizer
from ecr_operator.planning.deletion import (
    WAY_OUT,
    Release,
    needs_usage,
    plan_deletion,
    release_without_aws,
)
from ecr_operator.planning.identity import names_repository
from ecr_operator.planning.naming import Place, Registry
from ecr_operator.planning.plan import Outcome, Plan, Retrying, Stalled, Waiting
from ecr_operator.planning.status import outcome_status, recorded
from ecr_operator.planning.usage import RepositoryUsage, UsageUnknown
from ecr_operator.reasons import Reason


class Deletion:
    """`reconcile` returns what keeps the object; None when its finalizer is off."""

    def __init__(self, context: Context, claims: Claims) -> None:
        self._context = context
        self._claims = claims

    async def reconcile(self, subject: Subject) -> Outcome | None:
        """Raises `Stale`, `Gone`, `KubeError`, and `AwsError` for what passes by itself."""
        release = release_without_aws(
            subject.desired,
            recorded(subject.status),
            suspended=subject.spec.is_suspended,
            name_allowed=await self._claims.name_allowed(subject),
            successor=await self._claims.successor(subject),
        )
        if release is not None:
            await self.release(subject.obj, release)
            return None
        try:
            result = await self._with_aws(subject)
        except AwsError as error:
            message = f"{error.message}; {WAY_OUT}"
            if error.kind == Kind.STALLED:
                return await self._report(subject, Stalled(error.reason, message))
            await self._report(subject, Retrying(error.reason, message))
            raise
        if isinstance(result, Release):
            await self.release(subject.obj, result)
            return None
        return await self._report(subject, result)

    async def release(self, obj: Json, release: Release) -> None:
        """Take the finalizer off, which lets the object go."""
        if await remove_finalizer(self._context.client, obj) and not release.deleted:
            self._context.events.record(obj, Reason.FINALIZER_RELEASED, release.message)

    async def _with_aws(self, subject: Subject) -> Release | Outcome:
        registry = self._context.registry_of(subject)
        status = recorded(subject.status)
        changed = await registry_refusal(registry, status)
        if changed is not None:
            return changed
        cluster = self._context.cluster
        name = subject.desired.name
        observed = await observe_for_deletion(
            registry,
            name,
            status.repository_arn if names_repository(status, name) else None,
            lambda owner: owner is not None and cluster.present(owner) == subject.desired.owner,
        )
        since = status.created_at or datetime.fromisoformat(subject.obj["metadata"]["creationTimestamp"])
        propagation = timedelta(seconds=self._context.settings.propagation_seconds)
        if observed is None and self._context.now() < since + propagation:
            return Waiting(
                Reason.PROGRESSING, "AWS does not show the repository yet that was just created", 1.0
            )
        usage: RepositoryUsage | UsageUnknown | None = None
        if observed is not None and needs_usage(subject.desired, observed.images, subject.annotations):
            usage = await self._usage(observed.arn, name)
        plan = plan_deletion(subject.desired, observed, subject.annotations, cluster, usage)
        if isinstance(plan, Release):
            return plan
        if plan.changes:
            return await self._delete(subject, plan)
        return plan.outcome

    async def _usage(self, arn: str, name: str) -> RepositoryUsage | UsageUnknown:
        """Who uses its images now."""
        found = await self._context.in_use.get(since=self._context.monotonic())
        if isinstance(found, UsageUnknown):
            return found
        place = Place.of_arn(arn)
        return found.of(Registry(place.own_account, place.region), name)

    async def _delete(self, subject: Subject, plan: Plan) -> Release | Outcome:
        await effects.unchanged(self._context, subject)
        registry = self._context.registry_of(subject)
        performed = await effects.perform(registry, plan, None, frozenset())
        if performed.error is not None:
            if performed.error.reason == Reason.REPOSITORY_NOT_EMPTY:
                # An image came between the look and the delete.
                return Waiting(Reason.REPOSITORY_NOT_EMPTY, f"{performed.error.message}; or {WAY_OUT}", 1.0)
            raise performed.error
        report.announce_changes(self._context, subject, performed.changes, adopted=False)
        return Release(f"Repository {subject.desired.name} was deleted", deleted=True)

    async def _report(self, subject: Subject, outcome: Outcome) -> Outcome:
        status = outcome_status(
            subject.status,
            outcome,
            generation=subject.generation,
            now=self._context.now(),
            handled=subject.asked,
        )
        await report.write(self._context, subject.obj, status)
        report.announce_outcome(self._context, subject, outcome)
        return outcome
