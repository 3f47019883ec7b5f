"""Commands as a user types them: shown, run by a shell, and their output shown."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.controlplane import ControlPlane
from tests.demo.narrator import Narrator
from tests.operator_process import FOREIGN, PROGRAM

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0
"""For one command; those that wait have a shorter time-out of their own."""
UNTIL_TIMEOUT = 10.0
"""For what a command is to show: events are posted beside the work."""


class CommandError(Exception):
    """A command did not end as it should."""


class Commands:
    """Runs commands at the root of the source tree, with kubectl, `ecr-operator` and their settings at hand.

    `settings` are environment variables: those of the operator. `check` is called while a command runs and
    when it has failed, and raises where going on is of no use.
    """

    def __init__(
        self,
        narrator: Narrator,
        plane: ControlPlane,
        settings: Mapping[str, str],
        cache: Path,
        check: Callable[[], None],
    ) -> None:
        self._narrator = narrator
        self._check = check
        programs = (plane.kubectl.parent, PROGRAM.parent, os.environ.get("PATH", os.defpath))
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self._environment = (
            own
            | dict(settings)
            | {
                "KUBECONFIG": str(plane.kubeconfig),
                "PATH": os.pathsep.join(map(str, programs)),
                # kubectl keeps its discovery by host and port, which another cluster may have had.
                "KUBECACHEDIR": str(cache),
            }
        )

    def run(self, line: str, *, exits: int = 0, until: str = "", timeout: float = UNTIL_TIMEOUT) -> str:
        """Show and run one simple command; show and return what it printed.

        It must end with the code `exits`. It is repeated, unseen, until it prints `until`.
        """
        self._narrator.command(line)
        done = self._repeated(line, exits, lambda printed: until in printed, timeout)
        self._narrator.output(done.stdout)
        if done.returncode != exits:
            self._check()
            raise CommandError(f"`{line}` ended with {done.returncode}, but should have with {exits}")
        if until not in done.stdout:
            raise CommandError(f"`{line}` did not show {until} in {timeout:.0f} s")
        return done.stdout

    def run_until_changed(self, line: str, before: str, *, timeout: float) -> str:
        """As `run`, but the command is repeated, unseen, until it prints anything but `before`."""
        self._narrator.command(line)
        done = self._repeated(line, 0, lambda printed: printed != before, timeout)
        self._narrator.output(done.stdout)
        if done.returncode or done.stdout == before:
            self._check()
            raise CommandError(f"`{line}` showed nothing new in {timeout:.0f} s")
        return done.stdout

    def wait_until_refused(self, line: str, timeout: float) -> None:
        """Repeat a command, unseen, until it fails: what refuses it has not learned of that yet."""
        deadline = time.monotonic() + timeout
        while self._once(line).returncode == 0:
            if time.monotonic() > deadline:
                raise CommandError(f"`{line}` was not refused in {timeout:.0f} s")
            time.sleep(0.1)

    def show(self, path: str) -> None:
        """Show a file of the source tree, without its comments."""
        self._narrator.command(f"cat {path}")
        text = (ROOT / path).read_text()
        self._narrator.output("\n".join(line for line in text.splitlines() if not line.startswith("#")))

    def _repeated(
        self, line: str, exits: int, holds: Callable[[str], bool], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        deadline = time.monotonic() + timeout
        with self._narrator.waiting(line.split(" --", 1)[0]):
            done = self._once(line)
            while not holds(done.stdout) and done.returncode == exits and time.monotonic() < deadline:
                time.sleep(0.1)
                done = self._once(line)
        return done

    def _once(self, line: str) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            # Without a shell in between, killing the process kills the command.
            ["sh", "-c", f"exec {line}"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            try:
                return subprocess.CompletedProcess(line, *self._ended(process))
            except BaseException:
                process.kill()
                raise

    def _ended(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Exit code and output. Does not wait for what cannot come any more."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                output, _ = process.communicate(timeout=0.5)
            except subprocess.TimeoutExpired:
                self._check()
                if time.monotonic() > deadline:
                    raise
            else:
                return process.returncode, output
