"""Manifests and repositories for plans of lifecycle policies."""

import json
from typing import Any

from ecr_operator.api.names import API_VERSION, OWNER_TAG
from tests.api.lifecycle_policies import lifecycle_policy
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws

Object = dict[str, Any]
NAMESPACE = "team-a"


def repository(name: str = "web", labels: dict[str, str] | None = None, **spec: Any) -> Object:
    """An EcrRepository."""
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels or {}}
    return {"apiVersion": API_VERSION, "kind": "EcrRepository", "metadata": metadata, "spec": spec}


def policy(name: str = "keep", labels: dict[str, str] | None = None, **spec: Any) -> Object:
    """An EcrLifecyclePolicy; it selects the repositories with these labels."""
    selector = {} if labels is None else {"repositorySelector": {"matchLabels": labels}}
    return lifecycle_policy(name, selector | spec, NAMESPACE)


def status(source: str, on_removal: str = "Delete", state: str = "Applied") -> Object:
    """Of a repository that has its lifecycle policy from there."""
    return {
        "managed": ["lifecyclePolicy", "repository"],
        "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/web",
        "registryId": ACCOUNT,
        "region": REGION,
        "appliedHash": "0",
        "lifecyclePolicy": {"source": source, "state": state, "onRemoval": on_removal},
    }


def in_aws(fake: FakeAws, name: str = "web", rules: list[Any] | None = None) -> None:
    """A repository of ours, made by hand, with these rules."""
    ecr = fake.client("ecr", unseen=True)
    owner = {"Key": OWNER_TAG, "Value": f"prod/{NAMESPACE}/{name}"}
    ecr.create_repository(repositoryName=name, tags=[owner])
    if rules is not None:
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": rules}))
