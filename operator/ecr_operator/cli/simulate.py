"""`ecr-operator simulate`: what a lifecycle policy would do to the images of a repository."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ecr_operator.cli.plan import Output
from ecr_operator.settings import Settings

if TYPE_CHECKING:
    from ecr_operator.aws.errors import AwsError
    from ecr_operator.aws.session import Session
    from ecr_operator.cli.policy_file import PolicyFile
    from ecr_operator.cli.simulation import Simulation

Policy = Annotated[
    str,
    typer.Argument(
        metavar="POLICY",
        help="A file with AWS's policy JSON, with the output of `aws ecr get-lifecycle-policy`, with an "
        "EcrLifecyclePolicy, or with an EcrRepository that has a `lifecyclePolicy`; `-` for standard input.",
    ),
]
Repository = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The repository whose images are read from AWS. Defaults to the one that the file is for.",
    ),
]
Images = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Images as `aws ecr describe-images --output json` prints them, instead of those in AWS; `-` "
        "for standard input.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="When the policy runs: a date or time of ISO 8601, in UTC unless it says otherwise. Defaults to "
        "now.",
    ),
]
Children = Annotated[
    bool,
    typer.Option(
        help="Ask AWS what image indexes refer to, where that matters. It counts as a pull of the index.",
    ),
]


def simulate(
    settings: Settings,
    policy: str,
    *,
    repository: str | None,
    images: str | None,
    at: str | None,
    output: Output | None,
    children: bool,
) -> int:
    """Print what would happen; returns the exit code."""
    # Here, because each import is for this command only.
    from rich.console import Console

    from ecr_operator.aws.errors import AwsError
    from ecr_operator.aws.identity import ConfigurationError
    from ecr_operator.cli.image_file import read_images
    from ecr_operator.cli.manifests import STDIN, ManifestError
    from ecr_operator.cli.policy_file import read_policy
    from ecr_operator.cli.simulation import Simulation, as_json, show

    moment = _moment(at)
    if policy == images == STDIN:
        raise typer.BadParameter("the policy is read from standard input already", param_hint="--images")
    try:
        found = read_policy(policy, repository)
        name = repository or found.repository
        if images is not None:
            simulation = Simulation.of(found, name, read_images(images), moment)
        elif name is not None:
            simulation = asyncio.run(_of_aws(settings, found, name, moment, children=children))
        else:
            raise typer.BadParameter(
                "is needed, or --images: the policy does not say which one", param_hint="--repository"
            )
    except (ManifestError, ConfigurationError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except AwsError as error:
        print(f"error: {error.reason}: {error}{_advice(error)}", file=sys.stderr)
        return 1
    if output == Output.JSON:
        print(as_json(simulation))
    else:
        show(simulation, Console(soft_wrap=not sys.stdout.isatty(), highlight=False))
    return 0


async def _of_aws(
    settings: Settings, policy: "PolicyFile", name: str, at: datetime, *, children: bool
) -> "Simulation":
    """What would happen to the images that AWS holds."""
    from ecr_operator.aws.sessions import Sessions
    from ecr_operator.metrics import Metrics

    with ThreadPoolExecutor(1) as executor:
        sessions = Sessions(executor=executor, metrics=Metrics(), role_arn=settings.role_arn, connections=1)
        try:
            return await _simulated(sessions.own, policy, name, at, children=children)
        finally:
            sessions.close()


async def _simulated(
    session: "Session", policy: "PolicyFile", name: str, at: datetime, *, children: bool
) -> "Simulation":
    from ecr_operator.aws.images import children_of, list_images
    from ecr_operator.cli.simulation import Simulation, counted

    images = [image async for image in list_images(session, name)]
    simulation = Simulation.of(policy, name, images, at)
    asked: set[str] = set()
    # An index that turns out to be held by another one may hold others itself.
    while children and (unknown := [one for one in simulation.unknown_indexes() if one not in asked]):
        asked.update(unknown)
        known = await children_of(session, name, unknown)
        digests = {index: tuple(one.digest for one in found) for index, found in known.items()}
        images = [replace(one, children=digests.get(one.digest, one.children)) for one in images]
        simulation = Simulation.of(policy, name, images, at)
    if not asked:
        return simulation
    remark = (
        f"AWS was asked for the manifests of {counted(len(asked), 'index', 'indexes')}: that counts as a pull"
    )
    return replace(simulation, remarks=(remark,))


def _advice(error: "AwsError") -> str:
    """What to do next, where the error itself does not say it."""
    if error.code == "RepositoryNotFoundException":
        return "; look at --repository and AWS_REGION"
    if error.operation == "BatchGetImage":
        return "; --no-children does without it"
    return ""


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    from ecr_operator.cli.image_file import in_utc

    try:
        return in_utc(at)
    except (ValueError, OverflowError):
        message = f"{at!r} must be a date or a time such as 2026-11-28 or 2026-11-28T09:30:00Z"
        raise typer.BadParameter(message, param_hint="--at") from None
