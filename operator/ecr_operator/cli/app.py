"""The commands of `ecr-operator`, and what their arguments mean. Each imports its own file when it runs."""

import sys
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from ecr_operator.cli.crds import crds
from ecr_operator.cli.gate import (
    GateKubeconfig,
    IndexChildren,
    MaxCritical,
    MaxHigh,
    MaxMedium,
    MaxScanAge,
    OnUnscanned,
    PolicyFrom,
    Timeout,
)
from ecr_operator.cli.gate import Images as GatedImages
from ecr_operator.cli.gate_policy import Flags
from ecr_operator.cli.iam_policy import iam_policy
from ecr_operator.cli.lint import lint
from ecr_operator.cli.plan import (
    ClusterName,
    Context,
    Filenames,
    Kubeconfig,
    Namespace,
    OutputFormat,
    Recursive,
)
from ecr_operator.cli.simulate import At, Children, Images, Policy, Repository
from ecr_operator.settings import Settings
from ecr_operator.version import version

USAGE_ERROR = 64
"""The exit code for arguments and settings that cannot be used (sysexits.h, EX_USAGE)."""

app = typer.Typer(
    name="ecr-operator",
    help="Declarative Amazon ECR for Kubernetes.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _settings_text() -> str:
    """The table of settings, from their own descriptions."""
    lines = ["Settings are environment variables:", ""]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = ",".join(default) if isinstance(default, tuple) else default
        lines += [
            f"ECR_OPERATOR_{name.upper()} (default: {'none' if shown in (None, '', {}) else shown})",
            " ".join((field.description or "").split()),
        ]
    lines.append(
        "KUBECONFIG, AWS_REGION, AWS_ENDPOINT_URL and boto3's own variables mean what they always mean."
    )
    return "\n\n".join(filter(None, lines))


@app.command(epilog=_settings_text())
def run() -> None:
    """Run the operator until SIGTERM."""
    # First, because the imports take a second that a wrong setting need not cost.
    settings = _settings()
    from ecr_operator.cli.run import run as run_operator

    raise typer.Exit(run_operator(settings))


@app.command()
def plan(
    filenames: Filenames,
    recursive: Recursive = False,
    namespace: Namespace = "default",
    cluster_name: ClusterName = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: OutputFormat = None,
) -> None:
    """Show what an apply of manifests would change in AWS, and in the namespaces of a cluster.

    Reads the manifests and AWS, and changes nothing. The manifests are checked as the API server checks them.
    For EcrPullSecrets it lists what a cluster holds, where there is a kubeconfig, and asks for no token; for
    lifecycle policies it lists those of the cluster beside the manifests', and starts no preview.
    Statements, tags and policies that a manifest no longer holds are shown as taken back only
    where it carries the object's status (`kubectl get -o yaml`). What Namespaces allow is not known here.

    The exit code is 0 when there is nothing to do, 2 when there are changes, 3 when something would be
    refused, and 1 when manifests, AWS or the cluster cannot be read. The operator's settings
    (ECR_OPERATOR_...) apply.
    """
    from ecr_operator.cli.plan import plan as show_plan

    settings = _settings(**({"cluster_name": cluster_name} if cluster_name else {}))
    code = show_plan(
        settings,
        filenames,
        recursive=recursive,
        namespace=namespace,
        output=output,
        kubeconfig=kubeconfig,
        context=context,
    )
    raise typer.Exit(code)


@app.command()
def simulate(
    policy: Policy,
    repository: Repository = None,
    images: Images = None,
    at: At = None,
    children: Children = True,
    output: OutputFormat = None,
) -> None:
    """Show which images a lifecycle policy would expire, archive and keep, and by which rule.

    Reads the policy and the images, from AWS or from a file, and writes nothing. It is a reading of AWS's
    documentation: what AWS itself makes of a policy tells its preview.

    The exit code is 0, and 1 when the policy, the images or AWS cannot be read. The operator's settings
    (ECR_OPERATOR_...) apply.
    """
    from ecr_operator.cli.simulate import simulate as show_simulation

    code = show_simulation(
        _settings(),
        policy,
        repository=repository,
        images=images,
        at=at,
        output=output,
        children=children,
    )
    raise typer.Exit(code)


@app.command()
def gate(
    images: GatedImages,
    max_critical: MaxCritical = None,
    max_high: MaxHigh = None,
    max_medium: MaxMedium = None,
    max_scan_age_days: MaxScanAge = None,
    on_unscanned: OnUnscanned = None,
    policy_from: PolicyFrom = None,
    kubeconfig: GateKubeconfig = None,
    context: Context = None,
    timeout: Timeout = 300,
    children: IndexChildren = True,
    output: OutputFormat = None,
) -> None:
    """Wait until images are scanned, and fail where they have more findings than allowed.

    Reads the findings of ECR's scans, basic or enhanced, and writes nothing. Region and account are those of
    the image. By itself no critical finding is allowed, and any number of others. Each severity is counted
    alone; an index of several platforms is judged by its images, of each severity by the worst of them.

    The exit code is 0 when all images pass, 2 when one fails, 3 when one is undecided (not scanned, not
    scanned in time, or not allowed to be read), and 1 when one does not exist or AWS or the cluster cannot be
    asked. Of several images the worst counts: 2 over 1 over 3 over 0. The operator's settings
    (ECR_OPERATOR_...) apply.
    """
    from ecr_operator.cli.gate import gate as judge_images

    code = judge_images(
        _settings(),
        images,
        Flags(max_critical, max_high, max_medium, max_scan_age_days, on_unscanned),
        policy_from=policy_from,
        kubeconfig=kubeconfig,
        context=context,
        timeout=timeout,
        children=children,
        output=output,
    )
    raise typer.Exit(code)


app.command()(crds)
app.command()(iam_policy)
app.command()(lint)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if show_version:
        typer.echo(version())
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _settings(**given: Any) -> Settings:
    """The settings, with those that the command line gives; ends the process with a sentence per bad one."""
    try:
        return Settings(**given)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            name = ".".join(str(part) for part in problem["loc"])
            variable = f"ECR_OPERATOR_{name.upper()}: " if name else ""
            typer.echo(f"error: {variable}{problem['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(USAGE_ERROR) from None


def main(arguments: list[str] | None = None) -> None:
    """The entry point. Exits with 64 for arguments that cannot be used."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except typer.Abort:
        code = 130
    except TyperException as error:
        # Every other error of typer's is one of usage; it knows how to show itself.
        getattr(error, "show", lambda: None)()
        code = USAGE_ERROR
    sys.exit(code if isinstance(code, int) else 0)
