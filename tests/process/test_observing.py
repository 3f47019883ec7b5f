"""Without a CRD nothing is known any more: no worker may act on what the store does not hold."""

import asyncio
from typing import Any

import pytest

from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.kube.store import Store
from ecr_operator.process import observing
from ecr_operator.process.observing import Observing


class NoCrds:
    """An API server that serves no kind of ours."""

    async def get(self, path: str, *_: Any) -> Any:
        raise KubeError(404, "NotFound", f"no {path}")


def test_who_works_is_told_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "POLL_SECONDS", 0.0)

    async def main() -> str | None:
        lost = asyncio.Event()
        store = Store([REPOSITORIES.plural])
        watching = Observing(
            NoCrds(),  # type: ignore[arg-type]
            store,
            [REPOSITORIES],
            list_seconds=600,
            on_complete=lambda: pytest.fail("nothing was listed"),
            on_loss=lost.set,
        )
        task = asyncio.create_task(watching.run())
        async with asyncio.timeout(10):
            await lost.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not store.synced.is_set()
        return watching.waits_for

    waits_for = asyncio.run(main())
    assert waits_for is not None
    assert "kubectl apply -k crds/" in waits_for
