"""`ecr-operator lint`: what is wrong with manifests and lifecycle policies, from their text alone."""

import sys
from typing import Annotated

import typer

from ecr_operator.cli.plan import Output, OutputFormat, Recursive


def lint(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Files, directories, or `-` for standard input."),
    ],
    recursive: Recursive = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail the check too.")] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A warning that is not told; may be given several times."),
    ] = None,
    output: OutputFormat = None,
) -> None:
    """Check manifests, and lifecycle policies in AWS's JSON, without a cluster and without AWS.

    Errors are what the API server or AWS would refuse, in the API server's words. Warnings are about
    lifecycle rules that ECR takes and that may expire, or keep, other images than was meant. A JSON file
    without `apiVersion` and `kind` is read as a policy. Objects of other groups are passed over.

    The exit code is 0 when there are no errors, with --strict no warnings either, and 1 otherwise.
    """
    # Here, because each import is for this command only.
    from ecr_operator.cli.findings import NOTHING, Report
    from ecr_operator.cli.linter import Linter
    from ecr_operator.planning.lifecycle_lint import Check

    if unknown := sorted(set(ignore or ()) - set(Check)):
        known = ", ".join(Check)
        raise typer.BadParameter(f"{', '.join(unknown)}: no such warning; they are {known}")
    linter = Linter(frozenset(ignore or ()))
    findings = [finding for path in files for finding in linter.path(path, recursive=recursive)]
    report = Report(findings, linter.checked)
    print(report.as_json() if output == Output.JSON else report.as_text())
    if not report.checked and not findings:
        print(f"Note: {NOTHING} in {', '.join(files)}.", file=sys.stderr)
    raise typer.Exit(report.exit_code(strict=strict))
