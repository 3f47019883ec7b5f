"""Waiting for the end of processes, children of ours or not."""

import os
import select
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def ends_of(pids: Iterable[int]) -> Iterator[list[int]]:
    """Descriptors that become readable when the processes end."""
    with ExitStack() as stack:
        ends = [os.pidfd_open(pid) for pid in pids]
        for end in ends:
            stack.callback(os.close, end)
        yield ends


def has_ended(end: int) -> bool:
    """Whether such a process ends within 10 seconds."""
    return bool(select.select([end], [], [], 10)[0])
