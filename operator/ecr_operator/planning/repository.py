"""From what a spec asks and what AWS holds to a plan, for one repository."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.planning.changes import (
    REPOSITORY,
    Change,
    CreateRepository,
    SetScanOnPush,
    SetTagMutability,
    TagRepository,
    UntagRepository,
    mutability_text,
    tag_part,
)
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.lifecycle_gate import LifecycleGate
from ecr_operator.planning.managed import NO_READS, Reads, reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import Cluster, ObjectKey, Ownership, judge
from ecr_operator.planning.plan import Done, Outcome, Plan, Waiting, refuse
from ecr_operator.planning.policies import plan_policies, spec_refusal, unseen_parts, waits_for
from ecr_operator.reasons import Reason

TAGS_PER_REPOSITORY = 50
"""AWS's quota: "Tags per resource" (ECR service quotas)."""


@dataclass(frozen=True, slots=True)
class ObservedRepository:
    """A repository as AWS describes it."""

    name: str
    arn: str
    uri: str
    registry_id: str
    created_at: datetime
    tags: Mapping[str, str]
    mutability: str = "MUTABLE"
    exclusion_filters: tuple[str, ...] = ()
    """Sorted."""
    scan_on_push: bool = False
    encryption_type: str = "AES256"
    kms_key: str | None = None
    lifecycle_policy: str | None = None
    """The text; None: there is none, or it was not read."""
    policy: str | None = None
    """The text of the repository's policy; None: there is none, or it was not read."""
    known: Reads = NO_READS
    """Which of the two were read."""

    @property
    def owner(self) -> str | None:
        """The value of the owner tag."""
        return self.tags.get(OWNER_TAG)

    @property
    def region(self) -> str:
        """From the ARN: ``arn:<partition>:ecr:<region>:<account>:repository/<name>``."""
        return self.arn.split(":")[3]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the object's status remembers."""

    managed: frozenset[str] = frozenset()
    repository_arn: str | None = None
    registry_id: str | None = None
    region: str | None = None
    created_at: datetime | None = None
    owner: str | None = None
    adopting_since: datetime | None = None
    in_sync: bool = False
    """The object was in sync when it was last looked at."""
    policies_written: datetime | None = None
    """When a policy was last written: AWS may not show it yet."""
    lifecycle_retained: bool = False
    """The lifecycle policy stays in AWS when it does not apply any more."""
    exists_since: datetime | None = None
    """When AWS last said that there is a repository of the name, though it may not show it yet."""

    @property
    def owns(self) -> bool:
        """Whether the object has taken, or may have taken, a repository."""
        return REPOSITORY in self.managed

    @property
    def taking(self) -> bool:
        """Whether an existing repository is only being taken, or taken back: until it was found in sync."""
        return not (self.owns and self.in_sync)


def plan_repository(
    desired: DesiredRepository,
    observed: ObservedRepository | None,
    recorded: Recorded,
    *,
    cluster: Cluster,
    place: Place,
    now: datetime,
    gone: Collection[ObjectKey] = (),
    propagation: timedelta = timedelta(minutes=2),
    adoption_pause: timedelta = timedelta(seconds=10),
    gate: LifecycleGate = LifecycleGate.OPEN,
) -> Plan:
    """The plan for a live object that manages or observes its repository.

    `gone` holds objects of this cluster that a live read has shown to be absent. `now` is the time of
    the observation, aware. `place` is the registry's. `gate` is for the lifecycle policy of a repository that
    exists; in a new one there is nothing that a policy could take.
    """
    if desired.observe:
        return _plan_observing(observed)
    if observed is None:
        return _plan_absent(desired, recorded, place, now, propagation)
    verdict = judge(
        observed.owner,
        own=desired.owner,
        cluster=cluster,
        adopt=desired.adopt,
        adopt_from=desired.adopt_from,
        gone=gone,
    )
    if verdict.ownership == Ownership.REFUSED:
        return refuse(verdict.reason, verdict.message)
    difference = encryption_difference(desired, observed)
    if difference:
        return refuse(Reason.IMMUTABLE_FIELD_DIFFERS, difference)
    refusal = spec_refusal(desired, place)
    if refusal is not None:
        return refusal
    changes = tuple(_changes(desired, observed, recorded))
    adoption = _plan_adoption(desired, observed, adoption_pause)
    takes = verdict.ownership == Ownership.TAKE
    count = max(_tag_count(observed, changes), _tag_count(observed, adoption.changes) if takes else 0)
    if count > TAGS_PER_REPOSITORY:
        return refuse(
            Reason.TOO_MANY_TAGS,
            f"The repository would carry {count} tags, AWS allows {TAGS_PER_REPOSITORY}; "
            "remove some from `tags` or from the repository",
        )
    if takes:
        return adoption
    if recorded.adopting_since is not None and now < recorded.adopting_since + adoption_pause:
        # Two adopters may have written the tag one after the other: whoever reads its own value
        # after the pause has it, and nothing else is written before that.
        rest = recorded.adopting_since + adoption_pause - now
        # At most the pause, also where a clock was set back meanwhile.
        return Plan(outcome=_adopting(min(rest, adoption_pause).total_seconds()))
    further = plan_policies(
        desired,
        observed.lifecycle_policy,
        observed.policy,
        recorded.managed,
        place,
        observed.known,
        gate=gate,
        retained=recorded.lifecycle_retained,
    )
    if isinstance(further, Plan):
        return further
    unseen = unseen_parts(desired, observed.lifecycle_policy, observed.policy, recorded.managed)
    lag = waits_for(unseen, recorded.policies_written, now, propagation)
    return Plan((*changes, *further), lag or _done(desired))


