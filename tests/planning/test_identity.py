"""The account and region that a repository is in, and those that the operator works in."""

from dataclasses import dataclass

import pytest

from ecr_operator.planning.identity import names_repository, other_registry
from ecr_operator.planning.repository import Recorded
from ecr_operator.reasons import Reason
from tests.planning.samples import ACCOUNT, ARN, NAME, NEW, REGION, recorded


@dataclass(frozen=True)
class Case:
    """The operator works in `account` (None: not known yet) and `region`."""

    memory: Recorded
    account: str | None = ACCOUNT
    region: str = REGION
    stalled: bool = False
    says: tuple[str, ...] = ()


OTHER_ACCOUNT, OTHER_REGION = "210987654321", "eu-west-1"

CASES = {
    "the same registry": Case(recorded()),
    "the same region, while the account is not known yet": Case(recorded(), account=None),
    "another account": Case(
        recorded(),
        account=OTHER_ACCOUNT,
        stalled=True,
        says=(ACCOUNT, f"account {OTHER_ACCOUNT}", "deletionPolicy: Retain"),
    ),
    "another region": Case(
        recorded(), region=OTHER_REGION, stalled=True, says=(REGION, f"region {OTHER_REGION}")
    ),
    "another region is enough, before the account is known": Case(
        recorded(), account=None, region=OTHER_REGION, stalled=True, says=(f"works in region {OTHER_REGION}",)
    ),
    "an object that has never seen a repository": Case(NEW, account=OTHER_ACCOUNT, region=OTHER_REGION),
    "an object that only observes": Case(
        recorded(managed=frozenset()), account=OTHER_ACCOUNT, region=OTHER_REGION
    ),
    "an object whose create has not been answered yet": Case(
        recorded(registry_id=None, region=None), account=OTHER_ACCOUNT, region=OTHER_REGION
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_repository_in_another_registry_stalls_its_object(case: Case) -> None:
    outcome = other_registry(case.memory, case.account, case.region)
    assert (outcome is not None) is case.stalled
    if outcome is not None:
        assert outcome.reason is Reason.REGISTRY_CHANGED
        for words in case.says:
            assert words in outcome.message


ARNS = {
    "that of the repository": (ARN, NAME, True),
    "in another partition": (ARN.replace("arn:aws:", "arn:aws-cn:"), NAME, True),
    "not known yet": (None, NAME, False),
    "of another repository": (ARN + "-other", NAME, False),
    "of a repository whose name ends the same": (ARN.replace(NAME, f"x/{NAME}"), NAME, False),
    "in another account": (ARN.replace(ACCOUNT, OTHER_ACCOUNT), NAME, False),
    "in another region": (ARN.replace(REGION, OTHER_REGION), NAME, False),
    "of another service": (ARN.replace(":ecr:", ":ecs:"), NAME, False),
    "of something else than a repository": (ARN.replace("repository/", "cluster/"), NAME, False),
    "cut off": ("arn:aws:ecr", NAME, False),
    "empty": ("", NAME, False),
}


@pytest.mark.parametrize(("arn", "name", "expected"), ARNS.values(), ids=ARNS)
def test_an_arn_in_an_edited_status_names_nothing(arn: str | None, name: str, expected: bool) -> None:
    assert names_repository(recorded(repository_arn=arn), name) is expected
