"""One `ImagesInUse` and an API server whose lists take time, which is virtual."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ecr_operator.controllers.images_in_use import ImagesInUse
from ecr_operator.planning.usage import Usage, UsageUnknown
from tests.engine.virtual import run

LIST_SECONDS = 9.0
"""A list asks for nine kinds."""


class ApiServer:
    """Nothing but one Pod, and `error` instead while there is one; a request takes `seconds`."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.seconds = 1.0
        self.lists = 0
        self.running = 0
        self.most_running = 0

    async def pages(self, path: str, limit: int, params: Any) -> Any:
        """What `KubeClient` would yield."""
        if path.endswith("/replicasets"):
            self.lists += 1
            self.running += 1
            self.most_running = max(self.running, self.most_running)
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            self.running -= 1
            raise self.error
        items: list[Any] = []
        if path.endswith("/pods"):
            self.running -= 1
            image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:v1"
            spec = {"containers": [{"name": "app", "image": image}]}
            items.append({"metadata": {"namespace": "a", "name": "web"}, "spec": spec})
        yield {"items": items}


class World:
    """One `ImagesInUse` and its API server; times are those of the event loop, which begins at 0."""

    def __init__(self, enabled: bool = True) -> None:
        self.server = ApiServer()
        self.now = asyncio.get_running_loop().time
        client: Any = self.server
        self.images = ImagesInUse(client, (), enabled, self.now)

    async def at(self, seconds: float, **asked: float) -> tuple[Usage | UsageUnknown, float]:
        """The answer to who asks at a time, and when it comes."""
        await asyncio.sleep(seconds - self.now())
        answer = await self.images.get(**asked)
        return answer, self.now()


def lived(life: Callable[[World], Awaitable[None]], enabled: bool = True) -> None:
    """Run a test's coroutine."""

    async def main() -> None:
        await life(World(enabled))

    run(main())


def began(answer: tuple[Usage | UsageUnknown, float]) -> float:
    """When the list of an answer began."""
    assert isinstance(answer[0], Usage), answer
    return answer[0].began
