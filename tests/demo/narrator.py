"""What the demo prints: numbered steps, commands and their output."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

INDENT = "   "


class Narrator:
    """Colours and a spinner on a terminal; the same words as plain lines anywhere else.

    Long lines are never wrapped, so that what was printed can be copied.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
        self._step = 0

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._step += 1
        self._console.print()
        self._print(f"{self._step}. {title}", style="bold cyan", indent="")

    def say(self, *sentences: str) -> None:
        """Explain, a line per sentence."""
        for sentence in sentences:
            self._print(sentence)

    def command(self, line: str, *, spaced: bool = True) -> None:
        """Show a command before it runs; `spaced` sets it off from what is above."""
        if spaced:
            self._console.print()
        self._print(f"$ {line}", style="bold")

    def output(self, text: str) -> None:
        """Show what a command printed."""
        for line in text.rstrip().splitlines():
            self._print(line, style="dim" if self._console.is_terminal else "")

    def note(self, sentence: str) -> None:
        """Say something about the demo itself."""
        self._console.print()
        self._print(sentence, style="green", indent="")

    def failure(self, message: str) -> None:
        """Say why the demo has failed."""
        self._console.print()
        self._print(f"The demo failed: {message}", style="bold red", indent="")

    def log(self, title: str, text: str) -> None:
        """Show a part of a log."""
        self._console.print()
        self._print(f"{title}:", indent="")
        self.output(text or "(nothing)")

    @contextmanager
    def waiting(self, what: str, *, long: bool = False) -> Iterator[None]:
        """A spinner while the body runs. Where it cannot turn, one line for what takes `long`."""
        if self._console.is_terminal:
            with self._console.status(f"{what} ..."):
                yield
            return
        if long:
            self._print(f"{what} ...", indent="")
        yield

    def _print(self, text: str, style: str = "", indent: str = INDENT) -> None:
        self._console.print(Text(f"{indent}{text}".rstrip(), style=style))
