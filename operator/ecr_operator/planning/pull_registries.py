"""Which hosts an EcrPullSecret writes, and which tokens they need: `registries` of API.md.

A token opens all registries of its region that the identity may use, whatever the account and the form of the
host: one per (identity, region), and one for ECR Public.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ecr_operator.planning.naming import PUBLIC_HOSTS, HostForm, registry_host

PUBLIC_REGION: Final = "us-east-1"
"""Where tokens of ECR Public are asked for (ECR Public User Guide, "Registry authentication")."""


@dataclass(frozen=True, slots=True, order=True)
class TokenSource:
    """The service and region whose GetAuthorizationToken is called; with an identity, the key of a token."""

    service: Literal["ecr", "ecr-public"]
    region: str


PUBLIC_SOURCE: Final = TokenSource("ecr-public", PUBLIC_REGION)


@dataclass(frozen=True, slots=True)
class RegistryChoice:
    """One of `registries`: private ones of a region, or ECR Public."""

    region: str | None = None
    """None: the operator's."""
    accounts: tuple[str, ...] = ()
    """None given: the caller's own."""
    forms: tuple[HostForm, ...] = ()
    """None given: the standard one."""
    public: bool = False


def sources_of(choices: Iterable[RegistryChoice], region: str) -> frozenset[TokenSource]:
    """The tokens that are needed; `region` is the operator's."""
    return frozenset(_source(choice, region) for choice in choices)


def needs_own_account(choices: Iterable[RegistryChoice]) -> bool:
    """Whether the caller's account has to be known, before `hosts_of` can tell all hosts."""
    return any(not choice.public and not choice.accounts for choice in choices)


def hosts_of(
    choices: Iterable[RegistryChoice], region: str, own_account: str | None
) -> dict[str, TokenSource]:
    """All hosts, sorted, each with the token that it needs.

    `own_account` is the caller's; None: it is not known, and its hosts are left out. Raises NoSuchHostError.
    """
    hosts: dict[str, TokenSource] = {}
    for choice in choices:
        source = _source(choice, region)
        if choice.public:
            hosts.update(dict.fromkeys(PUBLIC_HOSTS, source))
            continue
        for account in choice.accounts or filter(None, (own_account,)):
            for form in choice.forms or (HostForm.STANDARD,):
                hosts[registry_host(account, source.region, form)] = source
    return dict(sorted(hosts.items()))


def _source(choice: RegistryChoice, region: str) -> TokenSource:
    return PUBLIC_SOURCE if choice.public else TokenSource("ecr", choice.region or region)
