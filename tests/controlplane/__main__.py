"""The control plane from the command line: `python -m tests.controlplane build|path|up`."""

import os
import shutil
import signal
from pathlib import Path
from typing import Annotated

import typer

from tests.controlplane import ControlPlane, assets

app = typer.Typer(help="A Kubernetes control plane without Docker.", add_completion=False)


@app.command()
def build() -> None:
    """Build the programs unless they are there, and print their directory."""
    typer.echo(assets.find())


@app.command()
def path() -> None:
    """Print the directory of the programs (for KUBEBUILDER_ASSETS or PATH); builds them when missing."""
    typer.echo(assets.find())


@app.command()
def up(
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Write the administrator's kubeconfig here.")
    ] = None,
) -> None:
    """Run a control plane until Ctrl-C or SIGTERM."""
    # SIGTERM ends Python at once, without the clean-up; as KeyboardInterrupt it does not.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ControlPlane() as plane:
            file = plane.kubeconfig
            if kubeconfig:
                file = kubeconfig.absolute()
                file.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(plane.kubeconfig, file)
            typer.echo(f"export KUBECONFIG={file}")
            typer.echo(f"export PATH={plane.kubectl.parent}{os.pathsep}$PATH")
            typer.echo("Ready; Ctrl-C ends it", err=True)
            signal.pause()
    except KeyboardInterrupt:
        typer.echo("Stopped", err=True)


app(prog_name="python -m tests.controlplane")
