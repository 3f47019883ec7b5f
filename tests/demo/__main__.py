"""The demo from the command line; `make demo` runs it."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.controlplane import assets
from tests.demo.commands import CommandError
from tests.demo.narrator import Narrator
from tests.demo.story import Story
from tests.demo.world import World
from tests.operator_process import OperatorError

EXPECTED = (CommandError, OperatorError, assets.AssetsError)
"""Their text is a sentence; that of others needs the name of the error beside it."""
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def main() -> int:
    """Tell the story; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description="See the operator at work.")
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    keep = parser.parse_args().keep
    # SIGTERM ends Python at once, without the clean-up; as KeyboardInterrupt it does not.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A proxy between two programs of this machine would only be in the way.
    os.environ |= {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    narrator = Narrator()
    try:
        return _tell(narrator, keep)
    except KeyboardInterrupt:
        narrator.note("Stopped; nothing is left running.")
        return INTERRUPTED
    except Exception as error:
        # Whatever it is: the operator's log is shown already, and a stack would hide it.
        name = "" if isinstance(error, EXPECTED) else f"{type(error).__name__}: "
        narrator.failure(f"{name}{error}")
        return 1


def _tell(narrator: Narrator, keep: bool) -> int:
    with World(narrator) as world, _log_on_failure(narrator, world):
        begun = time.monotonic()
        Story(narrator, world).tell()
        narrator.note(f"Done in {time.monotonic() - begun + world.seconds:.0f} s.")
        if keep:
            world.show_how_to_use()
            narrator.note("Ctrl-C ends it.")
            try:
                signal.pause()
            except KeyboardInterrupt:
                narrator.note("Stopping ...")
    narrator.note("Nothing is left running.")
    return 0


@contextmanager
def _log_on_failure(narrator: Narrator, world: World) -> Iterator[None]:
    """Show the end of the operator's log while it is still there."""
    try:
        yield
    except Exception:
        narrator.log("The operator's log ends with", world.operator.log_tail())
        raise


if __name__ == "__main__":
    sys.exit(main())
