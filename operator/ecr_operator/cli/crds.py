"""`ecr-operator crds`: print the CRDs, write the generated files, or check that they are up to date."""

from pathlib import Path
from typing import Annotated

import typer


def crds(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output-dir",
            metavar="DIR",
            file_okay=False,
            help="Write the CRDs, their kustomization and the field reference into this directory.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; exit 1 and name the files of the directory that are out of date."
        ),
    ] = False,
) -> None:
    """Print the CRDs of all kinds as YAML.

    With `--check` and no directory, `crds` is checked.
    """
    # Here, because the command line is imported for every command, and pydantic's models take their time.
    from ecr_operator.api.crd import all_crds, generated_files

    if check:
        directory = output or Path("crds")
        outdated = outdated_files(directory, generated_files())
        for path in outdated:
            typer.echo(f"{path} is out of date: run `ecr-operator crds --output-dir {directory}`", err=True)
        raise typer.Exit(1 if outdated else 0)
    if output is None:
        typer.echo(all_crds(), nl=False)
        return
    files = generated_files()
    output.mkdir(parents=True, exist_ok=True)
    for path in left_over_files(output, files):
        path.unlink()
    for name, text in files.items():
        (output / name).write_text(text, encoding="utf-8")


def outdated_files(directory: Path, files: dict[str, str]) -> list[Path]:
    """Return the files that are missing, differ from their generated text, or are no longer generated."""
    differing = [
        path
        for name, text in files.items()
        if not (path := directory / name).is_file() or path.read_text(encoding="utf-8") != text
    ]
    return sorted([*differing, *left_over_files(directory, files)])


def left_over_files(directory: Path, files: dict[str, str]) -> list[Path]:
    """Return the CRD files of kinds that are gone. No other file is ours to remove."""
    return [path for path in directory.glob("ecr-operator.dev_*.yaml") if path.name not in files]
