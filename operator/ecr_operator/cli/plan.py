"""`ecr-operator plan`: what an apply of manifests would do, without a cluster and without doing it."""

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

    from ecr_operator.cli.manifests import Manifest
    from ecr_operator.cli.planned import Planned


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
OutputFormat = Annotated[Output | None, typer.Option("--output", "-o", help="A document for programs.")]


def plan(
    settings: Settings,
    filenames: list[str],
    *,
    recursive: bool,
    namespace: str,
    output: Output | None,
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
        planned = asyncio.run(_planned(settings, namespace, manifests))
    except ManifestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if output == Output.JSON:
        print(as_json(planned, cluster))
    else:
        show(planned, Console(soft_wrap=not sys.stdout.isatty(), highlight=False))
    return exit_code(planned)


async def _planned(settings: Settings, namespace: str, manifests: "Sequence[Manifest]") -> "list[Planned]":
    """The plans, in the order of the manifests."""
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
    for one in taken:
        if one.kind != ECR_REPOSITORY.kind:
            message = f"valid; what becomes of an {one.kind} is not planned"
            planned.append(one.planned(Action.NONE, message=message))
    planner = RepositoryPlanner(settings, settings.cluster_name)
    with ThreadPoolExecutor(AT_ONCE) as executor:
        try:
            sessions = Sessions(
                executor=executor, metrics=Metrics(), role_arn=settings.role_arn, connections=AT_ONCE
            )
        except ConfigurationError as error:
            refused, asked = planner.check(repositories, Place("aws", ""))
            planned += refused
            planned += [
                one.planned(Action.ERROR, reason="InvalidConfiguration", message=str(error)) for one in asked
            ]
        else:
            registry = Registry(sessions.own, time.monotonic)
            refused, asked = planner.check(repositories, registry.place)
            planned += refused
            planned += await planner.plan(asked, registry)
            sessions.close()
    order = {manifest.place: number for number, manifest in enumerate(manifests)}
    return sorted(planned, key=lambda one: order[one.manifest.place])
