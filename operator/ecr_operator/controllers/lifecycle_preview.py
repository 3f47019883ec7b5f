"""AWS's preview of a lifecycle policy, asked for across reconciles, and what follows from it."""

from dataclasses import dataclass, replace
from typing import Final

from ecr_operator.api.lifecycle import LifecycleCountType
from ecr_operator.api.lifecycle_policy import LifecyclePolicyState, LifecycleProtection
from ecr_operator.api.repository_status import LifecyclePreview, ListedImage
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.lifecycle_preview import (
    RepositoryImages,
    Taken,
    listed_among,
    preview_state,
    repository_images,
    start_preview,
)
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.index_children import known_children
from ecr_operator.controllers.lifecycle_memory import Held, LifecycleMemory
from ecr_operator.controllers.subject import Subject
from ecr_operator.planning import naming
from ecr_operator.planning.lifecycle_hold import Apply, Hold, decide, not_previewed
from ecr_operator.planning.lifecycle_preview import (
    Complete,
    Failed,
    Listed,
    Look,
    Poll,
    PreviewRun,
    Start,
    judged,
    next_step,
    started,
)
from ecr_operator.planning.lifecycle_progress import APPLIED, LifecycleProgress, text_hash
from ecr_operator.planning.lifecycle_protection import (
    UsedImages,
    needs_preview,
    needs_usage,
    needs_whole_count,
)
from ecr_operator.planning.naming import Place
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.planning.usage import UsageUnknown
from ecr_operator.reasons import Reason

_UNSENDABLE: Final = frozenset({Reason.INVALID_PARAMETER, Reason.INVALID_POLICY})
"""What AWS answers where the policy itself is not to its liking."""


