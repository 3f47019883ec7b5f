"""Images in use keep a lifecycle policy from being applied, and from staying in force."""

from typing import Any

from tests.cluster import Object
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.repositories import Repositories
from tests.running import RunningOperator

API_VERSION = "ecr-operator.dev/v1alpha1"
UNTAGGED_AFTER_A_DAY = {
    "rulePriority": 1,
    "selection": {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 1,
    },
    "action": {"type": "expire"},
}


def keep(number: int) -> dict[str, Any]:
    return {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": number},
        "action": {"type": "expire"},
    }


def image_of(repositories: Repositories, name: str, reference: str) -> str:
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repositories.name(name)}{reference}"


def pod(repositories: Repositories, name: str, image: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": repositories.namespace},
        "spec": {"containers": [{"name": "main", "image": image}]},
    }


def test_a_policy_that_would_take_a_running_image_is_held(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    with own_operator:
        repositories.created("web")
        name = repositories.name("web")
        for days, tag in ((3, "v1"), (2, "v2"), (1, "v3")):
            aws.put_image(name, tags=[tag], age=days * 86400.0)
        repositories.cluster.create(pod(repositories, "web", image_of(repositories, "web", ":v1")))
        repositories.patch("web", lifecyclePolicy={"rules": [keep(2)]})
        obj = repositories.stalled("web", "ImagesInUse")
        print(obj["status"])
        assert aws.lifecycle_policy(name) is None
        repositories.cluster.delete("Pod", repositories.namespace, "web")
        obj = repositories.ready("web")
        print(obj["status"])
        assert aws.lifecycle_policy(name) == {"rules": [keep(2)]}
