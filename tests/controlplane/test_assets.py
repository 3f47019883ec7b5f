"""The programs are found, or built once however many ask, without a look at the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane import assets, toolchain

ROOT = Path(__file__).parents[2]

GO = """#!/bin/sh
case $1 in
version) echo "go version go{version} linux/amd64" ;;
build) echo built >> "$GO_LOG"; sleep 0.5; shift; while [ "$1" != -o ]; do shift; done; echo > "$2" ;;
esac
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty cache, and a `go` that only pretends to build."""
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    write_go(bin_directory / "go", "99.0.1")
    changes = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "GO_LOG": str(tmp_path / "builds")}
    changes["PATH"] = f"{bin_directory}{os.pathsep}{os.environ['PATH']}"
    return {k: v for k, v in os.environ.items() if k != "KUBEBUILDER_ASSETS"} | changes


def write_go(file: Path, version: str) -> None:
    file.write_text(GO.replace("{version}", version))
    file.chmod(0o755)


def test_two_that_need_the_programs_at_once_build_them_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.controlplane", "path"]
    both = [
        subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=-1, stderr=-1)
        for _ in range(2)
    ]
    (first, _), (second, _) = (process.communicate(timeout=60) for process in both)
    assert first == second
    directory = Path(first.strip())
    assert directory.is_relative_to(tmp_path / "cache")
    programs = [*assets.PROGRAMS, *assets.REGISTRY_PROGRAMS, "controlplane"]
    assert sorted(file.name for file in directory.iterdir()) == sorted(programs)
    assert (tmp_path / "builds").read_text() == "built\n"


def test_every_source_has_its_share_in_the_name_of_the_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = tmp_path / "binary"
    shutil.copytree(assets.SOURCE, source)
    monkeypatch.setattr(assets, "SOURCE", source)
    assert "registry.go" in [file.name for file in source.iterdir()]
    found = [assets.cached()]
    for file in sorted(source.iterdir()):
        file.write_bytes(file.read_bytes() + b"\n")
        found.append(assets.cached())
    (source / "another.go").touch()
    found.append(assets.cached())
    assert len(set(found)) == len(found)


def test_a_directory_without_the_controller_manager_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(assets.AssetsError, match="lacks kube-controller-manager; add them, or unset it"):
        assets.find()


def test_programs_from_elsewhere_are_no_registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in assets.PROGRAMS:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    assert assets.find() == tmp_path
    assert assets.built() == assets.cached()
    assert all(os.access(assets.built() / name, os.X_OK) for name in assets.REGISTRY_PROGRAMS)


def test_an_old_go_on_path_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The newer one that an earlier build installed in the cache is taken."""
    wanted = ".".join(map(str, toolchain.required(assets.SOURCE / "go.mod")))
    installed = tmp_path / f"go-{wanted}" / "go" / "bin" / "go"
    installed.parent.mkdir(parents=True)
    write_go(installed, wanted)
    write_go(tmp_path / "go", "1.20.14")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert toolchain.go(assets.SOURCE / "go.mod", tmp_path) == installed