class Previews:
    """Whether a policy that differs from what AWS holds may be applied."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def judge(
        self, subject: Subject, registry: Registry, observed: ObservedRepository, memory: LifecycleMemory
    ) -> LifecycleProgress:
        """Do what is due; Applied: it may be applied now. Raises `AwsError`."""
        text, monotonic = str(subject.desired.lifecycle), self._context.monotonic
        protection = subject.desired.lifecycle_protection
        if subject.asks_anew and not self._is_running(memory, text):
            memory.forget_preview()
        held = memory.held
        if held is not None and (held.text, held.protection) != (text, protection):
            held = memory.held = None
        if held is not None and monotonic() < held.until:
            return held.progress
        if not needs_preview(protection, new=False, empty=False):
            memory.forget_preview()
            return LifecycleProgress()
        try:
            decision = await self._decided(registry, observed, text, protection, memory)
        except AwsError as error:
            if error.kind != Kind.STALLED:
                raise
            decision = _Decision(_refused(error))
        if isinstance(decision, Poll):
            if held is not None:
                return replace(held.progress, after=decision.after)
            return _previewed(subject, text, decision.after)
        if isinstance(decision.verdict, Apply):
            memory.forget_preview()
            warnings = " ".join(("AWS holds the lifecycle policy.", *decision.verdict.warnings))
            return LifecycleProgress(message=warnings.removesuffix("."), preview=decision.preview)
        return self._held(subject, decision.verdict, decision.preview, decision.passes, memory)

    def refused(self, subject: Subject, error: AwsError, memory: LifecycleMemory) -> LifecycleProgress:
        """What follows when AWS has not taken the policy that was to be applied."""
        return self._held(subject, _refused(error), None, passes=False, memory=memory)

    def _held(
        self,
        subject: Subject,
        hold: Hold,
        preview: LifecyclePreview | None,
        passes: bool,
        memory: LifecycleMemory,
    ) -> LifecycleProgress:
        settings = self._context.settings
        seconds = settings.waiting_recheck_seconds if passes else settings.stalled_recheck_seconds
        progress = LifecycleProgress(
            LifecyclePolicyState.HELD, hold.reason, hold.message, preview, after=seconds
        )
        if not passes:
            memory.forget_preview()
        memory.held = Held(
            str(subject.desired.lifecycle),
            subject.desired.lifecycle_protection,
            progress,
            # Looks come up to half of the time earlier.
            self._context.monotonic() + seconds / 2,
        )
        return progress

    async def _decided(
        self,
        registry: Registry,
        observed: ObservedRepository,
        text: str,
        protection: LifecycleProtection,
        memory: LifecycleMemory,
    ) -> "_Decision | Poll":
        session, name, monotonic = registry.session, observed.name, self._context.monotonic
        run = memory.run
        step: Start | Look | Poll | Complete | Failed
        if memory.answer is not None and run is not None and run.text == text:
            step = memory.answer
        else:
            step = next_step(text, run, monotonic(), self._context.settings.stalled_recheck_seconds / 2)
        memory.answer = None
        while True:
            match step:
                case Poll():
                    return step
                case Failed():
                    return _Decision(not_previewed(step))
                case Start():
                    if run is None or run.text != text or run.failure is not None or memory.images is None:
                        images = await self._images(registry, name, protection, memory)
                        if images.is_empty:
                            return _Decision(Apply())
                    # Whether AWS is busy with another one makes no difference: both are waited for.
                    await start_preview(session, name, text)
                    memory.run = started(text, run, monotonic(), self._context.settings.preview_seconds)
                    return Poll(memory.run.due_at - monotonic())
                case Look():
                    state = await preview_state(session, name)
                case Complete():
                    found = await self._complete(registry, observed, text, protection, step, memory)
                    if not isinstance(found, Taken):
                        return found
                    state = found.state
            if run is None:
                # Only a run that is remembered is looked at.
                raise ValueError("a preview that nobody has started")
            run, step = judged(run, state, monotonic())
            memory.run = run

    async def _complete(
        self,
        registry: Registry,
        observed: ObservedRepository,
        text: str,
        protection: LifecycleProtection,
        preview: Complete,
        memory: LifecycleMemory,
    ) -> "_Decision | Taken":
        """The decision by a complete preview, and by who uses what since it was complete."""
        images = memory.images
        if images is None or memory.protected_tags != protection.protected_tags:
            images = await self._images(registry, observed.name, protection, memory)
        if needs_whole_count(protection, preview, images.count):
            images = await self._images(registry, observed.name, protection, memory, whole=True)
        usage: UsedImages | UsageUnknown = UsedImages()
        passes = False
        if needs_usage(protection, preview):
            found = await self._context.in_use.get(since=self._context.monotonic())
            if isinstance(found, UsageUnknown):
                usage, passes = found, not found.is_lasting
            else:
                place = Place.of_arn(observed.arn)
                used = found.of(naming.Registry(place.own_account, place.region), observed.name)
                usage = UsedImages(used.digests, used.tags)
        listed: tuple[Listed, ...] = ()
        digests = set(images.selected) | (usage.digests if isinstance(usage, UsedImages) else frozenset())
        tags = usage.tags if isinstance(usage, UsedImages) else frozenset()
        if preview.acted_on and (digests or tags):
            answer = await listed_among(registry.session, observed.name, text, digests, tags)
            if isinstance(answer, Taken):
                return answer
            listed = answer
        if isinstance(usage, UsedImages):
            children = await self._children(registry, observed.name, text, listed, usage)
            usage = UsedImages(usage.digests, usage.tags, children)
        # By the last inventory, if there was one since the start: an archived image cannot be pulled.
        active = None if memory.reading is None else memory.reading.inventory.active_count
        verdict = decide(protection, preview, images.count, listed, usage, active=active)
        shown = LifecyclePreview(
            expiring_images=preview.expiring,
            archiving_images=preview.archiving,
            in_use_images=tuple(
                ListedImage(tag=image.tag, digest=image.digest, rule_priority=image.rule_priority)
                for image in verdict.in_use
            )
            or None,
        )
        unknown = isinstance(verdict, Hold) and verdict.reason == Reason.USAGE_UNKNOWN
        return _Decision(verdict, shown, passes=unknown and passes)

    @staticmethod
    async def _images(
        registry: Registry,
        repository: str,
        protection: LifecycleProtection,
        memory: LifecycleMemory,
        *,
        whole: bool = False,
    ) -> RepositoryImages:
        """How many images there are, and those with protected tags."""
        selects = protection.protects if protection.protected_tags else None
        memory.images = await repository_images(registry.session, repository, selects=selects, whole=whole)
        memory.protected_tags = protection.protected_tags
        return memory.images

    @staticmethod
    async def _children(
        registry: Registry,
        repository: str,
        text: str,
        listed: tuple[Listed, ...],
        usage: UsedImages,
    ) -> dict[str, tuple[str, ...]]:
        """What indexes in use refer to, as far as a listed image may be among it.

        Read anew: an index that was deleted since the last look is not listed either, and holds nothing. To
        fetch a manifest counts as a pull: where a rule goes by pull times, none is.
        """
        if not any(not image.tags and image.digest in usage.digests for image in listed):
            return {}
        if LifecycleCountType.SINCE_IMAGE_PULLED in text:
            return {}
        unlisted = usage.digests - {image.digest for image in listed}
        return await known_children(registry, repository, unlisted, LifecycleMemory())

    @staticmethod
    def _is_running(memory: LifecycleMemory, text: str) -> bool:
        run: PreviewRun | None = memory.run
        return run is not None and run.text == text and run.failure is None


@dataclass(frozen=True, slots=True)
class _Decision:
    verdict: Apply | Hold
    preview: LifecyclePreview | None = None
    passes: bool = False
    """It is held for something that may pass by itself."""


def _previewed(subject: Subject, text: str, after: float) -> LifecycleProgress:
    """While AWS previews it. One that the status says is held stays so until it is known better."""
    before, applied = subject.status.lifecycle_policy, subject.status.condition(APPLIED)
    if (
        before is not None
        and applied is not None
        and (before.state, before.source) == (LifecyclePolicyState.HELD, subject.desired.lifecycle_source)
        and before.hash == text_hash(text)
        and subject.status.observed_generation == subject.generation
    ):
        reason = Reason(applied.reason)
        return LifecycleProgress(before.state, reason, applied.message, before.preview, after=after)
    return LifecycleProgress(
        LifecyclePolicyState.PENDING,
        Reason.PROGRESSING,
        "AWS previews the lifecycle policy; it is applied when it would take no image in use",
        after=after,
    )


def refuses_policy(error: AwsError) -> bool:
    """Whether AWS says that the policy itself is not to its liking."""
    return error.reason in _UNSENDABLE


def _refused(error: AwsError) -> Hold:
    """AWS will not preview the policy, or not take it."""
    if refuses_policy(error):
        return Hold(Reason.INVALID_POLICY, f"AWS refuses the lifecycle policy: {error.message}")
    return Hold(Reason.PREVIEW_FAILED, f"{error.message}. The policy is not applied without AWS's preview")
