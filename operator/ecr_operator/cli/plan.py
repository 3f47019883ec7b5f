"""`ecr-operator plan`: what an apply of manifests would do, without doing it.

A cluster is looked at only for EcrPullSecrets, and only where a kubeconfig says which one.
"""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ecr_operator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecr_operator.aws.registry import Registry
    from ecr_operator.cli.manifests import Manifest
    from ecr_operator.cli.planned import Planned
    from ecr_operator.cli.reviewed import Named


class Output(StrEnum):
    """What `-o` takes."""

    JSON = "json"


Filenames = Annotated[
    list[str],
    typer.Option(
        "--filename",
        "-f",
        metavar="FILE|DIR",
        help="A file, a directory or `-` for standard input; may be given several times.",
    ),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-R", help="Read the subdirectories of directories too.")
]
Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace of manifests that name none.")
]
ClusterName = Annotated[
    str | None,
    typer.Option(
        help="The cluster's name in owner tags (ECR_OPERATOR_CLUSTER_NAME). Without it an owner that ends in "
        "`/<namespace>/<name>` counts as the object itself."
    ),
]
Kubeconfig = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The cluster whose namespaces EcrPullSecrets are compared with. Defaults to KUBECONFIG, then to "
        "~/.kube/config. Without any of them the namespaces are not shown.",
    ),
]
Context = Annotated[
    str | None, typer.Option(help="The context of the kubeconfig; its current one by default.")
]
OutputFormat = Annotated[Output | None, typer.Option("--output", "-o", help="A document for programs.")]


def plan(
    settings: Settings,
    filenames: list[str],
    *,
    recursive: bool,
    namespace: str,
    output: Output | None,
    kubeconfig: str | None = None,
    context: str | None = None,
) -> int:
    """Print the plans; returns the exit code."""
    # Here, because each import is for this command only.
    from rich.console import Console

    from ecr_operator.cli.manifests import ManifestError, read_manifests
    from ecr_operator.cli.plan_output import as_json, exit_code, show

    cluster = settings.cluster_name
    try:
        manifests = read_manifests(filenames, recursive=recursive)
        if not manifests:
            raise ManifestError(f"no object of ecr-operator.dev in {', '.join(filenames)}")
        planned, api_server = asyncio.run(_planned(settings, namespace, manifests, (kubeconfig, context)))
    except ManifestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if output == Output.JSON:
        print(as_json(planned, cluster, api_server))
    else:
        show(planned, Console(soft_wrap=not sys.stdout.isatty(), highlight=False), api_server)
    return exit_code(planned)


async def _planned(
    settings: Settings,
    namespace: str,
    manifests: "Sequence[Manifest]",
    cluster: tuple[str | None, str | None],
) -> "tuple[list[Planned], str | None]":
    """The plans, in the order of the manifests, and the API server that was looked at."""
    from ecr_operator.api.kinds import ECR_REPOSITORY
    from ecr_operator.aws.identity import ConfigurationError
    from ecr_operator.aws.registry import Registry
    from ecr_operator.aws.sessions import Sessions
    from ecr_operator.cli.planned import Action
    from ecr_operator.cli.planned_repositories import AT_ONCE, RepositoryPlanner
    from ecr_operator.cli.reviewed import reviewed
    from ecr_operator.metrics import Metrics
    from ecr_operator.planning.naming import Place

    planned, taken = reviewed(manifests, namespace)
    repositories = [one for one in taken if one.kind == ECR_REPOSITORY.kind]
    pull_secrets = [one for one in taken if one.kind != ECR_REPOSITORY.kind]
    planner = RepositoryPlanner(settings, settings.cluster_name)
    with ThreadPoolExecutor(AT_ONCE) as executor:
        try:
            sessions = Sessions(
                executor=executor, metrics=Metrics(), role_arn=settings.role_arn, connections=AT_ONCE
            )
        except ConfigurationError as error:
            refused, asked = planner.check(repositories, Place("aws", ""))
            planned += refused
            message = str(error)
            planned += [
                one.planned(Action.ERROR, reason="InvalidConfiguration", message=message) for one in asked
            ]
            found, api_server = await _pull_secrets(pull_secrets, settings, message, cluster)
        else:
            registry = Registry(sessions.own, time.monotonic)
            refused, asked = planner.check(repositories, registry.place)
            planned += refused
            planned += await planner.plan(asked, registry)
            found, api_server = await _pull_secrets(pull_secrets, settings, registry, cluster)
            sessions.close()
    planned += found
    order = {manifest.place: number for number, manifest in enumerate(manifests)}
    return sorted(planned, key=lambda one: order[one.manifest.place]), api_server


async def _pull_secrets(
    named: "Sequence[Named]",
    settings: Settings,
    registry: "Registry | str",
    cluster: tuple[str | None, str | None],
) -> "tuple[list[Planned], str | None]":
    """The plans of EcrPullSecrets, and the API server; `registry` may be why there is none."""
    if not named:
        return [], None
    # Costs half a second.
    from ecr_operator.cli.asked_pull_secrets import check
    from ecr_operator.cli.cluster_lists import Cluster
    from ecr_operator.cli.kubeconfig import KubeconfigError, connected, kubeconfig_path
    from ecr_operator.cli.planned import Action
    from ecr_operator.cli.planned_pull_secrets import NO_CLUSTER, PullSecretPlanner

    refused, asked = check(named, settings, None if isinstance(registry, str) else registry.region)
    given, context = cluster
    path = kubeconfig_path(given)
    if path is None and not context:
        return refused + [one.planned(Action.NONE, message=NO_CLUSTER) for one in asked], None
    if path is None:
        wrong = "--context was given, but there is no kubeconfig"
    elif isinstance(registry, str):
        wrong = registry
    elif not asked:
        return refused, None
    else:
        try:
            client = await connected(path, context)
        except KubeconfigError as error:
            wrong = str(error)
        else:
            async with client:
                planner = PullSecretPlanner(Cluster(client, settings.watch_namespaces), registry, settings)
                return refused + await planner.plan(asked), str(client.configuration.host)
    found = [one.planned(Action.ERROR, reason="InvalidConfiguration", message=wrong) for one in asked]
    return refused + found, None
