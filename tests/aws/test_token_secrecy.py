"""The text of a token is shown to nobody."""

import logging
import traceback
from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest

from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.tokens import PUBLIC
from ecr_operator.cli.run import configure_logging
from tests.aws.calling import ROLE, Calling, call, error_of
from tests.fake_aws.client import REGION, FakeAws

MINT = "GetAuthorizationToken"


@pytest.fixture
def debug_logging(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The log of an operator that tells all it may, on standard error."""
    del capsys
    root = logging.getLogger()
    names = [None, *root.manager.loggerDict]
    before = root.handlers[:], {name: logging.getLogger(name).level for name in names}
    configure_logging("debug", "text")
    yield
    root.handlers[:] = before[0]
    for name, level in before[1].items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("debug_logging")
def test_the_text_of_a_token_is_shown_nowhere(fake: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []

    def show(error: AwsError) -> None:
        shown.extend((str(error), repr(error), *traceback.format_exception(error)))

    async def main(calling: Calling) -> None:
        tokens = calling.tokens
        for role, where in ((None, REGION), (ROLE, REGION), (ROLE, PUBLIC)):
            token = await tokens.mint(role, where)
            shown.extend((repr(token), str(token), f"{token}", repr(tokens), repr(vars(tokens))))
            fake.inject("*", "ServerException", times=2)
            show(await error_of(tokens.mint(role, where)))
            fake.clear()
            fake.end_sessions()
            fake.inject(f"*{MINT}", "AccessDeniedException", times=1)
            show(await error_of(tokens.mint(role, where)))
            fake.clear()
            calling.pause(5)
        fake.inject(MINT, cut="partial", times=2)
        show(await error_of(tokens.mint(None, REGION)))
        shown.append(generate_latest(calling.metrics.registry).decode())

    call(main)
    shown.append(capsys.readouterr().err)
    issued = fake.secrets()
    assert len(fake.tokens()) >= 3
    assert [text for text in issued if any(text in one for one in shown)] == []
