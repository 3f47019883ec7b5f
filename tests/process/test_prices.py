"""`ECR_OPERATOR_PRICES`, as people write it."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from ecr_operator.settings import Settings

NAME = "ECR_OPERATOR_PRICES"
TAKEN = {
    "none": ("", {}),
    "one": ("standard=0.10", {"standard": Decimal("0.10")}),
    "both": (" standard = 0.10, archive=0.07,", {"standard": Decimal("0.10"), "archive": Decimal("0.07")}),
    "a whole number": ("standard=1", {"standard": Decimal(1)}),
}
REFUSED = {
    "another class": ("standard=0.10,glacier=0.01", "'glacier' is no storage class: standard or archive"),
    "no standard": ("archive=0.10", "the price of the storage class standard is missing"),
    "a negative price": ("standard=-1", "standard=-1 must be a price such as 0.10"),
    "a currency": ("standard=$0.10", "standard=$0.10 must be a price such as 0.10"),
    "no number": ("standard=nan", "standard=nan must be a price such as 0.10"),
    "no class": ("0.10", "'0.10' must be written key=value"),
}


@pytest.mark.parametrize(("text", "expected"), TAKEN.values(), ids=TAKEN)
def test_prices_are_exact(text: str, expected: dict[str, Decimal], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, text)
    assert Settings().prices == expected


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_price_is_refused(text: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ValidationError) as refusal:
        Settings()
    assert message in str(refusal.value)
