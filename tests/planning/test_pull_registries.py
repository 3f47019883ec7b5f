"""The hosts that an EcrPullSecret writes, and the tokens that they need."""

from dataclasses import dataclass

import pytest

from ecr_operator.planning.naming import HostForm, NoSuchHostError
from ecr_operator.planning.pull_registries import (
    PUBLIC_SOURCE,
    RegistryChoice,
    TokenSource,
    hosts_of,
    needs_own_account,
    sources_of,
)

OWN, OTHER = "111111111111", "222222222222"
HERE, THERE = TokenSource("ecr", "eu-central-1"), TokenSource("ecr", "us-east-1")
PUBLIC_HOSTS = {"ecr-public.aws.com": PUBLIC_SOURCE, "public.ecr.aws": PUBLIC_SOURCE}


def host(account: str, region: str = "eu-central-1") -> str:
    return f"{account}.dkr.ecr.{region}.amazonaws.com"


@dataclass(frozen=True)
class Case:
    choices: tuple[RegistryChoice, ...]
    hosts: dict[str, TokenSource]
    needs_own: bool = False


CASES = {
    "the operator's own": Case((RegistryChoice(),), {host(OWN): HERE}, True),
    "another region": Case(
        (RegistryChoice(region="us-east-1"),), {host(OWN, "us-east-1"): THERE}, needs_own=True
    ),
    "other accounts share a token": Case(
        (RegistryChoice(accounts=(OTHER, OWN)),), {host(OWN): HERE, host(OTHER): HERE}
    ),
    "all forms share a token": Case(
        (RegistryChoice("us-east-1", (OWN,), tuple(HostForm)),),
        {
            f"{OWN}.dkr-ecr-fips.us-east-1.on.aws": THERE,
            f"{OWN}.dkr-ecr.us-east-1.on.aws": THERE,
            f"{OWN}.dkr.ecr-fips.us-east-1.amazonaws.com": THERE,
            host(OWN, "us-east-1"): THERE,
        },
    ),
    "public": Case((RegistryChoice(public=True),), PUBLIC_HOSTS),
    "all in one": Case(
        (RegistryChoice(public=True), RegistryChoice(), RegistryChoice("us-east-1", (OTHER,))),
        {host(OWN): HERE, host(OTHER, "us-east-1"): THERE, **PUBLIC_HOSTS},
        needs_own=True,
    ),
    "the same twice": Case((RegistryChoice(accounts=(OWN,)), RegistryChoice()), {host(OWN): HERE}, True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_registries(case: Case) -> None:
    assert hosts_of(case.choices, "eu-central-1", OWN) == case.hosts
    assert list(hosts_of(case.choices, "eu-central-1", OWN)) == sorted(case.hosts)
    assert sources_of(case.choices, "eu-central-1") == set(case.hosts.values())
    assert needs_own_account(case.choices) is case.needs_own


def test_an_account_that_is_not_known_has_no_hosts_yet() -> None:
    choices = (RegistryChoice(), RegistryChoice(accounts=(OTHER,)))
    assert hosts_of(choices, "eu-central-1", None) == {host(OTHER): HERE}


def test_a_form_that_the_operators_region_lacks() -> None:
    with pytest.raises(NoSuchHostError, match="eu-central-1"):
        hosts_of((RegistryChoice(forms=(HostForm.FIPS,)),), "eu-central-1", OWN)
