"""What others do to a repository, beside the operator."""

import json
from dataclasses import dataclass
from typing import Any

from ecr_operator.api.names import OWNER_TAG
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.sequences.holdings import Holdings, named_statements
from tests.sequences.steps import FOREIGN_RULES, Meddle


@dataclass(frozen=True)
class Done:
    """The parts that were touched: keys of tags, names of statements (as `Holdings` names them)."""

    tags: set[str]
    statements: set[str]
    lifecycle: bool


def meddle(aws: FakeAws, repository: str, step: Meddle, there: Holdings | None) -> Done:
    """Do it; `there` is what AWS holds, None of a repository that was just made."""
    ecr = aws.client("ecr", unseen=True)
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{repository}"
    assert OWNER_TAG not in step.tags
    put = [{"Key": key, "Value": value} for key, value in step.tags.items() if value is not None]
    if put:
        ecr.tag_resource(resourceArn=arn, tags=put)
    drop = [key for key, value in step.tags.items() if value is None]
    if drop:
        ecr.untag_resource(resourceArn=arn, tagKeys=drop)
    if step.lifecycle == "other":
        aws.put_lifecycle_policy(repository, json.dumps({"rules": FOREIGN_RULES}))
    elif step.lifecycle == "none":
        aws.put_lifecycle_policy(repository, None)
    if step.mutability:
        ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability=step.mutability)
    if step.scan_on_push is not None:
        scanning = {"scanOnPush": step.scan_on_push}
        ecr.put_image_scanning_configuration(repositoryName=repository, imageScanningConfiguration=scanning)
    statements = _statements(aws, repository, step, there)
    return Done(set(step.tags), statements, step.lifecycle is not None)


def _statements(aws: FakeAws, repository: str, step: Meddle, there: Holdings | None) -> set[str]:
    """Change the repository policy; the names of what was touched."""
    policy: Any = aws.policy(repository) or {"Version": "2012-10-17", "Statement": []}
    before = policy["Statement"]
    dropped = before[: step.drops]
    sids = {statement.get("Sid") for statement in step.statements}
    kept = [one for one in before[step.drops :] if one.get("Sid") not in sids]
    if not dropped and not step.statements:
        return set()
    names = set(named_statements(policy)) if there else set()
    policy["Statement"] = [*kept, *step.statements]
    aws.put_policy(repository, json.dumps(policy) if policy["Statement"] else None)
    after = named_statements(policy)
    untouched = set(named_statements({"Statement": kept}))
    return (names | set(after)) - untouched
