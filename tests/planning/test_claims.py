"""Which of several objects may have a repository."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.claims import REFUSED, Claim, winner
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded

MONDAY, TUESDAY = "2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"

CASES: dict[str, tuple[Claim, ...]] = {
    "the only one": (Claim("team-a", "web", MONDAY, owns=False),),
    "the older one": (
        Claim("team-b", "web", MONDAY, owns=False),
        Claim("team-a", "web", TUESDAY, owns=False),
    ),
    "the owner, though it is younger": (
        Claim("team-b", "web", TUESDAY, owns=True),
        Claim("team-a", "web", MONDAY, owns=False),
    ),
    "the older of two owners": (
        Claim("team-b", "web", MONDAY, owns=True),
        Claim("team-a", "web", TUESDAY, owns=True),
        Claim("team-a", "api", MONDAY, owns=False),
    ),
    "of the same age the first namespace": (
        Claim("team-a", "web", MONDAY, owns=False),
        Claim("team-b", "api", MONDAY, owns=False),
    ),
    "of the same age and namespace the first name": (
        Claim("team-a", "api", MONDAY, owns=False),
        Claim("team-a", "web", MONDAY, owns=False),
    ),
}


@pytest.mark.parametrize("claims", CASES.values(), ids=CASES)
def test_the_first_one_wins_whoever_asks(claims: tuple[Claim, ...]) -> None:
    for order in permutations(claims):
        assert winner(order) == claims[0]


def test_nobody_wins_where_nobody_claims() -> None:
    assert winner(()) is None


CLAIMS = st.lists(
    st.builds(
        Claim,
        namespace=st.sampled_from(["team-a", "team-b"]),
        name=st.sampled_from(["api", "web"]),
        created=st.sampled_from([MONDAY, TUESDAY]),
        owns=st.booleans(),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda claim: (claim.namespace, claim.name),
)


@bounded(100)
@given(CLAIMS.flatmap(lambda claims: st.tuples(st.just(claims), st.permutations(claims))))
def test_the_order_of_claims_does_not_matter(orders: tuple[list[Claim], list[Claim]]) -> None:
    one, other = orders
    assert winner(one) == winner(other)


@bounded(100)
@given(CLAIMS)
def test_a_loser_that_goes_changes_nothing(claims: list[Claim]) -> None:
    first = winner(claims)
    for loser in claims:
        if loser != first:
            assert winner(claim for claim in claims if claim != loser) == first


def test_an_object_that_was_refused_its_repository_claims_nothing() -> None:
    assert {
        Reason.NAME_NOT_ALLOWED,
        Reason.ADOPTION_NOT_ALLOWED,
        Reason.REPOSITORY_NOT_OURS,
        Reason.REPOSITORY_OWNED_BY_ANOTHER,
    } == REFUSED
