"""The host names of registries, of every partition and form, and what a host names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.naming import (
    PUBLIC_HOSTS,
    HostForm,
    NoSuchHostError,
    Registry,
    is_public,
    partition_of,
    registry_host,
    registry_of,
)
from tests.planning.bounds import bounded

A = "123456789012"
STANDARD, DUAL, FIPS, DUAL_FIPS = HostForm

HOSTS = {
    "commercial": ("eu-central-1", STANDARD, f"{A}.dkr.ecr.eu-central-1.amazonaws.com"),
    "commercial, dual-stack": ("eu-central-1", DUAL, f"{A}.dkr-ecr.eu-central-1.on.aws"),
    "commercial, FIPS": ("us-west-1", FIPS, f"{A}.dkr.ecr-fips.us-west-1.amazonaws.com"),
    "commercial, dual-stack and FIPS": ("us-east-2", DUAL_FIPS, f"{A}.dkr-ecr-fips.us-east-2.on.aws"),
    "China": ("cn-north-1", STANDARD, f"{A}.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    "China, dual-stack": ("cn-northwest-1", DUAL, f"{A}.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn"),
    "GovCloud": ("us-gov-west-1", STANDARD, f"{A}.dkr.ecr.us-gov-west-1.amazonaws.com"),
    "GovCloud, FIPS": ("us-gov-east-1", FIPS, f"{A}.dkr.ecr-fips.us-gov-east-1.amazonaws.com"),
    "GovCloud, dual-stack": ("us-gov-east-1", DUAL, f"{A}.dkr-ecr.us-gov-east-1.on.aws"),
    "GovCloud, dual-stack and FIPS": (
        "us-gov-west-1",
        DUAL_FIPS,
        f"{A}.dkr-ecr-fips.us-gov-west-1.on.aws",
    ),
    "EU sovereign": ("eusc-de-east-1", STANDARD, f"{A}.dkr.ecr.eusc-de-east-1.amazonaws.eu"),
    "ISO": ("us-iso-east-1", STANDARD, f"{A}.dkr.ecr.us-iso-east-1.c2s.ic.gov"),
    "ISO B": ("us-isob-east-1", STANDARD, f"{A}.dkr.ecr.us-isob-east-1.sc2s.sgov.gov"),
    "ISO E": ("eu-isoe-west-1", STANDARD, f"{A}.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk"),
    "ISO F": ("us-isof-south-1", STANDARD, f"{A}.dkr.ecr.us-isof-south-1.csp.hci.ic.gov"),
    "a commercial region of tomorrow": (
        "eu-north-9",
        STANDARD,
        f"{A}.dkr.ecr.eu-north-9.amazonaws.com",
    ),
    "a Chinese region of tomorrow": ("cn-south-1", STANDARD, f"{A}.dkr.ecr.cn-south-1.amazonaws.com.cn"),
    "a GovCloud region of tomorrow has FIPS": (
        "us-gov-north-1",
        FIPS,
        f"{A}.dkr.ecr-fips.us-gov-north-1.amazonaws.com",
    ),
    "a sovereign region of tomorrow": (
        "eusc-fr-west-1",
        STANDARD,
        f"{A}.dkr.ecr.eusc-fr-west-1.amazonaws.eu",
    ),
}


@pytest.mark.parametrize(("region", "form", "host"), HOSTS.values(), ids=HOSTS)
def test_a_host_is_built_and_read_back(region: str, form: HostForm, host: str) -> None:
    assert registry_host(A, region, form) == host
    assert registry_of(host) == Registry(A, region)
    assert registry_of(f"{host}/team-a/web:v1") == Registry(A, region)
    assert registry_of(f"{host}/web@sha256:{'0' * 64}") == Registry(A, region)


def test_the_standard_form_is_the_default() -> None:
    assert registry_host(A, "eu-west-1") == registry_host(A, "eu-west-1", STANDARD)


NO_HOSTS = {
    "no FIPS in Europe": ("eu-central-1", FIPS, "no FIPS registry host in eu-central-1.*use `Standard`"),
    "no FIPS in a US region that is not listed": ("us-west-3", FIPS, "no FIPS"),
    "no FIPS in China": ("cn-north-1", DUAL_FIPS, "no FIPS registry host in cn-north-1.*use `DualStack`"),
    "no FIPS in ISO": ("us-iso-east-1", FIPS, "no FIPS"),
    "no dual-stack in ISO": ("us-isob-east-1", DUAL, "no dual-stack.*aws-iso-b"),
    "no dual-stack in the EU sovereign cloud": ("eusc-de-east-1", DUAL, "no dual-stack.*aws-eusc"),
}


@pytest.mark.parametrize(("region", "form", "message"), NO_HOSTS.values(), ids=NO_HOSTS)
def test_a_host_that_aws_does_not_have_is_an_error_for_people(
    region: str, form: HostForm, message: str
) -> None:
    with pytest.raises(NoSuchHostError, match=message):
        registry_host(A, region, form)


NO_REGISTRY = {
    "Docker Hub": "nginx:1.29",
    "public ECR": "public.ecr.aws/nginx/nginx:1.29",
    "an account with 11 digits": f"{A[1:]}.dkr.ecr.eu-central-1.amazonaws.com/web",
    "an account with 13 digits": f"1{A}.dkr.ecr.eu-central-1.amazonaws.com/web",
    "a suffix of another partition": f"{A}.dkr.ecr.cn-north-1.amazonaws.com/web",
    "a host that only begins like one": f"{A}.dkr.ecr.eu-central-1.amazonaws.com.evil.example/web",
    "a host that only ends like one": f"evil.{A}.dkr.ecr.eu-central-1.amazonaws.com/web",
    "a host with a port": f"{A}.dkr.ecr.eu-central-1.amazonaws.com:443/web",
    "a dual-stack host with the other suffix": f"{A}.dkr-ecr.eu-central-1.amazonaws.com/web",
    "a dual-stack host where there is none": f"{A}.dkr-ecr.us-iso-east-1.c2s.ic.gov/web",
    "the API's host": "api.ecr.eu-central-1.amazonaws.com",
    "a repository of that name elsewhere": f"docker.io/{A}.dkr.ecr.eu-central-1.amazonaws.com/web",
    "nothing": "",
}


@pytest.mark.parametrize("reference", NO_REGISTRY.values(), ids=NO_REGISTRY)
def test_what_names_no_private_registry(reference: str) -> None:
    assert registry_of(reference) is None


def test_a_fips_host_is_read_wherever_it_is() -> None:
    host = f"{A}.dkr.ecr-fips.eu-central-1.amazonaws.com"
    assert registry_of(host) == Registry(A, "eu-central-1")


def test_the_public_hosts() -> None:
    assert PUBLIC_HOSTS == ("ecr-public.aws.com", "public.ecr.aws")
    assert is_public("public.ecr.aws/nginx/nginx:1.29")
    assert is_public("ecr-public.aws.com")
    assert not is_public("public.ecr.aws.evil.example/nginx")


def test_a_region_belongs_to_one_partition() -> None:
    assert partition_of("us-iso-east-1").name == "aws-iso"
    assert partition_of("us-isob-east-1").name == "aws-iso-b"
    assert partition_of("us-east-1").name == "aws"
    assert partition_of("mx-central-1").name == "aws"


@bounded(200)
@given(
    st.from_regex(r"\A[0-9]{12}\Z"),
    st.from_regex(r"\A(cn-|us-gov-|us-iso-|us-isob-|eu-isoe-|eusc-de-|us-|af-)[a-z]{1,9}-[1-9]\Z"),
    st.sampled_from(HostForm),
)
def test_every_host_is_read_back(account: str, region: str, form: HostForm) -> None:
    try:
        host = registry_host(account, region, form)
    except NoSuchHostError:
        return
    assert registry_of(f"{host}/web") == Registry(account, region)
