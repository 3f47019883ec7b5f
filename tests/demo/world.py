"""What runs while the story is told: a control plane, a fake AWS and the operator."""

import os
import shutil
import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.cluster import Cluster
from tests.controlplane import ControlPlane, assets
from tests.demo.by_hand import ByHand
from tests.demo.commands import Commands
from tests.demo.narrator import Narrator
from tests.installation import NAMESPACE, install_account
from tests.least_rights import LeastRights
from tests.operator_process import OperatorProcess

CLUSTER = "demo"
SETTINGS = {
    "ECR_OPERATOR_CLUSTER_NAME": CLUSTER,
    "ECR_OPERATOR_LOG_FORMAT": "text",
    # The only one where the operator's account may write a Lease.
    "POD_NAMESPACE": NAMESPACE,
    # 10 s are the default; nobody competes for the repositories here.
    "ECR_OPERATOR_ADOPTION_SECONDS": "1",
    # 5 s are the default; the fake AWS has its preview at once.
    "ECR_OPERATOR_PREVIEW_SECONDS": "1",
    # 15 min are the default: nobody wants to wait so long for the end of the story.
    "ECR_OPERATOR_INVENTORY_SECONDS": "5",
    # 20 s are the default; a scan of the fake AWS is done when somebody says so.
    "ECR_OPERATOR_SCAN_POLL_SECONDS": "1",
}
NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""The user's own profile must not decide which AWS the operator talks to."""

SHOWN_FIRST = ("KUBECONFIG", "AWS_ENDPOINT_URL", "AWS_REGION")


class World:
    """A context manager. When it ends, nothing of it is left: no process, no file."""

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator
        self._stack = ExitStack()
        self.seconds = 0.0
        """How long the start took, without building the control plane."""

    def __enter__(self) -> Self:
        # Built from source the first time, which takes minutes and says so by itself.
        assets.find()
        begun = time.monotonic()
        try:
            with self._narrator.waiting("Starting a Kubernetes control plane and a fake AWS", long=True):
                self._start()
        except BaseException:
            self._stop()
            raise
        self.seconds = time.monotonic() - begun
        return self

    def __exit__(self, *_: object) -> None:
        with self._narrator.waiting("Stopping everything"):
            self._stop()

    def start_operator(self) -> None:
        """Start the operator and wait until it is ready."""
        self.operator.start()
        self.operator.wait_ready()

    def show_operator(self) -> None:
        """The command that `start_operator` stands for."""
        settings = self.operator.settings
        shown = [name for name in settings if name in SHOWN_FIRST or name.startswith("ECR_OPERATOR_")]
        ordered = sorted(shown, key=lambda name: (name not in SHOWN_FIRST, name))
        lines = [f"{name}={settings[name]}" for name in ordered]
        for line in lines:
            self._narrator.command(f"export {line}", spaced=line is lines[0])
        self._narrator.command("ecr-operator run &", spaced=False)

    def show_how_to_use(self) -> None:
        """What to type in another terminal to use what runs here."""
        variables = {
            "KUBECONFIG": str(self.plane.kubeconfig),
            "PATH": f"{self.plane.kubectl.parent}{os.pathsep}$PATH",
        }
        self._narrator.note("Everything keeps running. In another terminal:")
        self._narrator.say(*(f"export {name}={value}" for name, value in variables.items()))
        self._narrator.note("AWS, for boto3 or the AWS CLI (these credentials open nothing but the fake):")
        self._narrator.say(*(f"export {name}={value}" for name, value in self.aws.environment().items()))
        self._narrator.note("The operator:")
        self._narrator.say(
            f"http://127.0.0.1:{self.operator.port}/metrics", f"tail -f {self._directory / 'operator.log'}"
        )

    def _start(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="demo-"))
        self._stack.callback(shutil.rmtree, self._directory, ignore_errors=True)
        self.plane = self._stack.enter_context(ControlPlane())
        cluster = self._stack.enter_context(Cluster(self.plane.kubeconfig, kubectl=self.plane.kubectl))
        install_account(cluster)
        self.aws = self._stack.enter_context(LeastRights())
        settings = self.aws.environment() | NO_FILES | SETTINGS
        self.operator = OperatorProcess(
            {"KUBECONFIG": str(cluster.operator_kubeconfig)} | settings, self._directory
        )
        self._stack.callback(self.operator.stop)
        self.by_hand = ByHand(self._narrator, self.aws)
        self.commands = Commands(
            self._narrator, self.plane, settings, self._directory / "kubectl", self.operator.check
        )

    def _stop(self) -> None:
        # A second Ctrl-C must not cut the clean-up short; it takes seconds at most.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._stack.close()
