"""The registries of an EcrPullSecret: which host names its Secrets hold credentials for."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field, StrictBool

from ecr_operator.api.aws_values import AccountId, Region
from ecr_operator.api.markers import ATOMIC, ListType, Rule, no_duplicates
from ecr_operator.api.meta import ApiModel

FIPS_REGIONS: Final = ("us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-east-1", "us-gov-west-1")
"""Where ECR has FIPS endpoints for images (AWS General Reference, "Amazon ECR endpoints and quotas")."""

# ECR has no dual-stack host name in the ISO partitions, and none that anybody knows in the European
# Sovereign Cloud (amazon-ecr-credential-helper's and cloud-provider-aws's patterns of host names).
_NOT_DUAL_STACK: Final = "^(us-iso|eu-iso|eusc-)"

HOSTS_MAX: Final = 20
"""Host names of one registry. 20 registries with as many fit into a Secret, which holds 1 MiB."""


class HostForm(StrEnum):
    """How the host name of a private registry is written."""

    STANDARD = "Standard"
    DUAL_STACK = "DualStack"
    FIPS = "Fips"
    DUAL_STACK_FIPS = "DualStackFips"


class PullSecretRegistry(ApiModel):
    """The registries of some accounts in one Region, or the public registry.

    An empty one is the registry of the credentials' own account in the operator's Region.
    """

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.public) || !self.public || "
            "(!has(self.region) && !has(self.accounts) && !has(self.hosts))",
            "`public` may not be 'true' beside `region`, `accounts` or `hosts`, which are about private "
            "registries; write an entry of its own for the public one",
            field_path=".public",
        ),
        Rule(
            f"!has(self.region) || !has(self.hosts) || self.region in {list(FIPS_REGIONS)} || "
            "!('Fips' in self.hosts || 'DualStackFips' in self.hosts)",
            "`hosts` may not hold 'Fips' or 'DualStackFips' in this `region`: ECR has FIPS endpoints only in "
            f"{', '.join(map(repr, FIPS_REGIONS[:-1]))} and {FIPS_REGIONS[-1]!r}; write 'Standard' or "
            "'DualStack'",
            field_path=".hosts",
        ),
        Rule(
            "!has(self.region) || !has(self.hosts) || !('DualStack' in self.hosts) || "
            f"!self.region.matches('{_NOT_DUAL_STACK}')",
            "`hosts` may not hold 'DualStack' in this `region`: no dual-stack host names of ECR are known in "
            "the ISO partitions and the European Sovereign Cloud; write 'Standard'",
            field_path=".hosts",
        ),
        Rule(
            "!has(self.accounts) || !has(self.hosts) || "
            f"size(self.accounts) * size(self.hosts) <= {HOSTS_MAX}",
            f"`accounts` and `hosts` must stand for at most {HOSTS_MAX} host names, each account with each "
            "of the hosts; write further entries for the other accounts",
            field_path=".accounts",
        ),
    )

    public: StrictBool | None = None
    """Whether this is Amazon ECR Public, with both of its host names.

    They are `public.ecr.aws` and `ecr-public.aws.com`. `true` goes with no other field. Defaults to `false`.
    """
    region: Region | None = None
    """The AWS Region, for example `eu-west-1`.

    Defaults to the Region that the operator works in.
    """
    accounts: (
        Annotated[
            tuple[AccountId, ...],
            Field(min_length=1, max_length=HOSTS_MAX),
            ListType("atomic"),
            no_duplicates("accounts"),
        ]
        | None
    ) = None
    """The AWS accounts that hold the images, for example `"123456789012"`: 12 digits, in quotes.

    The credentials open what IAM and the repositories' policies allow them; an account that is listed here
    grants nothing. Defaults to the account of the credentials themselves.
    """
    hosts: (
        Annotated[
            tuple[HostForm, ...],
            Field(min_length=1, max_length=4),
            ListType("atomic"),
            no_duplicates("hosts"),
        ]
        | None
    ) = None
    """How image references write the registry's host name.

    `Standard` is `<account>.dkr.ecr.<region>.amazonaws.com`, `DualStack` (IPv4 and IPv6)
    `<account>.dkr-ecr.<region>.on.aws`, `Fips` and `DualStackFips` the same with `ecr-fips`, which only
    Regions of the United States have. Defaults to `Standard` alone.
    """

    @property
    def is_public(self) -> bool:
        """Whether this is Amazon ECR Public."""
        return bool(self.public)

    @property
    def effective_hosts(self) -> tuple[HostForm, ...]:
        """`hosts` with its default."""
        return self.hosts or (HostForm.STANDARD,)


Registries = Annotated[
    tuple[Annotated[PullSecretRegistry, ATOMIC], ...],
    Field(min_length=1, max_length=20),
    ListType("atomic"),
    Rule("self.all(a, self.exists_one(b, b == a))", "`registries` may not hold the same entry twice"),
]
