"""A registry lets in whom AWS lets in, its client reaches nothing else, and nothing of it stays."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane import assets
from tests.controlplane.ends import ends_of, has_ended
from tests.controlplane.registry import Registry
from tests.fake_aws.client import ACCOUNT, FakeAws

ROOT = Path(__file__).parents[2]
NAMES = "*.dkr.ecr.eu-west-1.amazonaws.com"
HERE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
THERE = "222222222222.dkr.ecr.eu-west-1.amazonaws.com"

STARTING = f"""
import signal
from tests.controlplane.registry import Registry
with Registry("http://127.0.0.1:1", ["{NAMES}"]) as registry:
    print(registry.pid, flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAws]:
    """A fake AWS with a repository of the same name in two accounts."""
    with FakeAws() as fake:
        for host in (HERE, THERE):
            fake.create_repositories(["app"], account=host[:12])
        yield fake


@pytest.fixture(scope="module")
def registry(fake: FakeAws) -> Iterator[Registry]:
    """The registries of both accounts."""
    with Registry(fake.url, [NAMES]) as registry:
        yield registry


def config(fake: FakeAws, *hosts: str) -> bytes:
    """A docker config file with a token of each host's account."""
    auths = {}
    for host in hosts:
        data = fake.client("ecr", host[:12]).get_authorization_token()["authorizationData"][0]
        auths[host] = {"auth": data["authorizationToken"]}
    return json.dumps({"auths": auths}).encode()


def test_what_is_pushed_is_in_the_registry_of_its_account_alone(registry: Registry, fake: FakeAws) -> None:
    known = config(fake, HERE, THERE)
    # An index of no images.
    pushed = registry.crane(known, "index", "append", "--tag", f"{HERE}/app:v1", "--docker-empty-base")
    assert (pushed.succeeded, pushed.status) == (True, 201)
    assert registry.crane(known, "manifest", f"{HERE}/app:v1").succeeded
    elsewhere = registry.crane(known, "manifest", f"{THERE}/app:v1")
    assert (elsewhere.succeeded, elsewhere.status) == (False, 404)


def test_credentials_are_those_of_the_config_file_for_that_host(registry: Registry, fake: FakeAws) -> None:
    for known in (b"{}", config(fake, THERE)):
        refused = registry.crane(known, "ls", f"{HERE}/app")
        assert (refused.succeeded, refused.status) == (False, 401)
    assert registry.crane(config(fake, HERE), "ls", f"{HERE}/app").status != 401


def test_a_host_without_a_certificate_is_not_believed(registry: Registry, fake: FakeAws) -> None:
    host = HERE.replace("eu-west-1", "us-east-1")
    refused = registry.crane(config(fake, HERE), "ls", f"{host}/app")
    assert (refused.succeeded, refused.status) == (False, 0)
    assert f"certificate is valid for {NAMES}, not {host}" in refused.said


def test_without_aws_nobody_comes_in() -> None:
    known = json.dumps({"auths": {HERE: {"username": "AWS", "password": "any"}}}).encode()
    with Registry("http://127.0.0.1:1", [NAMES]) as registry:
        refused = registry.crane(known, "ls", f"{HERE}/app")
        log = (registry.directory / "ecr-registry.log").read_text()
    assert (refused.succeeded, refused.status) == (False, 500)
    assert "connection refused" in log


def test_crane_that_is_not_led_to_a_registry_does_nothing() -> None:
    crane = assets.built() / "crane"
    done = subprocess.run([str(crane), "ls", f"{HERE}/app"], env={}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "crane: set CRANE_DIAL to the address of the registry\n")


def test_stop_leaves_no_process_no_file_and_no_port() -> None:
    with Registry("http://127.0.0.1:1", [NAMES]) as registry:
        directory, (host, _, port) = registry.directory, registry.address.partition(":")
        assert registry.pid
        with ends_of([registry.pid]) as (end,):
            registry.stop()
            assert has_ended(end)
    assert not directory.exists()
    assert host == "127.0.0.1"
    with socket.create_server((host, int(port))):
        pass


def test_a_registry_that_cannot_start_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    registry = Registry("http://127.0.0.1:1", [NAMES])
    monkeypatch.setattr(registry, "_command", lambda directory: [str(assets.built() / "ecr-registry"), "-x"])
    with pytest.raises(RuntimeError, match="flag provided but not defined: -x"):
        registry.start()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_a_killed_parent_takes_the_registry_with_it() -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        subprocess.Popen(
            [sys.executable, "-c", STARTING],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": scratch},
            stdout=subprocess.PIPE,
            text=True,
        ) as parent,
    ):
        try:
            assert parent.stdout
            with ends_of([int(parent.stdout.readline())]) as (end,):
                parent.send_signal(signal.SIGKILL)
                assert has_ended(end)
        finally:
            parent.kill()
