"""Where the API server is and who we are: the configuration of a connection, as kubectl finds it."""

import os
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

from kubernetes.aio import config as kube_config
from kubernetes.aio.client import Configuration

Reload = Callable[[Configuration], Awaitable[None]]
"""Loads the credentials into a configuration again."""


async def load_configuration(
    kubeconfig: str | None = None, context: str | None = None
) -> tuple[Configuration, Reload | None]:
    """From the given kubeconfig, else $KUBECONFIG, else the Pod's own service account, else
    ``~/.kube/config``; None for what renews its credentials itself.

    Raises ``kubernetes.aio.config.ConfigException`` if none is usable.
    """
    configuration = Configuration()
    # EKS's CA certificates have no key identifiers: OpenSSL's strict mode, Python's default since 3.13,
    # refuses them (kubernetes-client/python#2394). Go and kubectl take them.
    configuration.disable_strict_ssl_verification = True
    path = kubeconfig or os.environ.get("KUBECONFIG")
    if not path and "KUBERNETES_SERVICE_HOST" in os.environ:
        # Its hook re-reads the token, which the kubelet rotates, once a minute.
        kube_config.load_incluster_config(client_configuration=configuration)
        return configuration, None

    async def load(into: Configuration) -> None:
        # The file itself is read anew: the package's own loader would only repeat what it said at first.
        await kube_config.load_kube_config(
            config_file=path or str(Path.home() / ".kube" / "config"),
            context=context,
            client_configuration=into,
            persist_config=False,
        )

    await load(configuration)
    configuration.proxy = configuration.proxy or proxy_of(configuration.host)
    return configuration, load


def proxy_of(host: str) -> str | None:
    """The proxy for ``host`` by HTTPS_PROXY and NO_PROXY, as kubectl takes it.

    Not asked in a Pod: there the variables are meant for AWS, and NO_PROXY often names networks (10.0.0.0/8),
    which Python does not understand.
    """
    url = urllib.parse.urlsplit(host)
    return None if urllib.request.proxy_bypass(url.netloc) else urllib.request.getproxies().get(url.scheme)
