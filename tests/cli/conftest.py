"""Runs commands of `ecr-operator` in the test's process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecr_operator.cli import main

Command = Callable[..., tuple[int, str, str]]
"""Runs one of the commands with arguments: exit code, output, errors."""


@pytest.fixture
def command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Command]:
    """The command of a name, in a directory of the test's own, with no kubeconfig."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    def named(name: str) -> Command:
        def run(*arguments: str) -> tuple[int, str, str]:
            with pytest.raises(SystemExit) as ended:
                main([name, *arguments])
            printed = capsys.readouterr()
            return int(ended.value.code or 0), printed.out, printed.err

        return run

    return named


@pytest.fixture
def plan(command: Callable[[str], Command]) -> Command:
    """Runs `ecr-operator plan`."""
    return command("plan")


@pytest.fixture
def lint(command: Callable[[str], Command]) -> Command:
    """Runs `ecr-operator lint`."""
    return command("lint")


@pytest.fixture
def simulate(command: Callable[[str], Command]) -> Command:
    """Runs `ecr-operator simulate`."""
    return command("simulate")


@pytest.fixture
def gate(command: Callable[[str], Command]) -> Command:
    """Runs `ecr-operator gate`."""
    return command("gate")
