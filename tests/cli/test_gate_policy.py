"""`ecr-operator gate`: the policy that it judges by, and arguments that cannot be used."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecr_operator.api.vulnerability_policy import VulnerabilityPolicy
from ecr_operator.cli.gate_policy import Flags, Unscanned
from tests.cluster import ApiError, Cluster
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.repositories import Repositories

Gate = Callable[..., tuple[int, str, str]]

WEB = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team-a/web"
FROM = ("--policy-from", "team-a/web")

LIMITS: dict[str, tuple[Flags, dict[str, Any]]] = {
    "nothing": (Flags(), {"maxCritical": 0}),
    "another severity: a critical finding is no less bad for it": (
        Flags(max_high=5),
        {"maxCritical": 0, "maxHigh": 5},
    ),
    "critical ones": (Flags(max_critical=2), {"maxCritical": 2}),
    "all": (
        Flags(1, 2, 3, 30, Unscanned.FAIL),
        {
            "maxCritical": 1,
            "maxHigh": 2,
            "maxMedium": 3,
            "maxScanAgeDays": 30,
            "onUnscanned": "Fail",
        },
    ),
    "pass": (Flags(on_unscanned=Unscanned.PASS), {"maxCritical": 0, "onUnscanned": "Pass"}),
    "unknown": (Flags(on_unscanned=Unscanned.UNKNOWN), {"maxCritical": 0, "onUnscanned": "Unknown"}),
}


@pytest.mark.parametrize(("flags", "limits"), LIMITS.values(), ids=LIMITS)
def test_limits_of_the_command_line(flags: Flags, limits: dict[str, Any]) -> None:
    assert flags.policy().limits == VulnerabilityPolicy.from_json(limits)


UNUSABLE: dict[str, tuple[tuple[str, ...], str]] = {
    "no image": ((), "Missing argument 'IMAGE'"),
    "an image of Docker Hub": (("nginx:1.27",), "'nginx:1.27' is no image of a private registry of ECR: "),
    "a tag that is none": ((f"{WEB}:a b",), f"'{WEB}:a b' is no image of a private registry of ECR"),
    "ECR Public": (
        (WEB, "public.ecr.aws/nginx/nginx:1"),
        "'public.ecr.aws/nginx/nginx:1' is of ECR Public, which scans no images",
    ),
    "ECR Public by its other name": (
        ("ecr-public.aws.com/nginx/nginx:1",),
        "'ecr-public.aws.com/nginx/nginx:1' is of ECR Public, which scans no images",
    ),
    "a limit below zero": ((WEB, "--max-high", "-1"), "Input should be greater than or equal to 0"),
    "a limit that is no number": ((WEB, "--max-high", "few"), "Input should be a valid integer"),
    "a time below zero": ((WEB, "--timeout", "-1"), "Input should be greater than or equal to 0"),
    "a scan of no age": ((WEB, "--max-scan-age-days", "0"), "Input should be greater than or equal to 1"),
    "another word": ((WEB, "--on-unscanned", "maybe"), "'maybe' is not one of"),
    "an object without a namespace": ((WEB, "--policy-from", "web"), "'web' is no NAMESPACE/NAME"),
    "an object with too much of a name": (
        (WEB, "--policy-from", "a/b/c"),
        "'a/b/c' is no NAMESPACE/NAME",
    ),
    "a limit beside the object": (
        (WEB, *FROM, "--max-high", "0"),
        "takes the place of --max-high: give one of the two",
    ),
    "a word beside the object": (
        (WEB, *FROM, "--on-unscanned", "fail"),
        "takes the place of --on-unscanned: give one of the two",
    ),
    "a cluster without an object": (
        (WEB, "--context", "production"),
        "Invalid value for --policy-from: is needed with --kubeconfig and --context",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_arguments_that_cannot_be_used(gate: Gate, arguments: tuple[str, ...], message: str) -> None:
    code, output, errors = gate(*arguments)
    assert (code, output, message in " ".join(errors.split())) == (64, "", True)


def test_without_a_kubeconfig_an_object_cannot_be_read(gate: Gate) -> None:
    code, output, errors = gate(WEB, *FROM)
    told = "there is no kubeconfig to read the EcrRepository team-a/web by; set KUBECONFIG or --kubeconfig"
    assert (code, output, errors) == (1, "", f"error: {told}\n")
    assert gate(WEB, *FROM, "--kubeconfig", "absent")[2] == "error: the kubeconfig absent does not exist\n"


def test_neither_kopf_nor_a_client_of_clusters_is_imported(aws: FakeAws) -> None:
    aws.reset()
    code = (
        "import sys\n"
        "from ecr_operator.cli import main\n"
        "assert not {'boto3', 'rich', 'kopf', 'kubernetes', 'aiohttp'} & set(sys.modules)\n"
        "try:\n"
        f"    main(['gate', '{WEB}', '--timeout', '0'])\n"
        "except SystemExit as ended:\n"
        "    print(ended.code, sorted({'boto3', 'kopf', 'kubernetes', 'aiohttp'} & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**aws.environment(), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert run.stdout.splitlines()[-1] == "1 ['boto3']"


class TestOfAnObject:
    """Of a real API server, read by somebody who may get EcrRepositories of the namespace, nothing else."""

    @pytest.fixture
    def kubeconfig(self, repositories: Repositories) -> Path:
        cluster, namespace = repositories.cluster, repositories.namespace
        metadata = {"name": "pipeline", "namespace": namespace}
        group = "rbac.authorization.k8s.io"
        rules = [{"apiGroups": ["ecr-operator.dev"], "resources": ["ecrrepositories"], "verbs": ["get"]}]
        role: dict[str, Any] = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata}
        cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        cluster.create(role | {"rules": rules})
        cluster.create(
            role
            | {
                "kind": "RoleBinding",
                "roleRef": {"apiGroup": group, "kind": "Role", "name": "pipeline"},
                "subjects": [{"kind": "ServiceAccount", **metadata}],
            }
        )
        found = cluster.kubeconfig_of(namespace, "pipeline")
        with Cluster(found) as user:
            # The authorizer learns of a binding a moment after it was written.
            for _ in cluster.polls(20):
                try:
                    user.get("EcrRepository", namespace, "absent")
                except ApiError as error:
                    if error.status == 404:
                        return found
        raise AssertionError("the rights were not granted")

    @pytest.fixture
    def image(self, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """One with a high finding."""
        aws.reset()
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        aws.client("ecr", unseen=True).create_repository(repositoryName="team-a/web")
        aws.put_image("team-a/web", tags=["v1"])
        aws.set_scan("team-a/web", "v1", {"HIGH": 1})
        yield f"{WEB}:v1"
        assert not aws.writes()

    def test_its_policy_counts(
        self, gate: Gate, repositories: Repositories, kubeconfig: Path, image: str
    ) -> None:
        namespace = repositories.namespace
        repositories.create("strict", vulnerabilityPolicy={"maxHigh": 0, "onUnscanned": "Fail"})
        repositories.create("mild", vulnerabilityPolicy={"maxHigh": 1})
        repositories.create("none")

        def run(name: str, *options: str, namespace: str = namespace) -> tuple[int, str, str]:
            cluster = ("--kubeconfig", str(kubeconfig))
            return gate(image, "--policy-from", f"{namespace}/{name}", *cluster, *options)

        assert run("mild")[0] == 0
        code, output, errors = run("strict", "-o", "json")
        assert (code, errors) == (2, "")
        source = f"EcrRepository {namespace}/strict"
        assert json.loads(output)["policy"] == {"source": source, "maxHigh": 0, "onUnscanned": "Fail"}
        assert run("strict")[1].endswith(
            f"1 failed; the policy is that of EcrRepository {namespace}/strict.\n"
        )

        code, output, errors = run("none")
        told = (
            f"error: the EcrRepository {namespace}/none has no `vulnerabilityPolicy`; add one, or give limits"
        )
        assert (code, output, errors.startswith(told)) == (1, "", True)
        code, _, errors = run("absent")
        told = f"error: the EcrRepository {namespace}/absent does not exist in the cluster at https://"
        assert (code, errors.startswith(told)) == (1, True)
        code, _, errors = run("web", namespace="kube-system")
        told = "error: the right to `get` ecrrepositories in the namespace kube-system is missing: "
        assert (code, errors.startswith(told)) == (1, True)
