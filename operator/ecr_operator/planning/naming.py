"""Where a registry is, and the names that follow from it: ARNs, hosts, what an image reference names.

Hosts are built for every partition, and never taken from `proxyEndpoint`, which knows the caller's account
and one form only. Sources: ECR User Guide, "Amazon ECR service endpoints" and "Making requests over IPv6";
botocore's partitions.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
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


PUBLIC_HOSTS: Final = ("ecr-public.aws.com", "public.ecr.aws")
"""Both names of ECR Public: dual-stack, and the older one."""


class HostForm(StrEnum):
    """The values of `registries[].hosts`."""

    STANDARD = "Standard"
    DUAL_STACK = "DualStack"
    FIPS = "Fips"
    DUAL_STACK_FIPS = "DualStackFips"

    @property
    def is_fips(self) -> bool:
        """Whether the host uses FIPS-validated cryptography."""
        return self in (HostForm.FIPS, HostForm.DUAL_STACK_FIPS)

    @property
    def is_dual_stack(self) -> bool:
        """Whether the host has IPv6 addresses too."""
        return self in (HostForm.DUAL_STACK, HostForm.DUAL_STACK_FIPS)


class NoSuchHostError(ValueError):
    """AWS has no registry host of that form in that region; the text says for a person what there is."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The private registry of one account and region."""

    account: str
    """12 digits."""
    region: str


@dataclass(frozen=True, slots=True)
class Partition:
    """What the registry hosts of a partition end in, and which forms there are."""

    name: str
    prefix: str
    """What the names of its regions begin with."""
    suffix: str
    dual_stack_suffix: str | None = None
    """None: AWS documents no dual-stack host."""
    fips: str | None = None
    """A pattern of the regions that have FIPS hosts; None: none has."""

    def fips_in(self, region: str) -> bool:
        """Whether `region` has FIPS registry hosts."""
        return self.fips is not None and re.fullmatch(self.fips, region) is not None


_AWS: Final = Partition("aws", "", "amazonaws.com", "on.aws", fips="us-(east-[12]|west-[12])")
PARTITIONS: Final = (
    Partition("aws-cn", "cn-", "amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    Partition("aws-us-gov", "us-gov-", "amazonaws.com", "on.aws", fips="us-gov-.+"),
    Partition("aws-iso", "us-iso-", "c2s.ic.gov"),
    Partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov"),
    Partition("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"),
    Partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov"),
    Partition("aws-eusc", "eusc-", "amazonaws.eu"),
    _AWS,
)
"""The first whose prefix fits counts; a region that is not known belongs to the commercial partition."""


def partition_of(region: str) -> Partition:
    """The partition of a region, also of one that AWS has yet to open."""
    return next(partition for partition in PARTITIONS if region.startswith(partition.prefix))


def registry_host(account: str, region: str, form: HostForm = HostForm.STANDARD) -> str:
    """The bare host name of an account's registry; raises NoSuchHostError."""
    partition = partition_of(region)
    if form.is_fips and not partition.fips_in(region):
        raise NoSuchHostError(
            f"There is no FIPS registry host in {region}: AWS has them in us-east-1, us-east-2, us-west-1, "
            f"us-west-2 and the us-gov regions; use `{'DualStack' if form.is_dual_stack else 'Standard'}`"
        )
    fips = "-fips" if form.is_fips else ""
    if not form.is_dual_stack:
        return f"{account}.dkr.ecr{fips}.{region}.{partition.suffix}"
    if partition.dual_stack_suffix is None:
        raise NoSuchHostError(
            f"There is no dual-stack registry host in {region}: AWS has none in the partition "
            f"{partition.name}; use `Standard`"
        )
    return f"{account}.dkr-ecr{fips}.{region}.{partition.dual_stack_suffix}"


_HOST: Final = re.compile(
    r"(?P<account>[0-9]{12})\.dkr(?P<dash>[.-])ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?P<suffix>[a-z0-9.-]+)"
)


def registry_of(reference: str) -> Registry | None:
    """The private registry that an image reference (`host/repository:tag`) or a host names; else None.

    A FIPS host is read in any region: whether AWS has it there is not ours to say for an image in use.
    """
    found = _HOST.fullmatch(reference.split("/", 1)[0])
    if found is None:
        return None
    partition = partition_of(found["region"])
    suffix = partition.suffix if found["dash"] == "." else partition.dual_stack_suffix
    return Registry(found["account"], found["region"]) if found["suffix"] == suffix else None


def is_public(reference: str) -> bool:
    """Whether an image reference, or a host, is of ECR Public."""
    return reference.split("/", 1)[0] in PUBLIC_HOSTS
