"""The process: HTTP as AWS speaks it, latency in parallel, started by hand or by a test, and gone with its
parent.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.fake_aws.client import FakeAws
from tests.fake_aws.process import ROOT


def ended(pid: int, within: float = 5.0) -> bool:
    """Whether a process ends in time; a zombie has ended."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_answers_carry_a_date_and_a_request_id_and_the_connection_stays_open(fake: FakeAws, ecr: Any) -> None:
    metadata = ecr.describe_registry()["ResponseMetadata"]
    date = parsedate_to_datetime(metadata["HTTPHeaders"]["date"])
    assert abs(date.timestamp() - time.time()) < 3
    assert len(metadata["RequestId"]) == 36
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(fake.url).netloc, timeout=5)
    sockets = set()
    for _ in range(3):
        connection.request("POST", "/_fake/health")
        assert json.load(connection.getresponse()) == {"result": "ok"}
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1


def test_latency_is_per_call_and_does_not_serialise_parallel_calls(fake: FakeAws) -> None:
    client = fake.session().client("ecr", config=Config(max_pool_connections=16))
    client.describe_registry()
    fake.set_latency(0.2)
    began = time.monotonic()
    client.describe_registry()
    assert time.monotonic() - began >= 0.2
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: client.describe_registry(), range(16)))
    assert 0.2 <= time.monotonic() - began < 1.6
    client.close()


def test_a_process_finds_it_by_its_environment(fake: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in fake.environment("222222222222", "eu-central-1").items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    ecr = session.client("ecr")
    answer = ecr.create_repository(repositoryName="app")
    assert answer["repository"]["repositoryArn"] == "arn:aws:ecr:eu-central-1:222222222222:repository/app"
    sts = session.client("sts")
    assert sts.get_caller_identity()["Account"] == "222222222222"
    ecr.close()
    sts.close()


def test_it_is_gone_when_stopped() -> None:
    fake = FakeAws().start()
    pid = fake.pid
    assert pid is not None
    fake.stop()
    assert ended(pid, 1)
    with pytest.raises(RuntimeError, match="not running"):
        _ = fake.url


def test_it_dies_with_its_parent_however_that_dies() -> None:
    script = (
        "import time; from tests.fake_aws.process import Process; "
        "print(Process().start().pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not ended(pid, 0.1)
        parent.kill()
    assert ended(pid)


def test_it_runs_by_itself_and_prints_its_url() -> None:
    command = [sys.executable, "-m", "tests.fake_aws", "--port", "0", "--latency", "0.01"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        attached = FakeAws(url=url)
        assert attached.turn("health") == "ok"
        attached.stop()
        process.terminate()
    assert process.returncode == 0


def test_an_unknown_knob_and_a_wrong_argument_are_errors(fake: FakeAws) -> None:
    with pytest.raises(RuntimeError, match="there is no /_fake/nonsense"):
        fake.turn("nonsense")
    with pytest.raises(RuntimeError, match="unexpected keyword"):
        fake.turn("inject", operation="*", nonsense=1)
    with pytest.raises(RuntimeError, match="status is one of"):
        fake.put_image("app", status="SLEEPING")
