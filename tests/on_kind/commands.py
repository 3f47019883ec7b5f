"""Commands that end in order on Ctrl-C: the signal reaches this process alone, which passes it on."""

import os
import signal
import subprocess
from collections.abc import Sequence

GRACE_SECONDS = 60
"""How long a command may take to end once it has been asked to."""


class Command:
    """One command with its output on ours; `environment` is added to this process's."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self._arguments = list(arguments)
        self._environment = os.environ | (environment or {})

    def run(self) -> int:
        """Its exit code. A KeyboardInterrupt interrupts it, and is raised anew once it has ended."""
        # In a session of its own the terminal's Ctrl-C does not reach it a second time.
        process = subprocess.Popen(
            self._arguments, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                self._end(process)
            raise

    def run_undisturbed(self) -> int:
        """Its exit code, whatever signals come meanwhile."""
        before = {one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            return subprocess.run(
                self._arguments,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                check=False,
            ).returncode
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @staticmethod
    def _end(process: "subprocess.Popen[bytes]") -> None:
        """Wait for a command that was asked to end; kill it after a while, or at the next Ctrl-C."""
        try:
            process.wait(GRACE_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
