"""`ecr-operator plan`: what an apply of manifests would do, without doing it.

A cluster is looked at only for EcrPullSecrets and for EcrLifecyclePolicies, and only where a kubeconfig says
which one.
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
    from ecr_operator.cli.cluster_link import ClusterLink
    from ecr_operator.cli.lifecycle_world import LifecycleWorld
    from ecr_operator.cli.manifests import Manifest
    from ecr_operator.cli.planned import Planned, Plans
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
        help="The cluster whose namespaces EcrPullSecrets are compared with, and whose EcrLifecyclePolicies "
        "count beside those of the manifests. Defaults to KUBECONFIG, then to ~/.kube/config. Without any of "
        "them no cluster is looked at.",
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
        plans = asyncio.run(_planned(settings, namespace, manifests, (kubeconfig, context)))
    except ManifestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if output == Output.JSON:
        print(as_json(plans, cluster))
    else:
        show(plans, Console(soft_wrap=not sys.stdout.isatty(), highlight=False))
    return exit_code(plans.objects)


async def _planned(
    settings: Settings,
    namespace: str,
    manifests: "Sequence[Manifest]",
    cluster: tuple[str | None, str | None],
) -> "Plans":
    from ecr_operator.api.kinds import ECR_LIFECYCLE_POLICY, ECR_PULL_SECRET, ECR_REPOSITORY
    from ecr_operator.aws.identity import ConfigurationError
    from ecr_operator.aws.registry import Registry
    from ecr_operator.aws.sessions import Sessions
    from ecr_operator.cli.cluster_link import ClusterLink
    from ecr_operator.cli.lifecycle_look import depends_on_cluster
    from ecr_operator.cli.planned import Action, Plans
    from ecr_operator.cli.planned_lifecycle_policies import check, plan_lifecycle_policies
    from ecr_operator.cli.planned_repositories import AT_ONCE, RepositoryPlanner
    from ecr_operator.cli.reviewed import reviewed
    from ecr_operator.metrics import Metrics
    from ecr_operator.planning.naming import Place

    planned, taken = reviewed(manifests, namespace)
    repositories = [one for one in taken if one.kind == ECR_REPOSITORY.kind]
    refused, policies = check(one for one in taken if one.kind == ECR_LIFECYCLE_POLICY.kind)
    planned += refused
    pull_secrets = [one for one in taken if one.kind == ECR_PULL_SECRET.kind]
    async with ClusterLink(*cluster) as link:
        world, notes, failed = await _lifecycle(link, repositories, policies)
        if failed:
            planned += failed
            repositories = [one for one in repositories if not depends_on_cluster(one)]
            policies = []
        planner = RepositoryPlanner(settings, settings.cluster_name, world)
        with ThreadPoolExecutor(AT_ONCE) as executor:
            try:
                sessions = Sessions(
                    executor=executor, metrics=Metrics(), role_arn=settings.role_arn, connections=AT_ONCE
                )
            except ConfigurationError as error:
                refused, asked = planner.check(repositories, Place("aws", ""))
                message = str(error)
                planned += [
                    one.planned(Action.ERROR, reason="InvalidConfiguration", message=message) for one in asked
                ]
                found, has_looked = await _pull_secrets(pull_secrets, settings, message, link)
            else:
                registry = Registry(sessions.own, time.monotonic)
                refused, asked = planner.check(repositories, registry.place)
                planned += await planner.plan(asked, registry)
                found, has_looked = await _pull_secrets(pull_secrets, settings, registry, link)
                sessions.close()
        planned += [*refused, *found, *plan_lifecycle_policies(policies, asked, world)]
        if has_looked:
            notes.append(f"the namespaces are those of the cluster at {link.api_server}")
        order = {manifest.place: number for number, manifest in enumerate(manifests)}
        ordered = sorted(planned, key=lambda one: order[one.manifest.place])
        looked = has_looked or world.is_whole
        return Plans(tuple(ordered), link.api_server if looked else None, tuple(notes))


async def _lifecycle(
    link: "ClusterLink", repositories: "Sequence[Named]", policies: "Sequence[Named]"
) -> "tuple[LifecycleWorld, list[str], list[Planned]]":
    """The policies that count, what there is to say of them, and the plans of those that cannot be made."""
    from ecr_operator.cli.lifecycle_look import NotSeenError, depends_on_cluster, look
    from ecr_operator.cli.lifecycle_world import lifecycle_world
    from ecr_operator.cli.planned import Action

    concerned = [*policies, *filter(depends_on_cluster, repositories)]
    try:
        seen = await look(link, concerned)
    except NotSeenError as error:
        if link.is_asked_for:
            reason, message = error.reason, str(error)
            failed = [one.planned(Action.ERROR, reason=reason, message=message) for one in concerned]
            return lifecycle_world(policies, None), [], failed
        # A kubeconfig that lies about is no reason to fail: nobody needs a cluster for a repository.
        note = f"of EcrLifecyclePolicies, those of the manifests alone count: {error}"
        return lifecycle_world(policies, None), [note], []
    notes = []
    if seen is not None:
        notes.append(f"EcrLifecyclePolicies are also those of the cluster at {link.api_server}")
    return lifecycle_world(policies, seen), notes, []


async def _pull_secrets(
    named: "Sequence[Named]", settings: Settings, registry: "Registry | str", link: "ClusterLink"
) -> "tuple[list[Planned], bool]":
    """The plans of EcrPullSecrets, and whether their namespaces were looked at.

    `registry` may be why there is none.
    """
    if not named:
        return [], False
    # Costs half a second.
    from ecr_operator.cli.asked_pull_secrets import check
    from ecr_operator.cli.cluster_lists import Cluster
    from ecr_operator.cli.kubeconfig import KubeconfigError
    from ecr_operator.cli.planned import Action
    from ecr_operator.cli.planned_pull_secrets import NO_CLUSTER, PullSecretPlanner

    refused, asked = check(named, settings, None if isinstance(registry, str) else registry.region)
    if not link.is_there:
        return refused + [one.planned(Action.NONE, message=NO_CLUSTER) for one in asked], False
    if isinstance(registry, str):
        wrong = registry
    elif not asked:
        return refused, False
    else:
        try:
            client = await link.client()
        except KubeconfigError as error:
            wrong = str(error)
        else:
            planner = PullSecretPlanner(Cluster(client, settings.watch_namespaces), registry, settings)
            return refused + await planner.plan(asked), True
    found = [one.planned(Action.ERROR, reason="InvalidConfiguration", message=wrong) for one in asked]
    return refused + found, False
