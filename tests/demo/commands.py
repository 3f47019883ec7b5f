"""Commands as a user types them: shown, run by a shell, and their output shown."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.controlplane import ControlPlane
from tests.demo.narrator import Narrator

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0
"""For one command; those that wait have a shorter time-out of their own."""
UNTIL_TIMEOUT = 10.0
"""For what a command is to show: events are posted beside the work."""


class CommandError(Exception):
    """A command did not end as it should."""


class Commands:
    """Runs commands at the root of the source tree, with kubectl and the cluster's kubeconfig at hand.

    `check` is called while a command runs and when it has failed, and raises where going on is of no use.
    """

    def __init__(
        self, narrator: Narrator, plane: ControlPlane, cache: Path, check: Callable[[], None]
    ) -> None:
        self._narrator = narrator
        self._check = check
        self._environment = os.environ | {
            "KUBECONFIG": str(plane.kubeconfig),
            "PATH": f"{plane.kubectl.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            # kubectl keeps its discovery by host and port, which another cluster may have had.
            "KUBECACHEDIR": str(cache),
        }

    def run(self, line: str, *, fails: bool = False, until: str = "") -> None:
        """Show and run one simple command, and show what it printed. It must fail exactly if `fails`.

        It is repeated, unseen, until it prints `until`.
        """
        self._narrator.command(line)
        deadline = time.monotonic() + UNTIL_TIMEOUT
        with self._narrator.waiting(line.split(" --", 1)[0]):
            done = self._once(line)
            while until not in done.stdout and done.returncode == 0 and time.monotonic() < deadline:
                time.sleep(0.1)
                done = self._once(line)
        self._narrator.output(done.stdout)
        if (done.returncode != 0) != fails:
            self._check()
            ended = "succeeded, but should have been refused" if fails else f"ended with {done.returncode}"
            raise CommandError(f"`{line}` {ended}")
        if until not in done.stdout:
            raise CommandError(f"`{line}` did not show {until} in {UNTIL_TIMEOUT:.0f} s")

    def show(self, path: str) -> None:
        """Show a file of the source tree, without its comments."""
        self._narrator.command(f"cat {path}")
        text = (ROOT / path).read_text()
        self._narrator.output("\n".join(line for line in text.splitlines() if not line.startswith("#")))

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