def encryption_difference(desired: DesiredRepository, observed: ObservedRepository) -> str:
    """A sentence when the encryption differs, which AWS cannot change; else the empty string.

    A key is compared where the spec holds its ARN or its id, which ends the ARN. An alias may name any key.
    """
    wanted, there = desired.encryption_type, observed.encryption_type
    advice = "AWS cannot change it: write what the repository has, or use a new `repositoryName`"
    if wanted is not None and wanted != there:
        return f"`encryptionConfiguration.encryptionType` is {wanted}, the repository has {there}; {advice}"
    key = desired.kms_key
    if key and "alias/" not in key and key != observed.kms_key and not _ends_arn(key, observed.kms_key):
        return f"`encryptionConfiguration.kmsKey` is {key}, the repository has {observed.kms_key}; {advice}"
    return ""


def _plan_observing(observed: ObservedRepository | None) -> Plan:
    if observed is None:
        return Plan(
            outcome=Waiting(
                Reason.REPOSITORY_NOT_FOUND, "The repository does not exist; it is looked for again"
            )
        )
    return Plan(outcome=Done(Reason.OBSERVED, "The status shows the repository; nothing is written to AWS"))


def _plan_absent(
    desired: DesiredRepository, recorded: Recorded, place: Place, now: datetime, propagation: timedelta
) -> Plan:
    created = recorded.created_at if recorded.owns else None
    seen = max(filter(None, (created, recorded.exists_since)), default=None)
    if seen is not None and now < seen + propagation:
        # AWS may answer NotFound for a while after CreateRepository. Creating again would be answered
        # with AlreadyExists at best.
        return Plan(
            outcome=Waiting(
                Reason.PROGRESSING,
                "AWS does not show the repository yet that was just created",
                min(5.0, (seen + propagation - now).total_seconds()),
            )
        )
    if len(desired.tags) > TAGS_PER_REPOSITORY:
        return refuse(
            Reason.TOO_MANY_TAGS,
            f"`tags`, the default tags and the owner tag make {len(desired.tags)} tags, "
            f"AWS allows {TAGS_PER_REPOSITORY}; remove some",
        )
    refusal = spec_refusal(desired, place)
    if refusal is not None:
        return refusal
    known = reads(desired, recorded.managed)
    further = plan_policies(desired, None, None, recorded.managed, place, known, new=True)
    if isinstance(further, Plan):
        return further
    create = CreateRepository(
        name=desired.name,
        tags=desired.tags,
        mutability=desired.mutability,
        exclusion_filters=desired.exclusion_filters,
        scan_on_push=desired.scan_on_push,
        encryption_type=desired.encryption_type,
        kms_key=desired.kms_key,
        again=created is not None,
    )
    return Plan((create, *further), _done(desired))


def _plan_adoption(desired: DesiredRepository, observed: ObservedRepository, pause: timedelta) -> Plan:
    tag = TagRepository(observed.name, observed.arn, {OWNER_TAG: desired.owner})
    return Plan((tag,), _adopting(pause.total_seconds()))


def _adopting(after: float) -> Outcome:
    return Waiting(
        Reason.ADOPTING, "The owner tag is written; it is read again before anything else is changed", after
    )


def _done(desired: DesiredRepository) -> Done:
    if desired.deletion_policy_capped:
        return Done(
            message="The repository matches the spec; `deletionPolicy` counts as "
            f"{desired.deletion_policy}, the operator's settings allow no more"
        )
    return Done()


def _changes(desired: DesiredRepository, observed: ObservedRepository, recorded: Recorded) -> list[Change]:
    changes: list[Change] = []
    # Removals first: a repository with all of AWS's 50 tags has no room for the new ones before.
    surplus = sorted(
        key
        for key in observed.tags
        if key not in desired.tags and key != OWNER_TAG and tag_part(key) in recorded.managed
    )
    if surplus:
        changes.append(UntagRepository(observed.name, observed.arn, tuple(surplus)))
    missing = {key: value for key, value in desired.tags.items() if observed.tags.get(key) != value}
    if missing:
        changes.append(TagRepository(observed.name, observed.arn, missing))
    if desired.mutability is not None and (desired.mutability, desired.exclusion_filters) != (
        observed.mutability,
        observed.exclusion_filters,
    ):
        was = mutability_text(observed.mutability, observed.exclusion_filters)
        changes.append(SetTagMutability(observed.name, desired.mutability, desired.exclusion_filters, was))
    if desired.scan_on_push is not None and desired.scan_on_push != observed.scan_on_push:
        changes.append(SetScanOnPush(observed.name, desired.scan_on_push))
    return changes


def _tag_count(observed: ObservedRepository, changes: Collection[Change]) -> int:
    """How many tags count against AWS's quota after the changes; those that begin with `aws:` do not."""
    keys = set(observed.tags)
    for change in changes:
        if isinstance(change, TagRepository):
            keys.update(change.tags)
        elif isinstance(change, UntagRepository):
            keys.difference_update(change.keys)
    return sum(not key.startswith("aws:") for key in keys)


def _ends_arn(key_id: str, arn: str | None) -> bool:
    return arn is not None and arn.endswith(f":key/{key_id}")
