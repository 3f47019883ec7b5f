"""A cluster of kind, of a name of its own, that is deleted whatever happens."""

import uuid
from pathlib import Path
from typing import Self

from tests.controlplane.progress import CommandError
from tests.on_kind.commands import Command

READY_SECONDS = 180


class KindCluster:
    """A context manager; in it `kubeconfig` names the cluster and its administrator.

    `image` is the image of the nodes, which decides the version of Kubernetes; None is kind's own choice.
    """

    def __init__(self, kind: Path, kubeconfig: Path, image: str | None = None) -> None:
        self.name = f"ecr-operator-{uuid.uuid4().hex[:8]}"
        self.kubeconfig = kubeconfig
        self._kind = kind
        self._image = ["--image", image] if image else []

    def __enter__(self) -> Self:
        """Create it. Raises `CommandError`."""
        try:
            self._call("create", "--wait", f"{READY_SECONDS}s", *self._image)
        except BaseException:
            # An interrupted creation leaves containers behind.
            self.delete()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.delete()

    def delete(self) -> None:
        """Delete it; kind does not mind one that is not there. Signals wait until that is done."""
        code = self._command("delete").run_undisturbed()
        if code:
            raise CommandError(f"the cluster is left: kind delete cluster --name {self.name}")

    def _call(self, verb: str, *options: str) -> None:
        code = self._command(verb, *options).run()
        if code:
            raise CommandError(f"kind {verb} cluster ended with {code}")

    def _command(self, verb: str, *options: str) -> Command:
        named = ["--name", self.name, "--kubeconfig", str(self.kubeconfig)]
        return Command([str(self._kind), verb, "cluster", *named, *options])
