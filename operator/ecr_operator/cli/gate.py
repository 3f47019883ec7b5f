"""`ecr-operator gate`: whether images may be run, by the findings of their scans."""

import asyncio
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated

import typer

from ecr_operator.cli.gate_policy import Flags, Unscanned
from ecr_operator.cli.plan import Output
from ecr_operator.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from ecr_operator.aws.sessions import Sessions
    from ecr_operator.cli.gate_outcome import Outcome, Target
    from ecr_operator.cli.gate_policy import GatePolicy

_AT_ONCE = 8
"""Calls of AWS."""
_MOST = 1_000_000
_OF_CLUSTER = "--policy-from"

Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE",
        help="Images in private registries of ECR, by tag, digest or both: "
        "111111111111.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.",
    ),
]
MaxCritical = Annotated[
    int | None,
    typer.Option(min=0, max=_MOST, metavar="N", help="Critical findings that an image may have. Default: 0."),
]
MaxHigh = Annotated[
    int | None,
    typer.Option(min=0, max=_MOST, metavar="N", help="High findings that it may have. Default: any number."),
]
MaxMedium = Annotated[
    int | None,
    typer.Option(
        min=0, max=_MOST, metavar="N", help="Medium findings that it may have. Default: any number."
    ),
]
MaxScanAge = Annotated[
    int | None,
    typer.Option(
        "--max-scan-age-days",
        min=1,
        max=3650,
        metavar="DAYS",
        help="How old a scan may be; an older one counts as none. Default: any age.",
    ),
]
OnUnscanned = Annotated[
    Unscanned | None,
    typer.Option(
        help="What becomes of an image without a scan to judge by: `fail`, `pass`, or undecided (`unknown`, "
        "the default).",
    ),
]
PolicyFrom = Annotated[
    str | None,
    typer.Option(
        metavar="NAMESPACE/NAME",
        help="Take the `vulnerabilityPolicy` of this EcrRepository in a cluster, in the place of the limits.",
    ),
]
GateKubeconfig = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The cluster of --policy-from. Defaults to KUBECONFIG, then to ~/.kube/config.",
    ),
]
Timeout = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="How long to wait for scans to be complete, for all images together; 0: look once.",
    ),
]
IndexChildren = Annotated[
    bool,
    typer.Option(
        help="Ask AWS which images an index refers to. It counts as a pull of the index, which is undecided "
        "without.",
    ),
]


def gate(
    settings: Settings,
    images: Sequence[str],
    flags: Flags,
    *,
    policy_from: str | None,
    kubeconfig: str | None,
    context: str | None,
    timeout: int,
    children: bool,
    output: Output | None,
) -> int:
    """Print what is known of the images; returns the exit code."""
    # Before the imports, which are for this command only: a usage error costs none of them.
    object_name = _object_name(policy_from, flags, kubeconfig or context)
    targets = _targets(images)

    from rich.console import Console

    from ecr_operator.aws.identity import ConfigurationError
    from ecr_operator.cli.gate_document import as_json
    from ecr_operator.cli.gate_outcome import EXIT_CODES, overall
    from ecr_operator.cli.gate_policy import PolicyError
    from ecr_operator.cli.gate_report import show

    try:
        policy = (
            flags.policy() if object_name is None else asyncio.run(_policy(object_name, kubeconfig, context))
        )
        outcomes, at = asyncio.run(_outcomes(settings, targets, policy, timeout, children=children))
    except (PolicyError, ConfigurationError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if output == Output.JSON:
        print(as_json(outcomes, policy, at))
    else:
        show(outcomes, policy, Console(soft_wrap=not sys.stdout.isatty(), highlight=False))
    return EXIT_CODES[overall(outcomes)]


def _object_name(policy_from: str | None, flags: Flags, cluster: str | None) -> tuple[str, str] | None:
    """Namespace and name of the EcrRepository whose policy is taken."""
    if policy_from is None:
        if cluster:
            raise typer.BadParameter("is needed with --kubeconfig and --context", param_hint=_OF_CLUSTER)
        return None
    if flags.given:
        raise typer.BadParameter(
            f"takes the place of {flags.given}: give one of the two", param_hint=_OF_CLUSTER
        )
    namespace, _, name = policy_from.partition("/")
    if not namespace or not name or "/" in name:
        raise typer.BadParameter(f"{policy_from!r} is no NAMESPACE/NAME", param_hint=_OF_CLUSTER)
    return namespace, name


def _targets(images: Sequence[str]) -> "list[Target]":
    """Each image once, in the order in which they were given."""
    from ecr_operator.cli.gate_outcome import Target
    from ecr_operator.planning.image_reference import image_reference
    from ecr_operator.planning.naming import is_public

    targets = []
    for text in dict.fromkeys(images):
        reference = image_reference(text)
        if reference is None:
            why = (
                "is of ECR Public, which scans no images"
                if is_public(text)
                else "is no image of a private registry of ECR: "
                "<account>.dkr.ecr.<region>.amazonaws.com/<repository>[:<tag>][@<digest>]"
            )
            raise typer.BadParameter(f"{text!r} {why}", param_hint="IMAGE")
        targets.append(Target(text, reference))
    return targets


async def _policy(name: tuple[str, str], kubeconfig: str | None, context: str | None) -> "GatePolicy":
    from ecr_operator.cli.cluster_link import ClusterLink
    from ecr_operator.cli.gate_policy import policy_of

    async with ClusterLink(kubeconfig, context) as link:
        return await policy_of(link, *name)


async def _outcomes(
    settings: Settings, targets: "Sequence[Target]", policy: "GatePolicy", timeout: int, *, children: bool
) -> "tuple[list[Outcome], datetime]":
    """What becomes of each image, and when."""
    from rich.console import Console

    from ecr_operator.cli.gate_look import Look
    from ecr_operator.cli.gate_progress import shown
    from ecr_operator.cli.gate_waiting import Waiting

    with ThreadPoolExecutor(_AT_ONCE) as executor:
        sessions = _sessions(settings, executor, targets[0].reference.registry.region)
        now = sessions.clock.now
        errors = Console(stderr=True, highlight=False)
        # FORCE_COLOR, which jobs set, makes a terminal of everything for rich.
        alive = sys.stderr.isatty() and not errors.is_dumb_terminal
        try:
            with shown(errors, timeout, alive=alive) as progress:
                waiting = Waiting(policy.limits, timeout, progress, monotonic=time.monotonic, now=now)
                looks = [
                    Look(sessions.of(None, target.reference.registry.region), target, now, children=children)
                    for target in targets
                ]
                return list(await asyncio.gather(*map(waiting.outcome, looks))), now()
        finally:
            sessions.close()


def _sessions(settings: Settings, executor: ThreadPoolExecutor, region: str) -> "Sessions":
    """The configured region only matters where a role is assumed: images say their own."""
    from ecr_operator.aws.identity import ConfigurationError
    from ecr_operator.aws.sessions import Sessions
    from ecr_operator.metrics import Metrics

    def made(home: str | None) -> Sessions:
        return Sessions(
            executor=executor,
            metrics=Metrics(),
            role_arn=settings.role_arn,
            region=home,
            connections=_AT_ONCE,
        )

    try:
        return made(None)
    except ConfigurationError:
        # No region; what else is wrong with the configuration is so with one, too.
        return made(region)
