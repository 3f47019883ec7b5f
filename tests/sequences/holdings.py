"""What AWS holds of a repository, in a form in which equal things are equal.

Written for these tests alone, from IAM's grammar: the operator's own comparison is what they judge.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from ecr_operator.api.names import OWNER_TAG
from tests.fake_aws.client import ACCOUNT, FakeAws

Texts = dict[str, str]


@dataclass(frozen=True)
class Holdings:
    """A repository; statements by their Sid, or by `#` and their text where they have none."""

    arn: str
    uri: str
    owner: str | None
    mutability: str
    scan_on_push: bool
    encryption: str
    images: int
    lifecycle: str | None
    tags: Texts = field(default_factory=dict)
    statements: Texts = field(default_factory=dict)


def look(aws: FakeAws, name: str) -> Holdings | None:
    """The repository as AWS answers; None: there is none."""
    ecr = aws.client("ecr", unseen=True)
    try:
        found = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    except ecr.exceptions.RepositoryNotFoundException:
        return None
    arn = found["repositoryArn"]
    entries = ecr.list_tags_for_resource(resourceArn=arn)["tags"]
    tags = {entry["Key"]: entry["Value"] for entry in entries}
    filters = [entry["filter"] for entry in found.get("imageTagMutabilityExclusionFilters", ())]
    return Holdings(
        arn=arn,
        uri=found["repositoryUri"],
        owner=tags.pop(OWNER_TAG, None),
        mutability=" ".join([found["imageTagMutability"], *sorted(filters)]),
        scan_on_push=found["imageScanningConfiguration"]["scanOnPush"],
        encryption=_text(found["encryptionConfiguration"]),
        images=len(ecr.list_images(repositoryName=name)["imageIds"]),
        lifecycle=_lifecycle(aws.lifecycle_policy(name)),
        tags=tags,
        statements=named_statements(aws.policy(name)),
    )


def _lifecycle(policy: Any) -> str | None:
    if policy is None:
        return None
    rules = sorted(policy["rules"], key=lambda rule: rule["rulePriority"])
    for rule in rules:
        selection = rule["selection"]
        if selection.get("storageClass") == "standard":
            del selection["storageClass"]
        for name in ("tagPatternList", "tagPrefixList"):
            if name in selection:
                selection[name] = sorted(selection[name])
    return _text(rules)


def named_statements(policy: Any) -> Texts:
    """The statements of a policy, as `Holdings` has them."""
    found: Texts = {}
    for statement in (policy or {}).get("Statement", ()):
        # Of these members alone a list is a set, and a value the same as a list of one.
        normal = {name: _set(value) for name, value in statement.items() if name != "Sid"}
        text = _text(normal)
        found[statement.get("Sid", f"#{text}")] = text
    return found


def _set(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _set(item) for name, item in value.items()}
    return sorted({_plain(item) for item in (value if isinstance(value, list) else [value])})


def _plain(value: Any) -> str:
    """An account is its root; booleans of conditions are texts."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"arn:aws:iam::{text}:root" if text.isdecimal() and len(text) == len(ACCOUNT) else text


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
