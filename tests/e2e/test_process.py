"""`ecr-operator run` as a process: its exit codes, its logs, its shutdown."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories
from tests.running import CLUSTER

COMMAND = [str(Path(sys.executable).parent / "ecr-operator")]


def environment(cluster: Cluster, aws: FakeAws, **settings: str) -> dict[str, str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECR_"))}
    own = {"KUBECONFIG": str(cluster.operator_kubeconfig), "ECR_OPERATOR_HTTP_PORT": "0"}
    # A process that is killed leaves its Lease behind, for which the next one would wait.
    named = {"ECR_OPERATOR_CLUSTER_NAME": CLUSTER, "ECR_OPERATOR_LEADER_ELECT": "false"}
    return {**base, **aws.environment(), **own, **named, **settings}


@contextmanager
def running(env: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*COMMAND, "run"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_works_logs_json_and_ends_in_order_on_sigterm(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    env = environment(cluster, aws, ECR_OPERATOR_WATCH_NAMESPACES=repositories.namespace)
    with running(env) as process:
        repositories.created("web")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)

    assert process.returncode == 0
    assert out == ""
    entries = [json.loads(line) for line in err.splitlines()]
    messages = [entry["message"] for entry in entries]
    assert messages[1] == f"Started for cluster {CLUSTER} in region eu-west-1"
    assert messages[-1] == "Stopped"
    assert env["AWS_SECRET_ACCESS_KEY"] not in err


def test_it_takes_a_web_identity_as_eks_gives_it(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, tmp_path: Path
) -> None:
    """IAM roles for service accounts: a token file and a role, and no key anywhere."""
    token = tmp_path / "token"
    token.write_text("a.web.identity")
    env = environment(
        cluster,
        aws,
        ECR_OPERATOR_WATCH_NAMESPACES=repositories.namespace,
        AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
        AWS_ROLE_ARN="arn:aws:iam::333333333333:role/ecr-operator",
    )
    del env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
    with running(env):
        obj = repositories.created("web")

    assert obj["status"]["registryId"] == "333333333333"


def test_sigterm_while_the_api_server_cannot_be_reached(
    cluster: Cluster, aws: FakeAws, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    text = cluster.operator_kubeconfig.read_text()
    kubeconfig.write_text(text.replace("https://127.0.0.1:", "https://127.0.0.2:"))
    with running(
        environment(cluster, aws, KUBECONFIG=str(kubeconfig), ECR_OPERATOR_LIST_SECONDS="1")
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "the API server" in json.loads(line)["message"]:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert process.returncode == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "AWS_REGION"),
        ({"ECR_OPERATOR_CLUSTER_NAME": "not/a name"}, "ECR_OPERATOR_CLUSTER_NAME"),
        ({"ECR_OPERATOR_DEFAULT_TAGS": "team"}, "ECR_OPERATOR_DEFAULT_TAGS"),
        ({"ECR_OPERATOR_WORKERS": "many"}, "ECR_OPERATOR_WORKERS"),
        (
            {"ECR_OPERATOR_CLUSTER_NAME": "", "ECR_OPERATOR_WATCH_NAMESPACES": "a"},
            "ECR_OPERATOR_CLUSTER_NAME",
        ),
        ({"KUBECONFIG": "/nonexistent"}, "/nonexistent"),
    ],
    ids=["region", "cluster name", "default tags", "workers", "namespaced", "kubeconfig"],
)
def test_settings_that_cannot_be_used_end_with_64_and_a_sentence(
    cluster: Cluster, aws: FakeAws, settings: dict[str, str], words: str
) -> None:
    done = subprocess.run(
        [*COMMAND, "run"],
        env=environment(cluster, aws, **settings),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 64
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["bogus"], ["run", "--bogus"], []])
def test_arguments_that_cannot_be_used_end_with_64(arguments: list[str]) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == (64 if arguments else 0)


def test_help_explains_every_setting() -> None:
    done = subprocess.run([*COMMAND, "run", "--help"], capture_output=True, text=True, timeout=30, check=True)

    for name in ("CLUSTER_NAME", "PREVIOUS_CLUSTER_NAMES", "MAX_DELETION_POLICY", "RESYNC_SECONDS"):
        assert f"ECR_OPERATOR_{name}" in done.stdout
