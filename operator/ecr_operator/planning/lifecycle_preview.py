"""AWS's preview of a lifecycle policy, as a state machine across reconciles.

ECR has one preview per repository and no id for it (API reference of StartLifecyclePolicyPreview and
GetLifecyclePolicyPreview): somebody else may replace it at any time, and the result of an earlier one stands
there until then. So a result is taken only where its text means the same as the policy that is to be applied,
and not before AWS had time to put it aside after our Start.

`next_step` says what is due; `judged` what follows from an answer of AWS. The controller keeps the
`PreviewRun` in memory: a restart loses it, and the preview is started anew. All times are seconds of one
clock that only goes forward, delays are seconds. That nothing would expire is never assumed.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ecr_operator.api.lifecycle import LifecycleActionType
from ecr_operator.planning.lifecycle import same_lifecycle

FIRST_LOOK: Final = 5.0
"""From the Start to the first Get; also the shortest time between two."""
GROWTH: Final = 1.5
LONGEST_PAUSE: Final = 30.0
"""Between two Gets."""
LONGEST_RUN: Final = 600.0
"""How long a preview may be in progress after a Start was asked for."""
RESULT_LIFE: Final = 900.0
"""After its Start; what an older result was made of is no longer what the repository holds."""
MOST_STARTS: Final = 4
"""Until the preview of one text has failed."""
_LARGEST_EXPONENT: Final = 40

_NOT_APPLIED: Final = "The policy is not applied; the preview is tried again by itself"


class PreviewStatus(StrEnum):
    """AWS's own values, and one where there is no preview."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETE = "COMPLETE"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    NONE = "NONE"
    """The repository has no preview."""


@dataclass(frozen=True, slots=True)
class PreviewState:
    """What AWS says of a repository's preview."""

    status: PreviewStatus
    text: str | None = None
    """The policy that it is of."""
    expiring: int | None = None
    """Images that would be expired; None: AWS did not say."""
    archiving: int = 0
    """Images that would be archived. AWS says so only where there are some."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An image that the preview lists: the policy would act on it."""

    digest: str
    tags: tuple[str, ...]
    action: LifecycleActionType
    rule_priority: int


@dataclass(frozen=True, slots=True)
class PreviewRun:
    """What is remembered of a preview that was asked for."""

    text: str
    """The policy, as `lifecycle_text` writes it."""
    started_at: float
    """When a Start was last sent, whether AWS was busy or not."""
    starts: int = 1
    polls: int = 0
    """Gets since then."""
    looked_at: float | None = None
    """When the last of them was answered."""
    failure: str | None = None
    """Why it has failed, at `looked_at`."""
    first_look: float = FIRST_LOOK

    @property
    def due_at(self) -> float:
        """When the next Get is due."""
        if self.looked_at is None:
            return self.started_at + self.first_look
        growth = GROWTH ** min(self.polls - 1, _LARGEST_EXPONENT)
        return self.looked_at + min(LONGEST_PAUSE, self.first_look * growth)


@dataclass(frozen=True, slots=True)
class Start:
    """Send StartLifecyclePolicyPreview, and remember `started`, also when AWS is busy."""


@dataclass(frozen=True, slots=True)
class Look:
    """Send GetLifecyclePolicyPreview, and have the answer `judged`."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Nothing is due before so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Complete:
    """The policy would act on so many images. Once it is decided what follows, forget the run."""

    expiring: int
    archiving: int

    @property
    def acted_on(self) -> int:
        """The images that it would act on; each of them only once."""
        return self.expiring + self.archiving


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no preview: the policy is not applied."""

    message: str


def next_step(
    text: str, run: PreviewRun | None, now: float, failed_recheck: float
) -> Start | Look | Poll | Failed:
    """What is due for the policy `text` (as `lifecycle_text` writes it).

    A preview that has failed is not tried again before `failed_recheck` seconds, whatever wakes the object;
    where somebody asks for it, forget the run.
    """
    if run is None or run.text != text:
        return Start()
    if run.failure is not None:
        since = now - (run.looked_at or run.started_at)
        return Start() if since >= failed_recheck else Failed(run.failure)
    wait = run.due_at - now
    return Poll(wait) if wait > 0 else Look()


def started(text: str, run: PreviewRun | None, now: float, first_look: float = FIRST_LOOK) -> PreviewRun:
    """The memory after a Start was sent; `run` is the one before.

    Whether AWS was busy makes no difference: what is in progress then is waited for. If it is of the same
    text (ours from before a restart) it ends after our Start, and is as good as ours.
    """
    before = run.starts if run is not None and run.text == text and run.failure is None else 0
    return PreviewRun(text, now, before + 1, first_look=first_look)


def judged(
    run: PreviewRun, state: PreviewState, now: float
) -> tuple[PreviewRun, Start | Poll | Complete | Failed]:
    """What follows from AWS's answer, and the memory after it.

    An answer before `first_look` is none: it may show what was there before our Start.
    """
    early = run.started_at + run.first_look - now
    if early > 0:
        return run, Poll(early)
    looked = replace(run, polls=run.polls + 1, looked_at=now)
    is_ours = same_lifecycle(run.text, state.text)
    if state.status == PreviewStatus.IN_PROGRESS:
        if now - run.started_at < LONGEST_RUN:
            return looked, Poll(looked.due_at - now)
        whose = "this lifecycle policy" if is_ours else "another policy, started by somebody else,"
        minutes = round(LONGEST_RUN / 60)
        return _failed(looked, f"AWS's preview of {whose} did not end within {minutes} min")
    if is_ours and state.status == PreviewStatus.FAILED:
        return _failed(looked, "AWS says that its preview of the lifecycle policy failed")
    is_fresh = now - run.started_at <= RESULT_LIFE
    if is_ours and state.status == PreviewStatus.COMPLETE and is_fresh:
        if state.expiring is None:
            return _failed(looked, "AWS's preview of the policy does not say how many images expire")
        return looked, Complete(state.expiring, state.archiving)
    # Somebody has taken the slot, or the result is too old or gone.
    if run.starts < MOST_STARTS:
        return looked, Start()
    return _failed(
        looked,
        f"AWS's preview of the lifecycle policy was started {MOST_STARTS} times and its result was never "
        "there: previews of other policies replace it, or it expires. Look who else previews policies of "
        "this repository",
    )


def _failed(run: PreviewRun, message: str) -> tuple[PreviewRun, Failed]:
    message = f"{message}. {_NOT_APPLIED}"
    return replace(run, failure=message), Failed(message)
