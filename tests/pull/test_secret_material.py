"""No text of a credential leaves the Secrets: not by logs, events, statuses, metrics, plans or errors."""

import os
import subprocess
import urllib.request
from pathlib import Path

import yaml

from ecr_operator.api.names import RECONCILE_ANNOTATION
from tests import secret_search
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.operator_process import PROGRAM, OperatorProcess
from tests.pull.seen import dates, is_said, whole
from tests.pull_secrets import KIND, PullSecrets
from tests.running import CLUSTER


def test_no_secret_is_found_wherever_the_operator_writes(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws, account: str, tmp_path: Path
) -> None:
    role = aws.create_role(account, "pull-images", external_id="shared")
    settings = {
        **aws.environment(),
        "KUBECONFIG": str(cluster.operator_kubeconfig),
        "ECR_OPERATOR_CLUSTER_NAME": CLUSTER,
        "ECR_OPERATOR_LEADER_ELECT": "false",
        "ECR_OPERATOR_LOG_LEVEL": "debug",
        "ECR_OPERATOR_TRANSIENT_SECONDS": "0",
    }
    process = OperatorProcess(settings, tmp_path)
    process.start()
    shown: list[str] = []
    try:
        process.wait_ready()
        aws.set_token_life(16)
        names = [pulls.namespace(name) for name in ("a", "b")]
        auth = {"roleArn": role, "externalId": "shared"}
        both = [{}, {"public": True}]
        pulls.create("role", auth=auth, registries=both, secretName="role")
        pulls.create("own", secretName="own")
        pulls.create("argo", format="ArgoCDRepoCreds", secretName="argo")
        firsts = {name: pulls.ready(name) for name in ("role", "own")}
        pulls.ready("argo")
        for name, first in firsts.items():
            pulls.wait_for(lambda obj, old=first: dates(obj)[0] != dates(old)[0], "refresh", name)  # type: ignore[misc]

        # Every failure that has a text.
        for fault in (
            {"code": "AccessDeniedException"},
            {"code": "ThrottlingException"},
            {"code": "ExpiredTokenException"},
            {"code": "ServerException", "status": 500},
            {"cut": "partial"},
            {"cut": "after", "after": True},
        ):
            rule = aws.inject("GetAuthorizationToken", **fault)
            pulls.annotate("own", RECONCILE_ANNOTATION, str(fault)[:60].replace("'", ""))
            pulls.wait_for(lambda obj: not is_said(obj, "Ready", "InSync"), "failure", "own")
            shown.append(secret_search.objects_and_events(cluster, KIND, ""))
            aws.clear(rule)
            pulls.annotate("own", RECONCILE_ANNOTATION, f"after {str(fault)[:50]}".replace("'", ""))
            pulls.ready("own", timeout=30)
        aws.delete_role(role)
        aws.end_sessions(account)
        pulls.annotate("role", RECONCILE_ANNOTATION, "now")
        pulls.wait("role", "Stalled", "True")
        cluster.merge_patch("Secret", names[1], "own", {"data": {".dockerconfigjson": "e30="}})
        pulls.wait_secret(names[1], lambda secret: secret["data"][".dockerconfigjson"] != "e30=", "own")
        cluster.merge_patch("Namespace", None, names[1], {"metadata": {"labels": {"test": "none"}}})
        pulls.wait_no_secret(names[1], "own")

        shown.append(secret_search.objects_and_events(cluster, KIND, ""))
        metrics = f"http://127.0.0.1:{process.port}/metrics"
        with urllib.request.urlopen(metrics, timeout=5) as answer:
            shown.append(answer.read().decode())
        manifest = tmp_path / "objects.yaml"
        manifest.write_text(yaml.safe_dump_all([pulls.manifest("role", auth=auth), pulls.manifest("own")]))
        done = subprocess.run(
            [str(PROGRAM), "plan", "-f", str(manifest)],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        shown += [done.stdout, done.stderr]
        kept = [value for secret in whole(cluster, names[0], name="own") for value in secret["data"].values()]
    finally:
        process.stop()
    log = "".join(file.read_text() for file in tmp_path.glob("*.log"))
    assert "EcrPullSecret" in log
    assert "Traceback" not in log
    shown.append(log)

    secrets = aws.secrets()
    # Tokens, their passwords, and the keys of sessions; and as the Secrets have them.
    assert len(secrets) > 10
    assert secret_search.found([*secrets, *kept], shown) == []
