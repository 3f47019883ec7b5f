"""Token buckets: how many calls go through, whose they are, and how the others are refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.fake_aws.aws_error import AwsError
from tests.fake_aws.client import FakeAws
from tests.fake_aws.rates import Rates
from tests.fake_aws.refusal import code_of, refusal_of

OTHER = "222222222222"
SLOW = 0.0001


def of_call(operation: str, account: str = "1", region: str = "eu-west-1", service: str = "ecr") -> Any:
    return SimpleNamespace(
        label=operation, action=f"{service}:{operation}", account=account, region=region, service=service
    )


class Hand:
    """A clock that a test turns."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def passes(rates: Rates, call: Any) -> bool:
    try:
        rates.check(call)
    except AwsError:
        return False
    return True


def test_a_bucket_is_full_at_first_and_fills_at_its_rate_up_to_its_burst() -> None:
    clock = Hand()
    rates = Rates(clock)
    rates.set({"PutImage": [2, 3]})
    call = of_call("PutImage")
    assert [passes(rates, call) for _ in range(5)] == [True, True, True, False, False]
    clock.now += 0.5
    assert [passes(rates, call) for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [passes(rates, call) for _ in range(4)] == [True, True, True, False]


def test_one_call_for_each_token_however_time_is_cut() -> None:
    clock = Hand()
    rates = Rates(clock)
    rates.set({"*": 10})
    call = of_call("PutImage")
    taken = 0
    for _ in range(1000):
        taken += passes(rates, call)
        clock.now += 0.01
    assert taken == 10 + 100 - 1


def test_a_refused_call_takes_no_token_of_any_bucket() -> None:
    clock = Hand()
    rates = Rates(clock)
    rates.set({"*": [SLOW, 3], "PutImage": [SLOW, 1]})
    assert [passes(rates, of_call("PutImage")) for _ in range(3)] == [True, False, False]
    assert [passes(rates, of_call("GetImage")) for _ in range(3)] == [True, True, False]


def test_each_account_and_region_has_buckets_of_its_own() -> None:
    rates = Rates(Hand())
    rates.set({"*": [SLOW, 1]})
    homes = [("1", "eu-west-1"), ("1", "us-east-1"), ("2", "eu-west-1")]
    assert [passes(rates, of_call("PutImage", *home)) for home in homes * 2] == [True] * 3 + [False] * 3


def test_a_glob_is_one_bucket_and_a_name_one_for_each_operation(fake: FakeAws, ecr: Any) -> None:
    fake.set_rates({"Describe*": (SLOW, 2), "CreateRepository": (SLOW, 1)})
    assert code_of(ecr.describe_registry) is None
    assert code_of(ecr.describe_repositories) is None
    assert code_of(ecr.describe_registry) == "ThrottlingException"
    assert [code_of(ecr.create_repository, repositoryName=name) for name in ("one", "two")] == [
        None,
        "ThrottlingException",
    ]
    assert code_of(ecr.list_images, repositoryName="one") is None


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ecr", "describe_registry", "ThrottlingException"),
        ("resourcegroupstaggingapi", "get_resources", "ThrottledException"),
        ("sts", "get_caller_identity", "Throttling"),
    ],
)
def test_a_call_too_many_is_refused_in_the_words_of_its_service(
    fake: FakeAws, service: str, operation: str, code: str
) -> None:
    fake.set_rates({"*": (SLOW, 1)})
    call = getattr(fake.client(service), operation)
    assert code_of(call) is None
    refusal = refusal_of(call)
    assert (refusal.code, refusal.status, refusal.message) == (code, 400, "Rate exceeded")


def test_refused_calls_have_no_effect_and_are_counted_as_refused(fake: FakeAws, ecr: Any) -> None:
    fake.set_rates({"ecr:CreateRepository": (SLOW, 2)})
    for name in ("app", "bar", "car"):
        code_of(ecr.create_repository, repositoryName=name)
    assert fake.calls() == {"CreateRepository": 3}
    assert fake.refusals() == {"CreateRepository": {"ThrottlingException": 1}}
    assert [one["error"] for one in fake.writes()] == [None, None, "ThrottlingException"]
    assert len(ecr.describe_repositories()["repositories"]) == 2


def test_rates_of_an_account_replace_those_of_all_until_they_are_lifted(fake: FakeAws, ecr: Any) -> None:
    theirs = fake.client("ecr", OTHER)
    fake.set_rates({"*": (SLOW, 1)})
    fake.set_rates({"*": (SLOW, 3)}, account=OTHER)
    assert [code_of(theirs.describe_registry) for _ in range(3)] == [None] * 3
    assert [code_of(ecr.describe_registry) for _ in range(2)] == [None, "ThrottlingException"]
    fake.set_rates(None, account=OTHER)
    assert [code_of(theirs.describe_registry) for _ in range(2)] == [None, "ThrottlingException"]
    fake.set_rates(None)
    assert [code_of(ecr.describe_registry) for _ in range(3)] == [None] * 3


def test_an_unseen_client_takes_no_token(fake: FakeAws, ecr: Any) -> None:
    fake.set_rates({"*": (SLOW, 1)})
    assert [code_of(fake.client(unseen=True).describe_registry) for _ in range(3)] == [None] * 3
    assert code_of(ecr.describe_registry) is None


@pytest.mark.parametrize("value", [-1, "fast", (1, 0), (1, "many")])
def test_a_rate_that_is_none_is_an_error(fake: FakeAws, value: Any) -> None:
    with pytest.raises(RuntimeError, match=r"a rate is|a burst is"):
        fake.set_rates({"*": value})


def test_reset_lifts_rates(fake: FakeAws, ecr: Any) -> None:
    fake.set_rates({"*": (0, 1)})
    fake.reset()
    assert [code_of(ecr.describe_registry) for _ in range(3)] == [None] * 3
