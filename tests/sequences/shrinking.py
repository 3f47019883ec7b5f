"""The smallest sequence that still fails: steps dropped, then fields of their specs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.sequences.lifecycle.steps import Apply as LifecycleApply
from tests.sequences.lifecycle.steps import Now, Policy
from tests.sequences.pull.steps import Apply as PullApply
from tests.sequences.steps import Apply

Steps = list[Any]
Fails = Callable[[Steps], bool]

KEPT = frozenset({"registries", "namespaces", "secretName", "format", "rules"})
"""Without these an object is refused, or is another one."""


def shrunk(steps: Steps, fails: Fails, tries: int = 60) -> Steps:
    """Take away what is not needed for the failure; at most so many runs."""
    found = True
    while found and tries > 0:
        found = False
        for smaller in _smaller(steps):
            if tries == 0:
                break
            tries -= 1
            if fails(smaller):
                steps, found = smaller, True
                break
    return steps


def _smaller(steps: Steps) -> Iterator[Steps]:
    for index in range(len(steps)):
        yield [*steps[:index], *steps[index + 1 :]]
    for index, step in enumerate(steps):
        if isinstance(step, Now):
            yield [*steps[:index], step.step, *steps[index + 1 :]]
        if not isinstance(step, Apply | PullApply | LifecycleApply | Policy):
            continue
        for name in sorted(step.spec.keys() - KEPT):
            spec = {other: value for other, value in step.spec.items() if other != name}
            yield [*steps[:index], replace(step, spec=spec), *steps[index + 1 :]]
        if not getattr(step, "waits", True):
            yield [*steps[:index], replace(step, waits=True), *steps[index + 1 :]]
