"""The steps of the Dockerfile, done by hand, give an operator that starts, of the locked versions alone."""

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.image.dockerfile import ROOT, Instruction, build, instructions, is_sent, sources

STEPS = instructions()
COPIES = [step for step in STEPS if step.keyword == "COPY" and "--from" not in step.text]
LAST = max(step.stage for step in STEPS)
UNCHECKED_HASH = 0b01
"""PEP 552: the second word of such a .pyc file."""


def final(keyword: str) -> str:
    """The argument of an instruction that the last stage has once."""
    (found,) = [step.text for step in STEPS if step.stage == LAST and step.keyword == keyword]
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the last stage copies."""
    return build(tmp_path_factory.mktemp("image")) / "opt" / "ecr-operator"


def run(built: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of the image with nothing of this machine's environment."""
    program = [str(built / "bin" / command[0]), *command[1:]]
    return subprocess.run(
        program, capture_output=True, text=True, check=False, cwd="/", env=environment, timeout=120
    )


@pytest.mark.parametrize("step", COPIES, ids=lambda step: step.text)
def test_what_is_copied_is_there_and_reaches_the_build(step: Instruction) -> None:
    for word in step.words[:-1]:
        assert (ROOT / word).exists()
        assert is_sent(word) or any(name.startswith(f"{word}/") for name in sources(step))


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("operator/ecr_operator/cli/app.py", True),
        ("crds/README.md", True),
        ("requirements/run.txt", True),
        ("requirements/dev.txt", False),
        ("operator/ecr_operator/__pycache__/version.cpython-313.pyc", False),
        ("tests/conftest.py", False),
        (".git/config", False),
        (".venv/bin/python", False),
        ("Dockerfile", False),
    ],
)
def test_the_build_gets_what_it_needs_and_no_more(name: str, sent: bool) -> None:
    assert is_sent(name) is sent


def test_the_base_is_one_short_name_that_may_be_replaced() -> None:
    (base,) = [step.text for step in STEPS if step.stage == 0]
    assert re.fullmatch(r"BASE_IMAGE=python:3\.\d+-slim", base)
    assert {step.words[0] for step in STEPS if step.keyword == "FROM"} == {"${BASE_IMAGE}"}


def test_it_starts_the_operator_as_a_user_that_is_not_root() -> None:
    assert json.loads(final("ENTRYPOINT")) == ["ecr-operator"]
    # By number: `runAsNonRoot` cannot tell what a name stands for.
    assert final("USER") == "65532:65532"
    # The name is found on the path that the stage sets, and nothing but the environment is copied.
    assert [step.words for step in STEPS if step.stage == LAST and step.keyword == "COPY"] == [
        ["/opt/ecr-operator", "/opt/ecr-operator"]
    ]
    assert "PATH=/opt/ecr-operator/bin:$PATH" in final("ENV")


def test_the_deployment_runs_what_the_image_runs_by_itself() -> None:
    text = (ROOT / "deploy" / "kustomize" / "base" / "deployment.yaml").read_text()
    (container,) = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"]
    assert "command" not in container
    assert container["args"] == json.loads(final("CMD"))


def test_each_command_starts_and_the_manifests_are_in_the_package(built: Path) -> None:
    help = run(built, "ecr-operator", "--help")
    assert (help.returncode, help.stderr) == (0, "")
    assert "iam-policy" in help.stdout
    crds = run(built, "ecr-operator", "crds")
    assert "ecrrepositories.ecr-operator.dev" in crds.stdout
    assert list(built.glob("lib/python3.*/site-packages/ecr_operator/manifests/crds/*.yaml"))


def test_run_has_all_that_it_imports(built: Path) -> None:
    """It comes as far as the kubeconfig, which is behind all imports."""
    done = run(built, "ecr-operator", "run", AWS_REGION="eu-west-1", KUBECONFIG="/nonexistent", HOME="/")
    assert done.returncode == 64
    assert "/nonexistent" in done.stderr


def test_what_is_installed_is_what_is_locked(built: Path) -> None:
    code = "from importlib.metadata import *; print(*(f'{d.name}=={d.version}' for d in distributions()))"
    installed = {name.lower().replace("_", "-") for name in run(built, "python", "-c", code).stdout.split()}
    locked = re.findall(r"^(\S+==\S+)", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE)
    (own,) = installed - {name.lower() for name in locked}
    assert own.startswith("ecr-operator==")


def test_bytecode_is_there_and_never_compared_with_the_source(built: Path) -> None:
    packages = next(built.glob("lib/python3.*/site-packages"))
    for name in ("ecr_operator/cli/app.py", "kopf/__init__.py"):
        compiled = Path(importlib.util.cache_from_source(str(packages / name)))
        assert int.from_bytes(compiled.read_bytes()[4:8], "little") == UNCHECKED_HASH
