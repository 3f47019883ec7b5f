"""The operator as a process of its own: for the demo, the benchmark and tests that kill it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from tests.controlplane.program import LAUNCH

PROGRAM = Path(sys.executable).parent / "ecr-operator"
FOREIGN = ("AWS_", "ECR_OPERATOR_", "KUBERNETES_")
"""The user's own variables, which may lead to the user's own AWS account or cluster."""

START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0


class OperatorError(Exception):
    """The operator does not run."""


class OperatorProcess:
    """`settings` are its environment variables. It dies with this process, however that dies.

    Its output goes to the file `<name>.log` in `directory`.
    """

    def __init__(self, settings: dict[str, str], directory: Path, name: str = "operator") -> None:
        self.port = _free_port()
        self.settings = settings | {"ECR_OPERATOR_HTTP_PORT": str(self.port)}
        self._log = directory / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting for anything."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid())]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher, str(PROGRAM), "run"],
                env=own | self.settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the demo, which ends the operator in its turn.
                start_new_session=True,
            )

    def wait_ready(self, timeout: float = START_TIMEOUT) -> None:
        """Wait until `/readyz` says so. Raises `OperatorError`."""
        deadline = time.monotonic() + timeout
        answer: str | None = "nothing"
        while time.monotonic() < deadline:
            self.check()
            answer = self.readiness()
            if answer is None:
                return
            time.sleep(0.05)
        raise OperatorError(f"the operator was not ready after {timeout:.0f} s: {answer}")

    def readiness(self) -> str | None:
        """Why it is not ready, as `/readyz` says; None when it is."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return None
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode().strip()
        except OSError as error:
            return str(error)

    def check(self) -> None:
        """Raise `OperatorError` if it was started and runs no more."""
        code = self._process.poll() if self._process else None
        if code is not None:
            raise OperatorError(f"the operator has ended with exit code {code}")

    def stop(self) -> None:
        """End it in order, and by force when that takes too long."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id; it must have been started."""
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs, and before it was started."""
        return self._process.poll() if self._process else None

    def terminate(self) -> None:
        """Send SIGTERM, as the kubelet does, and do not wait."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float) -> int:
        """Its exit code, once it has ended. Raises `subprocess.TimeoutExpired`."""
        assert self._process is not None
        return self._process.wait(timeout)

    def kill(self) -> None:
        """kill -9, and wait until it is gone. `start` starts another one with the same settings."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def metrics(self) -> str:
        """What `/metrics` answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def log(self) -> str:
        """All that it has printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def log_tail(self, lines: int = 30) -> str:
        """The end of what it printed."""
        return "\n".join(self.log().splitlines()[-lines:])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
