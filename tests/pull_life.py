"""The life of an EcrPullSecret in which the operator uses each of its rights for them."""

from tests.fake_aws.client import ACCOUNT, REGION
from tests.installation import Right
from tests.pull_secrets import PullSecrets, docker_data

ASKED_BY_ADMISSION = Right("ecr-operator.dev", "ecrpullsecrets/finalizers", "update", "", "")
"""Asked for where the API server checks who may block the deletion of an owner: no request of its own."""


def live(pulls: PullSecrets, mine: str, other: str) -> None:
    """What an operator meets, in two namespaces that exist; at the end `other` holds the Secret."""
    pulls.foreign(other, docker_data(f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"))
    both = {"include": [mine, other]}
    pulls.create(namespaces=both, serviceAccounts={"names": ["builder"]})
    pulls.failing(other, "SecretNotOurs")
    obj = pulls.counted(matched=2, ready=1, failed=1)
    for _ in pulls.cluster.polls(20):
        if any(event["reason"] == "SecretNotOurs" for event in pulls.cluster.events(obj)):
            break
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "builder", "namespace": mine},
    }
    pulls.cluster.create(account)
    pulls.wait_entries(mine, ["ecr"], "builder")
    # Who took it out is read.
    pulls.cluster.merge_patch("ServiceAccount", mine, "builder", {"imagePullSecrets": []})
    pulls.wait_entries(mine, ["ecr"], "builder")
    before = pulls.wait_secret(mine)
    pulls.cluster.merge_patch("Secret", mine, "ecr", {"data": {".dockerconfigjson": "e30="}})
    pulls.wait_secret(mine, lambda secret: secret["data"] == before["data"])
    pulls.cluster.delete("Secret", other, "ecr")
    pulls.healed()
    pulls.patch(namespaces={"include": [other]})
    pulls.wait_no_secret(mine)
