"""One process of the control plane."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LAUNCH = Path(__file__).parent / "launch.py"


class Program:
    """A process in a session of its own (Ctrl-C does not reach it) that dies with its parent.

    On Linux "parent" is the thread that calls `start`: call it from one that lives as long as the process
    is wanted. Output goes to `<name>.log` in the working directory.
    """

    def __init__(self, command: Sequence[str], directory: Path) -> None:
        self.name = Path(command[0]).name
        self.log = directory / f"{self.name}.log"
        self._command = list(command)
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process; it must not be running."""
        assert self.pid is None, f"{self.name} runs already"
        launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                launcher + self._command,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a crash would, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait(10)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it runs."""
        if (pid := self.pid) is not None:
            # Safe from hitting a stranger: the id stays ours until we have waited for it.
            os.killpg(pid, number)

    def wait(self, timeout: float) -> bool:
        """Wait for its end; False when it still runs after `timeout` seconds."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(timeout, 0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def log_tail(self, lines: int = 20) -> str:
        """The end of its output, for messages of failure."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def stop(programs: Sequence[Program], grace: float = 3) -> None:
    """End the programs one after the other, frozen ones too: SIGTERM, and SIGKILL after `grace` seconds."""
    for program in programs:
        program.signal(signal.SIGTERM)
        program.signal(signal.SIGCONT)
        if not program.wait(grace):
            program.kill()
