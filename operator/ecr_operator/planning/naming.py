"""Where a registry is, and the ARNs that follow from it."""

from dataclasses import dataclass
from typing import Final, Self

UNKNOWN_ACCOUNT: Final = "0" * 12
"""Stands for an account that is not known, at the same length."""


@dataclass(frozen=True, slots=True)
class Place:
    """The registry of one account and region. `account` None: it has not been asked for."""

    partition: str
    """``aws``, ``aws-cn``, ``aws-us-gov`` and so on."""
    region: str
    account: str | None = None

    @classmethod
    def of_arn(cls, arn: str) -> Self:
        """The place of a repository: ``arn:<partition>:ecr:<region>:<account>:repository/<name>``."""
        _, partition, _, region, account, _ = arn.split(":", 5)
        return cls(partition, region, account)

    @property
    def own_account(self) -> str:
        """The account, or the stand-in for it."""
        return self.account or UNKNOWN_ACCOUNT

    def root(self, account: str) -> str:
        """The principal that stands for all of an account."""
        return f"arn:{self.partition}:iam::{account}:root"

    def is_repository(self, arn: str, name: str) -> bool:
        """Whether `arn` is that of the repository `name` here; of any account while ours is not known."""
        parts = arn.split(":", 5)
        return (
            len(parts) == 6
            and parts[:4] == ["arn", self.partition, "ecr", self.region]
            and self.account in (None, parts[4])
            and parts[5] == f"repository/{name}"
        )
