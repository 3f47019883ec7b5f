"""A statement that keeps everybody from changing the policy again is refused before AWS does."""

from typing import Any

import pytest

from ecr_operator.planning.lockout import locks_out
from ecr_operator.planning.plan import Stalled
from ecr_operator.planning.statement_check import statement_problem
from ecr_operator.reasons import Reason
from tests.planning.samples import ACCOUNT, NAME, PLACE, desired, observed, plan
from tests.planning.statements import OTHER, PULL_ACCESS, ROLE, ROOT, allow, policy

OWN_ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def deny(**members: Any) -> dict[str, Any]:
    return allow(**{"Effect": "Deny", "Principal": "*", "Action": "ecr:*"} | members)


def rest(action: Any) -> dict[str, Any]:
    return deny(Action=None, NotAction=action)


LOCKED: dict[str, dict[str, Any]] = {
    "everything": deny(),
    "every action of AWS": deny(Action="*"),
    "the one action": deny(Action="ecr:SetRepositoryPolicy"),
    "the one action in other letters": deny(Action="ECR:setrepositorypolicy"),
    "the one action among others": deny(Action=["ecr:PutImage", "ecr:SetRepositoryPolicy"]),
    "the one action by a star": deny(Action="ecr:Set*"),
    "the one action by a question mark": deny(Action="ecr:?etRepositoryPolicy"),
    "the one action by stars on both sides": deny(Action="ecr:*Policy"),
    "reading": deny(Action="ecr:GetRepositoryPolicy"),
    "all but writing": rest("ecr:SetRepositoryPolicy"),
    "all but another action": rest("ecr:PutImage"),
    "all but other actions": rest(["ecr:Get*", "ecr:DeleteRepositoryPolicy"]),
    "everybody of AWS": deny(Principal={"AWS": "*"}),
    "everybody in a list": deny(Principal={"AWS": [ROLE, "*"]}),
    "the registry's account": deny(Principal={"AWS": ACCOUNT}),
    "the registry's root": deny(Principal={"AWS": OWN_ROOT}),
    "the registry's root among others": deny(Principal={"AWS": [ROOT, OWN_ROOT]}),
    "conditions that are none": deny(Condition={}),
    "all but another account": deny(Principal=None, NotPrincipal={"AWS": OTHER}),
    "all but a role of another account": deny(Principal=None, NotPrincipal={"AWS": [ROLE, ROOT]}),
    "all but a service": deny(Principal=None, NotPrincipal={"Service": "lambda.amazonaws.com"}),
}
FREE: dict[str, dict[str, Any]] = {
    "all that is allowed": deny(Effect="Allow"),
    "other actions": deny(Action=["ecr:PutImage", "ecr:BatchGetImage"]),
    "other actions by a star": deny(Action="ecr:Batch*"),
    "one letter too many": deny(Action="ecr:?SetRepositoryPolicy"),
    "all but both actions": rest(["ecr:SetRepositoryPolicy", "ecr:GetRepositoryPolicy"]),
    "all but both actions in other letters": rest(["ecr:setrepositorypolicy", "ECR:getrepositorypolicy"]),
    "all but both actions by stars": rest(["ecr:PutImage", "ecr:Set*", "ecr:Get*"]),
    "all but everything": rest("*"),
    "another account": deny(Principal={"AWS": OTHER}),
    "another root": deny(Principal={"AWS": ROOT}),
    "a role": deny(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"}),
    "a service": deny(Principal={"Service": "lambda.amazonaws.com"}),
    "with a condition": deny(Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    "some are spared": deny(Principal=None, NotPrincipal={"AWS": ACCOUNT}),
    "a role is spared": deny(Principal=None, NotPrincipal={"AWS": [OTHER, f"arn:aws:iam::{ACCOUNT}:role/a"]}),
    "one of unknown account is spared": deny(Principal=None, NotPrincipal={"AWS": "AROAEXAMPLEID"}),
    "everybody is spared": deny(Principal=None, NotPrincipal="*"),
    "a bracket is a plain character": deny(Action="ecr:[s]etRepositoryPolicy"),
    "a bracket of exclusion, too": deny(Action="ecr:[!x]etRepositoryPolicy"),
    "no texts": deny(Action=[7, None], Principal={"AWS": [None]}),
}


@pytest.mark.parametrize("statement", LOCKED.values(), ids=LOCKED)
def test_everybody_is_locked_out(statement: dict[str, Any]) -> None:
    assert locks_out(statement, PLACE)
    message = statement_problem([statement], PLACE, NAME)
    assert message is not None
    assert message.startswith("Statement Audit of `repositoryPolicy`: it would keep everybody")
    result = plan(desired(repositoryPolicy={"statements": [statement]}), observed())
    assert result.changes == ()
    assert isinstance(result.outcome, Stalled)
    assert (result.outcome.reason, result.outcome.message) == (Reason.INVALID_POLICY, message)


@pytest.mark.parametrize("statement", FREE.values(), ids=FREE)
def test_somebody_can_still_change_the_policy(statement: dict[str, Any]) -> None:
    assert not locks_out(statement, PLACE)


def test_a_lock_that_others_have_made_is_theirs() -> None:
    """Our writes carry it along, and AWS judges."""
    result = plan(desired(access=PULL_ACCESS), observed(policy=policy(deny())))
    assert [change.describe() for change in result.changes] == [
        "set the repository policy (add EcrOperatorPull; keep Audit)"
    ]
