"""Runs etcd, kube-apiserver and kube-controller-manager on this machine."""

import http.client
import re
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from types import TracebackType
from typing import Self

from tests.controlplane import assets, flags, pki
from tests.controlplane.address import HOST, Address
from tests.controlplane.program import Program, stop

START_TIMEOUT = 90.0
"""Seconds for one step of the start: 3 s are usual, a loaded machine may need ten times that."""


class ControlPlane:
    """A cluster without nodes: objects, admission, RBAC and all controllers, but no Pod ever runs.

    Use it as a context manager, or pair `start` with `stop`. Nothing of it survives: neither a process,
    when this one dies, nor a file. `start` and `start_apiserver` must be called from a thread that lives
    as long as the cluster is wanted (see `Program`).

    `prepare` is called with the administrator's kubeconfig between the start of the API server and that of
    the controllers. It is the place to install CRDs: the garbage collector looks for new kinds only when
    it starts and every 30 s from then on. `apiserver_flags` are added to kube-apiserver's.
    """

    def __init__(
        self, *, prepare: Callable[[Path], None] | None = None, apiserver_flags: Sequence[str] = ()
    ) -> None:
        self._prepare = prepare
        self._apiserver_flags = tuple(apiserver_flags)
        self._directory: Path | None = None
        self._programs: dict[str, Program] = {}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start all and wait until the cluster can be used; a failure leaves nothing behind."""
        self._assets = assets.find()
        self._directory = Path(tempfile.mkdtemp(prefix="controlplane-"))
        self._address = Address()
        try:
            self._write_files()
            self._programs = self._all_programs()
            self._start_etcd()
            self.start_apiserver()
            if self._prepare:
                self._prepare(self.kubeconfig)
            self._start_controller_manager()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop all and remove every file. Does nothing when nothing runs."""
        if self._directory is None:
            return
        # Backwards, because an API server whose etcd is gone does not end by itself.
        stop(list(reversed(self._programs.values())))
        self._programs = {}
        self._address.release()
        shutil.rmtree(self._directory)
        self._directory = None

    @property
    def directory(self) -> Path:
        """Where keys, kubeconfig files, logs and data are, while it runs."""
        assert self._directory, "the control plane is not running"
        return self._directory

    @property
    def server(self) -> str:
        """The URL of the API server; a restart keeps it."""
        return f"https://{HOST}:{self._address.port}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig (group `system:masters`)."""
        return self.directory / "admin.kubeconfig"

    @property
    def kubectl(self) -> Path:
        """A kubectl of the same version."""
        return self._assets / "kubectl"

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of what runs, by program."""
        return {name: pid for name, program in self._programs.items() if (pid := program.pid) is not None}

    def kubeconfig_for(self, user: str, groups: Sequence[str] = ()) -> Path:
        """The kubeconfig of a user, by client certificate; RBAC alone decides what they may do.

        `user` has at most 64 characters, which is X.509's bound.
        """
        file = self.directory / f"{re.sub(r'[^A-Za-z0-9.-]', '_', user)}.kubeconfig"
        self._write_kubeconfig(file, user, groups)
        return file

    def start_apiserver(self) -> None:
        """Start the API server (again) and wait until it is ready; about 3 s."""
        self._programs["kube-apiserver"].start()
        self._wait_until(lambda: self._get("/readyz") == "ok", "kube-apiserver to be ready")

    def kill_apiserver(self) -> None:
        """End the API server as a crash would: connections break, later ones are refused."""
        self._programs["kube-apiserver"].kill()

    def freeze_apiserver(self) -> None:
        """Stop the API server in its tracks: connections stay open and nothing answers."""
        self._programs["kube-apiserver"].signal(SIGSTOP)

    def thaw_apiserver(self) -> None:
        """Let a frozen API server go on."""
        self._programs["kube-apiserver"].signal(SIGCONT)

    def apiserver_metrics(self) -> str:
        """What the API server says of itself, in Prometheus' text format."""
        return self._get("/metrics")

    def _write_files(self) -> None:
        self._authority = pki.Authority()
        certificate, key = self._authority.serving_certificate(HOST)
        private, public = pki.service_account_keys()
        files = {
            "ca.crt": self._authority.certificate,
            "apiserver.crt": certificate,
            "apiserver.key": key,
            "sa.key": private,
            "sa.pub": public,
        }
        for name, content in files.items():
            (self.directory / name).write_bytes(content)
        self._write_kubeconfig(self.kubeconfig, "admin", ["system:masters"])
        self._tls = self._administrator()

    def _write_kubeconfig(self, file: Path, user: str, groups: Sequence[str]) -> None:
        certificate, key = self._authority.user_certificate(user, groups)
        file.touch(mode=0o600)
        file.write_text(pki.kubeconfig(self.server, self._authority.certificate, certificate, key))

    def _administrator(self) -> ssl.SSLContext:
        certificate, key = self._authority.user_certificate("admin", ["system:masters"])
        file = self.directory / "admin.pem"
        file.write_bytes(certificate + key)
        context = ssl.create_default_context(cadata=self._authority.certificate.decode())
        context.load_cert_chain(file)
        return context

    def _all_programs(self) -> dict[str, Program]:
        commands = (
            flags.etcd(self._assets, self.directory),
            flags.apiserver(self._assets, self.directory, self._address.port, self._apiserver_flags),
            flags.controller_manager(self._assets, self.directory, self.kubeconfig),
        )
        return {program.name: program for program in (Program(c, self.directory) for c in commands)}

    def _start_etcd(self) -> None:
        self._programs["etcd"].start()
        self._wait_until((self.directory / flags.ETCD_SOCKET).exists, "etcd to listen")

    def _start_controller_manager(self) -> None:
        self._programs["kube-controller-manager"].start()
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        self._wait_until(lambda: bool(self._get(account)), "the default service account")

    def _get(self, path: str) -> str:
        """The body of a GET as administrator; OSError or HTTPException unless the status is 200."""
        connection = http.client.HTTPSConnection(HOST, self._address.port, timeout=10, context=self._tls)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise http.client.HTTPException(f"GET {path}: {response.status} {body[:500]}")
        return body

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        started = [program for program in self._programs.values() if program.log.exists()]
        error: Exception | None = None
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except (OSError, http.client.HTTPException) as raised:
                error = raised
            dead = next((program for program in started if program.pid is None), None)
            if dead:
                raise RuntimeError(f"{dead.name} ended while waiting for {what}:\n{dead.log_tail()}")
            time.sleep(0.02)
        logs = "\n".join(f"--- {program.log.name}\n{program.log_tail()}" for program in started)
        raise TimeoutError(f"Waited {START_TIMEOUT:.0f} s for {what}; last error: {error}\n{logs}")
