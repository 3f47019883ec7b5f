"""`make e2e` without Docker: what is called, in which order, and that the cluster is deleted in any case."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE = 120
"""Seconds that everything here may take at most, also on a busy machine."""
SCRIPT = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
{then}
"""
PASSING = "import os\ndef test_it(): assert os.environ['TEST_KUBECONFIG'].endswith('/kubeconfig')\n"
FAILING = "def test_it(): assert False\n"
WAITING = """
import pathlib, time
def test_it():
    pathlib.Path(__file__ + ".begun").touch()
    time.sleep(300)
"""


class Ended(NamedTuple):
    code: int
    calls: list[str]
    """Each call of a program, in order, with the cluster's name and kubeconfig as `NAME` and `FILE`."""
    errors: str


class Machine:
    """A PATH on which docker, kind and kubectl are scripts that write down how they are called."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.programs = directory / "bin"
        self.programs.mkdir()
        self.calls = directory / "calls"
        self.environment = {
            name: value for name, value in os.environ.items() if name not in ("KIND_NODE_IMAGE",)
        } | {"PATH": f"{self.programs}:/usr/bin:/bin", "CALLS": str(self.calls)}
        for name in ("docker", "kind", "kubectl"):
            self.has(name)

    def has(self, name: str, then: str = "exit 0") -> None:
        program = self.programs / name
        program.write_text(SCRIPT.format(then=then))
        program.chmod(0o755)

    def test(self, text: str) -> Path:
        """A test to run, outside of this tree and its configuration."""
        path = self.directory / "tests" / "test_it.py"
        path.parent.mkdir()
        path.write_text(text)
        return path

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.on_kind", *map(str, arguments)]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def end(self, process: "subprocess.Popen[str]") -> Ended:
        _, errors = process.communicate(timeout=DEADLINE)
        return Ended(process.returncode, self.seen(), errors)

    def run(self, *arguments: object) -> Ended:
        return self.end(self.start(*arguments))

    def seen(self) -> list[str]:
        calls = [line.split() for line in self.calls.read_text().splitlines()] if self.calls.exists() else []
        shown = []
        for call in calls:
            for option, word in (("--name", "NAME"), ("--kubeconfig", "FILE")):
                if option in call:
                    call[call.index(option) + 1] = word
            shown.append(" ".join(call))
        return shown


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def pytest_arguments(test: Path) -> list[object]:
    return [test, "--rootdir", test.parent, "-c", os.devnull, "-p", "no:cacheprovider"]


CREATE = "kind create cluster --name NAME --kubeconfig FILE --wait 180s"
DELETE = "kind delete cluster --name NAME --kubeconfig FILE"


@pytest.mark.parametrize(("text", "code"), [(PASSING, 0), (FAILING, 1)], ids=["pass", "fail"])
def test_the_cluster_is_made_tested_and_deleted(machine: Machine, text: str, code: int) -> None:
    ended = machine.run(*pytest_arguments(machine.test(text)))

    assert ended == (code, ["docker info", CREATE, DELETE], ended.errors)


def test_another_node_image_may_be_named(machine: Machine) -> None:
    machine.environment["KIND_NODE_IMAGE"] = "node:v1.30"

    ended = machine.run(*pytest_arguments(machine.test(PASSING)))

    assert ended.calls[1] == f"{CREATE} --image node:v1.30"


def test_each_cluster_has_a_name_of_its_own(machine: Machine) -> None:
    machine.has("kind", "exit 1")
    machine.run()
    machine.run()
    names = {line.split()[4] for line in machine.calls.read_text().splitlines() if " create " in line}
    assert len(names) == 2


def test_a_cluster_that_cannot_be_made_is_deleted_and_no_test_runs(machine: Machine) -> None:
    machine.has("kind", '[ "$1" != create ]')

    ended = machine.run(*pytest_arguments(machine.test(WAITING)))

    assert ended == (
        1,
        ["docker info", CREATE, DELETE],
        "kind create cluster ended with 1\n",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_tests_and_deletes_the_cluster(machine: Machine, number: int) -> None:
    test = machine.test(WAITING)
    process = machine.start(*pytest_arguments(test))
    _until_exists(Path(f"{test}.begun"))

    process.send_signal(number)

    ended = machine.end(process)
    assert ended == (130, ["docker info", CREATE, DELETE], ended.errors)


def test_an_interrupt_while_the_cluster_is_made_deletes_it(machine: Machine) -> None:
    begun = machine.directory / "begun"
    machine.has("kind", f'[ "$1" = delete ] || {{ touch {begun}; exec sleep 300; }}')
    process = machine.start()
    _until_exists(begun)

    process.send_signal(signal.SIGINT)

    assert machine.end(process)[:2] == (130, ["docker info", CREATE, DELETE])


def test_what_is_left_is_said(machine: Machine) -> None:
    machine.has("kind", '[ "$1" != delete ]')

    ended = machine.run(*pytest_arguments(machine.test(PASSING)))

    assert ended.code == 1
    assert "the cluster is left: kind delete cluster --name ecr-operator-" in ended.errors


def test_without_docker_it_says_so_in_one_line(machine: Machine) -> None:
    (machine.programs / "docker").unlink()
    machine.environment["PATH"] = str(machine.programs)

    ended = machine.run()

    assert ended == (3, [], "make e2e needs Docker: there is no `docker` on PATH\n")


def test_a_docker_that_does_not_answer_is_said_in_one_line(machine: Machine) -> None:
    machine.has("docker", "printf 'Cannot connect to\\nthe Docker daemon\\n' >&2; exit 1")

    ended = machine.run()

    assert ended == (
        3,
        ["docker info"],
        "make e2e needs Docker: `docker info` fails: Cannot connect to the Docker daemon\n",
    )


def _until_exists(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.05)
