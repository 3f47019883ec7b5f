"""The cluster that a command may look at, connected to when it is first needed, and only once."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ecr_operator.cli.kubeconfig import KubeconfigError, connected, kubeconfig_path

if TYPE_CHECKING:
    from ecr_operator.kube.client import KubeClient


class ClusterLink:
    """Of `--kubeconfig` and `--context`; without them, of the kubeconfig that kubectl would find."""

    def __init__(self, kubeconfig: str | None, context: str | None) -> None:
        self._path = kubeconfig_path(kubeconfig)
        self._context = context
        self._client: KubeClient | None = None
        self.is_asked_for = bool(kubeconfig or context)
        """Somebody has named it for this very command."""

    @property
    def is_there(self) -> bool:
        """Whether there is a cluster to be looked at, or ought to be."""
        return self._path is not None or bool(self._context)

    async def client(self) -> "KubeClient":
        """The client, which the link closes. Raises `KubeconfigError`."""
        if self._path is None:
            raise KubeconfigError("--context was given, but there is no kubeconfig")
        if self._client is None:
            self._client = await connected(self._path, self._context)
        return self._client

    @property
    def api_server(self) -> str | None:
        """Its address; None: it was not needed."""
        return None if self._client is None else str(self._client.configuration.host)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()
