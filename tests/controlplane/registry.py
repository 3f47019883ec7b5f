"""Runs registries that ask the fake AWS about every request, and crane as a client of them."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

from tests.controlplane import assets, pki
from tests.controlplane.program import Program, stop

START_TIMEOUT = 60.0
RUN_TIMEOUT = 60.0

ANSWER = re.compile(r"<-- (\d{3}) https://")


class Ran(NamedTuple):
    """How crane ended: what its last request was answered with, and what it said in the end."""

    succeeded: bool
    status: int
    said: str


class Registry:
    """A context manager: registries for the host names that `hosts` stand for (`*.example.com`), by TLS.

    They are empty at first and independent of each other. The fake AWS at the URL `aws` decides who may do
    what there; see `tests/fake_aws/tokens/registry_requests.py`. Nothing of it survives, neither the process
    nor a file; `start` is bound to its thread, as `Program` is.
    """

    def __init__(self, aws: str, hosts: Sequence[str]) -> None:
        self._aws = aws
        self._hosts = hosts
        self._directory: Path | None = None
        self._program: Program | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the process and wait until it listens; a failure leaves nothing behind."""
        self._assets = assets.built()
        self._directory = Path(tempfile.mkdtemp(prefix="registry-"))
        try:
            self._program = Program(self._command(self._directory), self._directory)
            self._program.start()
            self.address = self._wait_address(self._program)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the process and remove every file. Does nothing when nothing runs."""
        if self._directory is None:
            return
        if self._program:
            stop([self._program])
        shutil.rmtree(self._directory)
        self._directory = self._program = None

    @property
    def directory(self) -> Path:
        """Where its files are, while it runs."""
        assert self._directory, "the registry is not running"
        return self._directory

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._program.pid if self._program else None

    def crane(self, docker_config: bytes, *arguments: str) -> Ran:
        """Run crane to its end; `docker_config` is all that it knows of credentials.

        It trusts the registries' certificate alone, and every host name leads it to this registry.
        """
        with tempfile.TemporaryDirectory(dir=self.directory) as home:
            config = Path(home) / "config.json"
            config.touch(mode=0o600)
            config.write_bytes(docker_config)
            environment = {
                "HOME": home,
                "DOCKER_CONFIG": home,
                "SSL_CERT_FILE": str(self.directory / "ca.crt"),
                "SSL_CERT_DIR": home,
                "CRANE_DIAL": self.address,
            }
            done = subprocess.run(
                [str(self._assets / "crane"), "--verbose", *arguments],
                cwd=home,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=RUN_TIMEOUT,
            )
        answers = ANSWER.findall(done.stderr)
        last = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        return Ran(done.returncode == 0, int(answers[-1]) if answers else 0, "\n".join(last))

    def _command(self, directory: Path) -> list[str]:
        authority = pki.Authority()
        certificate, key = authority.host_certificate(*self._hosts)
        files = {"ca.crt": authority.certificate, "server.crt": certificate, "server.key": key}
        for name, content in files.items():
            (directory / name).write_bytes(content)
        return [
            str(self._assets / "ecr-registry"),
            f"--certificate={directory / 'server.crt'}",
            f"--key={directory / 'server.key'}",
            f"--aws={self._aws}",
        ]

    def _wait_address(self, program: Program) -> str:
        """The address that the program prints when it listens."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            line, end, _ = program.log.read_text(errors="replace").partition("\n")
            if end and re.fullmatch(r"127\.0\.0\.1:\d+", line):
                return line
            if program.pid is None:
                raise RuntimeError(f"the registry ended at its start:\n{program.log_tail()}")
            time.sleep(0.02)
        raise TimeoutError(f"The registry did not listen within {START_TIMEOUT:.0f} s")
