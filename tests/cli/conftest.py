"""Runs the commands of `ecr-operator` in the test's process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecr_operator.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `plan` in a directory of the test's own, with no kubeconfig: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return _runner("plan", capsys)


@pytest.fixture
def simulate(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `simulate` in a directory of the test's own: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    return _runner("simulate", capsys)


def _runner(command: str, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([command, *arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run
