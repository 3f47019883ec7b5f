"""Runs a long command and says on stderr that it still runs."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console

PLAIN_INTERVAL = 15.0
"""Seconds between two lines where stderr is no terminal; there a reader wants few."""


class CommandError(Exception):
    """A command failed; the message ends with the last lines of its output."""


class Tell(Protocol):
    """Says how many seconds the command has run."""

    def __call__(self, elapsed: float) -> None: ...


def run(
    command: Sequence[str],
    message: str,
    *,
    log: Path,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> None:
    """Run `command` to its end with its output in `log`; `CommandError` when it fails."""
    begun = time.monotonic()
    with log.open("w") as output, _progress(message) as tell:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while True:
                try:
                    process.wait(1)
                    break
                except subprocess.TimeoutExpired:
                    tell(time.monotonic() - begun)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
        raise CommandError(
            f"{message}: {command[0]} ended with {process.returncode}; {log} ends with:\n{tail}"
        )
    note(f"{message}: done in {_clock(time.monotonic() - begun)}")


def note(message: str) -> None:
    """One plain line on stderr."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def _progress(message: str) -> Iterator[Tell]:
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(message) as status:
            yield lambda elapsed: status.update(f"{message}  {_clock(elapsed)}")
    else:
        note(message)
        due = PLAIN_INTERVAL

        def tell(elapsed: float) -> None:
            nonlocal due
            if elapsed >= due:
                due += PLAIN_INTERVAL
                note(f"{message}: {_clock(elapsed)}")

        yield tell


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
