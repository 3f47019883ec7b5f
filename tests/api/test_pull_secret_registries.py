"""Which registries an EcrPullSecret may name: checked when it is applied, by a real API server."""

import re
import time
from typing import Any

import botocore.session
import pytest

from ecr_operator.api.aws_values import REGION_PATTERN
from ecr_operator.api.pull_secret_registries import FIPS_REGIONS
from tests.api.pull_secrets import admitted, assert_accepted, assert_refused, pull_secret
from tests.cluster import Cluster

ACCOUNT = "123456789012"
OTHER = "210987654321"
FIRST = "spec.registries[0]"
GOV = "us-gov-west-1"
FORMS = ["Standard", "DualStack", "Fips", "DualStackFips"]

ACCOUNT_WORDS = "`accounts` must hold AWS account ids of 12 digits; for example '123456789012'"
REGION_WORDS = "`region` must be the code of an AWS Region; for example 'eu-west-1'"
PUBLIC_WORDS = "`public` may not be 'true' beside `region`, `accounts` or `hosts`"
FIPS_WORDS = (
    "`hosts` may not hold 'Fips' or 'DualStackFips' in this `region`: ECR has FIPS endpoints only in "
    "'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'us-gov-east-1' and 'us-gov-west-1'; write 'S"
)
DUAL_STACK_WORDS = "`hosts` may not hold 'DualStack' in this `region`"
COUNT_WORDS = "`accounts` and `hosts` must stand for at most 20 host names"
ONE_HOST_WORDS = "`registries` must stand for exactly one host name when `format` is 'ArgoCDRepoCreds'"


def one(**registry: Any) -> dict[str, Any]:
    return {"registries": [registry]}


def argo_cd(*registries: dict[str, Any]) -> dict[str, Any]:
    return {"format": "ArgoCDRepoCreds", "registries": list(registries)}


def accounts(count: int) -> list[str]:
    return [f"{number:012}" for number in range(count)]


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "none": ({"registries": []}, "spec.registries", "at least 1 items"),
    "21 of them": (
        {"registries": [{"accounts": [account]} for account in accounts(21)]},
        "spec.registries",
        "at most 20 items",
    ),
    "one twice": (
        {"registries": [{"region": GOV}, {"public": True}, {"region": GOV}]},
        "spec.registries",
        "`registries` may not hold the same entry twice",
    ),
    "public in words": (one(public="yes"), f"{FIRST}.public", "boolean"),
    "public with a Region": (one(public=True, region="us-east-1"), f"{FIRST}.public", PUBLIC_WORDS),
    "public with an account": (one(public=True, accounts=[ACCOUNT]), f"{FIRST}.public", PUBLIC_WORDS),
    "public with a host": (one(public=True, hosts=["Standard"]), f"{FIRST}.public", PUBLIC_WORDS),
    "an account that YAML took for a number": (
        one(accounts=[123456789012]),
        f"{FIRST}.accounts[0]",
        "must be of type string",
    ),
    "an account of 11 digits": (one(accounts=["12345678901"]), f"{FIRST}.accounts[0]", ACCOUNT_WORDS),
    "the second account is wrong": (one(accounts=[ACCOUNT, "prod"]), f"{FIRST}.accounts[1]", ACCOUNT_WORDS),
    "no account in the list": (one(accounts=[]), f"{FIRST}.accounts", "at least 1 items"),
    "21 accounts": (one(accounts=accounts(21)), f"{FIRST}.accounts", "at most 20 items"),
    "an account twice": (
        one(accounts=[ACCOUNT, OTHER, ACCOUNT]),
        f"{FIRST}.accounts",
        f"`accounts` may not hold the same entry twice: '{ACCOUNT}'",
    ),
    "21 host names": (
        one(accounts=accounts(7), region="us-east-1", hosts=["Standard", "DualStack", "Fips"]),
        f"{FIRST}.accounts",
        COUNT_WORDS,
    ),
    "an unknown form of host names": (
        one(hosts=["IPv6"]),
        f"{FIRST}.hosts[0]",
        '"Standard", "DualStack", "Fips", "DualStackFips"',
    ),
    "no host in the list": (one(hosts=[]), f"{FIRST}.hosts", "at least 1 items"),
    "a host twice": (
        one(hosts=["Standard", "Standard"]),
        f"{FIRST}.hosts",
        "`hosts` may not hold the same entry twice: 'Standard'",
    ),
    **{
        f"{form} in {region}": (one(region=region, hosts=["Standard", form]), f"{FIRST}.hosts", FIPS_WORDS)
        for form in ("Fips", "DualStackFips")
        for region in ("eu-west-1", "ca-central-1", "cn-north-1", "us-iso-east-1")
    },
    **{
        f"DualStack in {region}": (
            one(region=region, hosts=["Standard", "DualStack"]),
            f"{FIRST}.hosts",
            DUAL_STACK_WORDS,
        )
        for region in (
            "us-iso-west-1",
            "us-isob-east-1",
            "us-isof-south-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
        )
    },
    **{
        f"the Region {region!r}": (one(region=region), f"{FIRST}.region", REGION_WORDS)
        for region in ("", "Ireland", "eu-west-1a", "eu_west_1", "EU-WEST-1", "eu-west", "eu-west-1 ", "*")
    },
    "Argo CD with two registries": (
        argo_cd({"region": "eu-west-1"}, {"region": GOV}),
        "spec.registries",
        ONE_HOST_WORDS,
    ),
    "Argo CD with two accounts": (argo_cd({"accounts": [ACCOUNT, OTHER]}), "spec.registries", ONE_HOST_WORDS),
    "Argo CD with two hosts": (
        argo_cd({"hosts": ["Standard", "DualStack"]}),
        "spec.registries",
        ONE_HOST_WORDS,
    ),
    "Argo CD with the public registry, which has two host names": (
        argo_cd({"public": True}),
        "spec.registries",
        ONE_HOST_WORDS,
    ),
}


