"""The fake AWS where every identity has the rights that `ecr-operator iam-policy` prints, and no others."""

from typing import Self

from ecr_operator.cli.iam_document import Scope, assume_role_policy, operator_policy
from tests.fake_aws.client import FakeAws

EVERYONE = "*"
ROLE = "arn:aws:iam::222222222222:role/ecr-operator"
"""The role that operators may assume."""
PULL_ROLES = ("arn:aws:iam::*:role/pull-*", "arn:aws:iam::*:role/ecr-pull", "arn:aws:iam::*:role/ci/ecr-push")
"""The roles whose credentials they hand out; the last two are those of deploy/samples."""


class LeastRights(FakeAws):
    """A test that lacks an action sees the refusal that a user would see.

    `client(..., unseen=True)` may do everything: it is the person beside the operator.
    """

    def start(self) -> Self:
        """Start the process and restrict every account."""
        super().start()
        self._restrict()
        return self

    def reset(self) -> None:
        """Begin anew, under the same policy."""
        super().reset()
        self._restrict()

    def _restrict(self) -> None:
        scope = Scope(
            kms_key_arns=["arn:aws:kms:*:*:key/*"],
            own_tokens=True,
            public_tokens=True,
            pull_role_arns=PULL_ROLES,
        )
        operator = operator_policy(scope)
        self.set_iam_policy(EVERYONE, [operator, assume_role_policy(ROLE)])
