"""PutLifecyclePolicy, GetLifecyclePolicy, DeleteLifecyclePolicy, and the text as it comes back.

Source: the API reference of each operation, botocore's ecr model, and the AWS CLI's examples for the answers
(compact JSON, members in the order of the User Guide's template, `lastEvaluatedAt` 0.0). Rules come back by
priority (hashicorp/terraform-provider-aws#22639). Inferred: that 0.0 means never, and that another text has
never been run.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import LifecyclePolicyNotFoundException

from ..answering import Answering
from ..behaviour import BEHAVIOUR
from .backend import StoredRegistry, StoredRepository
from .lifecycle_grammar import Rule, rules_of

RULE_ORDER = ("rulePriority", "description", "selection", "action")
SELECTION_ORDER = (
    "tagStatus",
    "tagPatternList",
    "tagPrefixList",
    "storageClass",
    "countType",
    "countUnit",
    "countNumber",
)
REFORMATS = ("plain", "expanded")
NEVER = 0.0


def stored_text(text: str) -> str:
    """What ECR keeps of a valid policy."""
    rules = sorted(rules_of(text), key=lambda rule: rule["rulePriority"])
    return compact([ordered(rule) for rule in rules])


def ordered(rule: Rule) -> Rule:
    """A rule with its members in the order of AWS's template."""
    found = in_order(rule, RULE_ORDER)
    found["selection"] = in_order(rule["selection"], SELECTION_ORDER)
    return found


def in_order(value: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The members of `value` in the order of `names`."""
    return {name: value[name] for name in names if name in value}


def compact(rules: list[Rule]) -> str:
    """The policy's text without spaces."""
    return json.dumps({"rules": rules}, separators=(",", ":"), ensure_ascii=False)


def shown_text(text: str) -> str:
    """What ECR answers of the text it keeps.

    Not documented: whether it fills in the default storage class, and whether tag lists keep their order;
    "expanded" does the one and not the other.
    """
    if BEHAVIOUR.lifecycle_reformat == "plain":
        return text
    try:
        rules = json.loads(text)["rules"]
        return compact([expanded(rule) for rule in rules])
    except (ValueError, LookupError, TypeError, AttributeError):
        return text


def expanded(rule: Rule) -> Rule:
    """A rule with its default said, and its tag lists in another order."""
    selection = {"storageClass": "standard", **rule["selection"]}
    for name in ("tagPatternList", "tagPrefixList"):
        if name in selection:
            selection[name] = sorted(selection[name], reverse=True)
    return ordered({**rule, "selection": selection})


class LifecyclePolicyOperations(Answering):
    """The operations on the lifecycle policy of one repository."""

    ecr_backend: StoredRegistry

    def _with_policy(self) -> tuple[StoredRepository, str]:
        """The repository and its policy's text, or the refusal."""
        repository = self.ecr_backend._get_repository(self.parameters["repositoryName"])
        if repository.lifecycle_policy is None:
            raise LifecyclePolicyNotFoundException(repository.name, repository.registry_id)
        return repository, repository.lifecycle_policy

    def _answer(self, repository: StoredRepository, text: str, **more: Any) -> ActionResult:
        return ActionResult(
            {
                "registryId": repository.registry_id,
                "repositoryName": repository.name,
                "lifecyclePolicyText": shown_text(text),
                **more,
            }
        )

    def put_lifecycle_policy(self) -> ActionResult:
        """Put a policy in the place of the one there is; another text has never been run."""
        repository = self.ecr_backend._get_repository(self.parameters["repositoryName"])
        text = stored_text(self.parameters["lifecyclePolicyText"])
        if text != repository.lifecycle_policy:
            repository.lifecycle_evaluated_at = NEVER
        repository.lifecycle_policy = text
        return self._answer(repository, text)

    def get_lifecycle_policy(self) -> ActionResult:
        """Read the policy, and when it was last run."""
        repository, text = self._with_policy()
        return self._answer(repository, text, lastEvaluatedAt=repository.lifecycle_evaluated_at)

    def delete_lifecycle_policy(self) -> ActionResult:
        """Delete the policy, and answer with it."""
        repository, text = self._with_policy()
        answer = self._answer(repository, text, lastEvaluatedAt=repository.lifecycle_evaluated_at)
        repository.lifecycle_policy = None
        repository.lifecycle_evaluated_at = NEVER
        return answer