@pytest.mark.parametrize(("spec", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_entry_and_what_to_write(
    cluster: Cluster, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, spec, field, words)


LARGEST: dict[str, Any] = {
    "registries": [{"region": f"us-gov-west-{n}", "accounts": accounts(20)} for n in range(1, 20)]
    + [{"region": GOV, "accounts": accounts(5), "hosts": FORMS}]
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "the operator's own": one(),
    "20 of them": {"registries": [{"accounts": [account]} for account in accounts(20)]},
    "two Regions, and the public one": {
        "registries": [{"region": "eu-west-1"}, {"region": "eu-central-1"}, {"public": True}]
    },
    "not public, with a Region": one(
        public=False, region="us-east-1", accounts=[ACCOUNT], hosts=["Standard"]
    ),
    "20 accounts": one(accounts=accounts(20)),
    "the same account in two entries": {
        "registries": [{"accounts": [ACCOUNT]}, {"accounts": [ACCOUNT, OTHER]}]
    },
    "20 host names": one(accounts=accounts(5), region="us-east-1", hosts=FORMS),
    "FIPS in the operator's Region, whichever that is": one(hosts=["Fips", "DualStackFips"]),
    **{f"every form in {region}": one(region=region, hosts=FORMS) for region in FIPS_REGIONS},
    **{
        f"DualStack in {region}": one(region=region, hosts=["DualStack"])
        for region in ("eu-west-1", "cn-north-1", "us-east-2", "mx-central-1", "ap-southeast-7")
    },
    **{
        f"Standard in {region}": one(region=region, hosts=["Standard"])
        for region in ("us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1")
    },
    "Argo CD with the operator's own": argo_cd({}),
    "Argo CD with one host": argo_cd({"region": GOV, "accounts": [ACCOUNT], "hosts": ["DualStackFips"]}),
    "Argo CD, not public": argo_cd({"public": False}),
    "two registries, and another format by name": argo_cd({}, {"public": True})
    | {"format": "DockerConfigFile"},
    "as much as there can be": LARGEST,
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, spec: dict[str, Any]) -> None:
    assert_accepted(cluster, spec)


def test_one_mistake_is_one_message(cluster: Cluster) -> None:
    """A form that its Region lacks breaks one rule, not two."""
    for name in ("DualStackFips in us-iso-east-1", "Fips in cn-north-1", "DualStack in eusc-de-east-1"):
        with pytest.raises(Exception, match="is invalid") as error:
            admitted(cluster, pull_secret("web", REFUSED[name][0]))
        assert str(error.value).count(f"{FIRST}.hosts:") == 1


def test_the_largest_list_is_within_the_cost_that_the_api_server_allows(cluster: Cluster) -> None:
    start = time.monotonic()
    admitted(cluster, pull_secret("web", LARGEST))
    assert time.monotonic() - start < 2


PARTITIONS: list[dict[str, Any]] = (
    botocore.session.get_session().get_component("data_loader").load_data("endpoints")["partitions"]
)


def test_fips_is_where_botocore_has_it() -> None:
    endpoints = [name for part in PARTITIONS for name in part["services"]["api.ecr"]["endpoints"]]
    assert {name.removeprefix("fips-dkr-") for name in endpoints if name.startswith("fips-dkr-")} == set(
        FIPS_REGIONS
    )


def test_dual_stack_is_refused_only_where_botocore_has_none() -> None:
    for part in PARTITIONS:
        variants = [
            tag
            for endpoint in part["services"]["api.ecr"]["endpoints"].values()
            for variant in endpoint.get("variants", [])
            for tag in variant["tags"]
        ]
        refused = [region for region in part["regions"] if re.match("us-iso|eu-iso|eusc-", region)]
        assert refused == ([] if "dualstack" in variants else [*part["regions"]])


def test_every_region_of_botocore_has_the_form_of_one() -> None:
    regions = [region for part in PARTITIONS for region in part["regions"]]
    assert [region for region in regions if not re.fullmatch(REGION_PATTERN, region)] == []
    assert len(regions) > 40
