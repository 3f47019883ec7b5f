"""The list of images in use, which many ask for and few lists answer."""

import asyncio
from collections.abc import Callable
from typing import Final

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.workloads import list_usage
from ecr_operator.planning.usage import Usage, UsageUnknown

MAX_AGE: Final = 60.0
"""Seconds for which a list is good enough for a status."""
FAILURE_SECONDS: Final = 5.0
"""How long after a list that failed the next one begins."""
STOP_SECONDS: Final = 1.0
"""What a list gets to end in by itself when the operator does."""
PAUSE_FACTOR: Final = 4
"""The pause after a list is so many times as long as the list, and at most `FAILURE_SECONDS`.

Who needs a list of his own shares it with all that ask in the pause: a wave of policies does not list without
an end."""

_SWITCHED_OFF: Final = UsageUnknown(
    "Images in use are not known: ECR_OPERATOR_IMAGES_IN_USE=false keeps the operator from listing Pods and "
    "workloads; set it to true, or `protection.imagesInUse` to `Warn`",
    is_lasting=True,
)


class ImagesInUse:
    """Lists when somebody asks, one list at a time, and keeps the last one.

    `client` and `namespaces` are as for `list_usage`; `monotonic` is a clock in seconds that goes as the
    event loop's does.
    """

    def __init__(
        self,
        client: KubeClient,
        namespaces: tuple[str, ...],
        enabled: bool,
        monotonic: Callable[[], float],
    ) -> None:
        self._client = client
        self._namespaces = namespaces
        self._enabled = enabled
        self._monotonic = monotonic
        self._usage: Usage | None = None
        self._list: asyncio.Task[tuple[float, Usage | UsageUnknown]] | None = None
        self._not_before = 0.0
        """When the next list may begin."""
        self._refusal: UsageUnknown | None = None
        self._refused = 0.0
        """When the list began that was refused."""

    async def get(self, *, max_age: float = MAX_AGE, since: float | None = None) -> Usage | UsageUnknown:
        """What is in use, by a list that began at most `max_age` seconds ago; with `since`, then or later.

        `since` is of the past. A list that fails answers those who wait for it. Who asks in the 5 seconds
        after it waits for the next list, unless a person has to mend it: then the answer is the same for
        so long, and without `since` for `max_age`. Cancelling one asker leaves the list to the others.
        """
        if not self._enabled:
            return _SWITCHED_OFF
        earliest = self._monotonic() - max_age if since is None else since
        while True:
            if self._usage is not None and self._usage.began >= earliest:
                return self._usage
            # Who may take an old list may take an old refusal: it would be the same, at the price of a list.
            if self._refusal is not None and (
                self._monotonic() < self._not_before or (since is None and self._refused >= earliest)
            ):
                return self._refusal
            if self._list is None:
                self._list = asyncio.create_task(self._listed())
            began, answer = await asyncio.shield(self._list)
            # It may have begun before: then the next one does, which all who wait here share again.
            if began >= earliest:
                return answer

    async def stop(self) -> None:
        """End a list that is under way: nobody waits for it any more, and the connections are about to go.

        It gets a moment to end by itself: a request that is cut off leaves a connection that takes its time.
        """
        if self._list is not None:
            await asyncio.wait({self._list}, timeout=STOP_SECONDS)
        if self._list is not None:
            self._list.cancel()
            await asyncio.gather(self._list, return_exceptions=True)

    async def _listed(self) -> tuple[float, Usage | UsageUnknown]:
        """When the list began, and what it says."""
        answer: Usage | UsageUnknown | None = None
        began = self._monotonic()
        try:
            await asyncio.sleep(self._not_before - began)
            began = self._monotonic()
            answer = await list_usage(self._client, self._namespaces, began)
        finally:
            # Before anybody who waits goes on, and also where an error has no words.
            self._list = None
            self._refusal = answer if isinstance(answer, UsageUnknown) and answer.is_lasting else None
            self._refused = began
            pause = FAILURE_SECONDS
            if isinstance(answer, Usage):
                self._usage = answer
                pause = min(pause, PAUSE_FACTOR * (self._monotonic() - began))
            self._not_before = self._monotonic() + pause
        return began, answer
