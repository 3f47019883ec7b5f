"""The cluster that a command may look at: which one is said as kubectl has it said."""

import os
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from ecr_operator.kube.client import KubeClient


class KubeconfigError(Exception):
    """The kubeconfig that was given cannot be used. The message says why."""


def kubeconfig_path(given: str | None) -> str | None:
    """`--kubeconfig`, else KUBECONFIG (which may list several files), else ~/.kube/config; None without any.

    The service account of a Pod is none: a pipeline that runs in one has not asked for its cluster.
    """
    if given:
        return given
    named = os.environ.get("KUBECONFIG")
    if named:
        return named if any(map(_is_there, named.split(os.pathsep))) else None
    default = os.path.expanduser("~/.kube/config")
    return default if _is_there(default) else None


async def connected(path: str, context: str | None) -> "KubeClient":
    """A client of the cluster. Raises `KubeconfigError`."""
    # Costs half a second, which a command without a cluster need not wait.
    from kubernetes.aio.config import ConfigException

    from ecr_operator.kube.client import KubeClient

    if not any(map(_is_there, path.split(os.pathsep))):
        raise KubeconfigError(f"the kubeconfig {path} does not exist")
    try:
        return await KubeClient.connect(path, context)
    except ConfigException as error:
        raise KubeconfigError(str(error)) from error
    except (OSError, ValueError, TypeError, AttributeError, KeyError, yaml.YAMLError) as error:
        # Their texts may quote the file.
        raise KubeconfigError(f"{path} cannot be read as a kubeconfig ({type(error).__name__})") from error


def _is_there(path: str) -> bool:
    path = os.path.expanduser(path)
    return bool(path) and os.path.exists(path) and not os.path.samefile(path, os.devnull)
