"""What a person does to AWS beside the operator. Shown as commands of the AWS CLI, sent with boto3."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.demo.narrator import Narrator
from tests.fake_aws.client import FakeAws

DAY = 86_400.0
"""In seconds."""


class ByHand:
    """Its calls are not counted as the operator's."""

    def __init__(self, narrator: Narrator, aws: FakeAws) -> None:
        self._narrator = narrator
        self._aws = aws
        self._ecr: Any = aws.client("ecr", unseen=True)

    def create(self, name: str, mutability: str | None = None) -> None:
        """Create a repository that nobody owns."""
        option = f" --image-tag-mutability {mutability}" if mutability else ""
        self._narrator.command(f"aws ecr create-repository --repository-name {name}{option}")
        setting = {"imageTagMutability": mutability} if mutability else {}
        self._ecr.create_repository(repositoryName=name, **setting)

    def set_mutability(self, name: str, value: str) -> None:
        """Change a setting that the operator manages."""
        self._narrator.command(
            f"aws ecr put-image-tag-mutability --repository-name {name} --image-tag-mutability {value}"
        )
        self._ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability=value)

    def mutability(self, name: str) -> str:
        """Show and return the setting as AWS has it."""
        query = "--query 'repositories[].imageTagMutability' --output text"
        self._narrator.command(f"aws ecr describe-repositories --repository-names {name} {query}")
        found = self._ecr.describe_repositories(repositoryNames=[name])["repositories"]
        value: str = found[0]["imageTagMutability"]
        self._narrator.output(value)
        return value

    def add_statement(self, name: str, statement: dict[str, Any]) -> None:
        """Put a statement into the repository's policy, beside those that are there."""
        self._narrator.command(f"{_policy_command(name)} > policy.json")
        policy = self._policy(name)
        added = json.dumps(statement)
        self._narrator.command(f"jq '.Statement += [{added}]' policy.json > changed.json", spaced=False)
        self._narrator.command(
            f"aws ecr set-repository-policy --repository-name {name} --policy-text file://changed.json",
            spaced=False,
        )
        policy["Statement"].append(statement)
        self._ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(policy))

    def sids(self, name: str) -> list[str]:
        """Show and return the Sids of the repository's policy, sorted."""
        self._narrator.command(f"{_policy_command(name)} | jq -r '.Statement[].Sid' | sort")
        found = sorted(statement["Sid"] for statement in self._policy(name)["Statement"])
        self._narrator.output("\n".join(found))
        return found

    def names(self) -> list[str]:
        """Show and return the repositories of the account."""
        self._narrator.command(
            "aws ecr describe-repositories --query 'repositories[].repositoryName' --output text"
        )
        pages = self._ecr.get_paginator("describe_repositories").paginate()
        found = sorted(entry["repositoryName"] for page in pages for entry in page["repositories"])
        self._narrator.output("\t".join(found))
        return found

    def push(self, name: str, *tags: str) -> None:
        """Put images in place, as a `docker push` would."""
        for tag in tags:
            self._aws.put_image(name, [tag])

    def push_aged(self, name: str, ages: Mapping[str, float]) -> None:
        """Put images in place that were pushed so many days ago, by tag."""
        for tag, days in ages.items():
            self._aws.put_image(name, [tag], age=days * DAY)

    def push_scanned(self, name: str, tag: str, findings: Sequence[Mapping[str, Any]]) -> None:
        """Put an image in place that is scanned at once; `findings` as `FakeAws.set_scan` takes them."""
        # Else the scan could be seen, as one without findings, before it is said what it finds.
        self._aws.set_scan_seconds(None, prefix=name)
        self._aws.put_image(name, [tag])
        self._aws.complete_scans(name, findings=findings)

    def tags(self, name: str) -> list[str]:
        """Show and return the tags of a repository's images, sorted."""
        query = "--query 'imageIds[].imageTag' --output text"
        self._narrator.command(f"aws ecr list-images --repository-name {name} {query}")
        found = sorted(one["imageTag"] for one in self._ecr.list_images(repositoryName=name)["imageIds"])
        self._narrator.output("\t".join(found))
        return found

    def has_lifecycle_policy(self, name: str) -> bool:
        """Show the lifecycle policy that AWS holds, or its answer that there is none."""
        self._narrator.command(
            f"aws ecr get-lifecycle-policy --repository-name {name} --query lifecyclePolicyText --output text"
        )
        try:
            self._narrator.output(self._ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
        except self._ecr.exceptions.LifecyclePolicyNotFoundException as error:
            # As the AWS CLI prints it.
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            self._narrator.output(
                f"An error occurred ({code}) when calling the GetLifecyclePolicy operation: {message}"
            )
            return False
        return True

    def let_pass(self, name: str, days: float) -> None:
        """Let the images of a repository be so many days older."""
        self._aws.age_images(days * DAY, name)

    def run_lifecycle_policy(self, name: str) -> list[str]:
        """Let AWS do what a lifecycle policy says; the tags of what it has expired."""
        gone = self._aws.run_lifecycle_policies(name).get(name, [])
        return [tag for image in gone for tag in image["imageTags"]]

    def delete_images(self, name: str, *tags: str) -> None:
        """Delete the images that carry these tags."""
        ids = " ".join(f"imageTag={tag}" for tag in tags)
        self._narrator.command(f"aws ecr batch-delete-image --repository-name {name} --image-ids {ids}")
        self._ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": tag} for tag in tags])

    def shorten_tokens(self, seconds: float | None) -> None:
        """Let tokens of the registry that are issued from now on live this long; None: 12 hours."""
        self._aws.set_token_life(seconds)

    def operators_calls(self) -> dict[str, int]:
        """How often the operator has called each operation."""
        return self._aws.calls()

    def _policy(self, name: str) -> dict[str, Any]:
        policy: dict[str, Any] = json.loads(
            self._ecr.get_repository_policy(repositoryName=name)["policyText"]
        )
        return policy


def _policy_command(name: str) -> str:
    return f"aws ecr get-repository-policy --repository-name {name} --query policyText --output text"
