"""The process of a fake AWS: started on a free port, and gone with the process that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """Starts the process and stops it. It dies with this one, however this one dies.

    A context manager. Given the URL of a process that runs already, it attaches to that and never stops it.
    """

    def __init__(self, url: str | None = None, latency: float = 0.0, port: int = 0) -> None:
        self._attached = url is not None
        self._url = url
        self._latency = latency
        self._port = port
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The endpoint URL, once started."""
        if self._url is None:
            raise RuntimeError("the fake AWS is not running")
        return self._url

    @property
    def pid(self) -> int | None:
        """The process that was started."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start the process and wait until it answers."""
        if self._attached or self._process:
            return self
        options = ["--port", str(self._port), "--latency", str(self._latency), "--with-parent"]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fake_aws", *options],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._url = self._process.stdout.readline().strip() or None
        if self._url is None:
            code = self._process.wait()
            self.stop()
            raise RuntimeError(f"the fake AWS ended at start with exit code {code}")
        return self

    def stop(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._process = None
        self._url = None
