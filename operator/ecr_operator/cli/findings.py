"""What the linter has found, as people and programs read it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from ecr_operator.cli.places import START, Place


class Severity(StrEnum):
    """Errors fail a check, warnings only with `--strict`."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or may turn out badly."""

    severity: Severity
    message: str
    source: str | None = None
    """The file; None where it is about no file that can be read."""
    place: Place = START
    subject: str | None = None
    """Which object, for example `EcrRepository team-a/web`; None for a policy of AWS's."""
    field: str | None = None
    rule_priority: int | None = None
    check: str | None = None
    """The warning's name."""

    def of(self, subject: str) -> "Finding":
        """It, as one about this object."""
        return replace(self, subject=subject)

    def within(self, path: str) -> "Finding":
        """It, with fields named from that one on."""
        field = (self.field or "").removeprefix(path).removeprefix(".")
        return replace(self, field=field, message=self.message.replace(f"{path}.", ""))

    def __str__(self) -> str:
        parts = [] if self.source is None else [f"{self.source}:{self.place.line}:{self.place.column}"]
        parts.append(self.severity)
        if self.rule_priority is not None:
            parts.append(f"rule {self.rule_priority}")
        name = f" [{self.check}]" if self.check else ""
        # A line for each: texts that people have written may hold line breaks.
        return " ".join(": ".join([*parts, self.message]).splitlines()) + name

    def to_json(self) -> dict[str, Any]:
        """The members of `findings`, those left out that are unknown."""
        members = {
            "severity": self.severity.value,
            "source": self.source,
            "line": self.place.line if self.source is not None else None,
            "column": self.place.column if self.source is not None else None,
            "object": self.subject,
            "field": self.field or None,
            "rulePriority": self.rule_priority,
            "check": self.check,
            "message": self.message,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, and how many objects and policies were looked at."""

    findings: Sequence[Finding]
    checked: int

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(one.severity == Severity.ERROR for one in self.findings)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return len(self.findings) - self.errors

    def exit_code(self, *, strict: bool) -> int:
        """1 where there are errors, or with `strict` warnings; else 0."""
        return int(bool(self.errors or (strict and self.warnings)))

    def as_text(self) -> str:
        """A line for each finding, and one with the numbers."""
        what = _number(self.checked, "object") if self.checked else NOTHING
        numbers = f"{_number(self.errors, 'error')}, {_number(self.warnings, 'warning')} ({what} checked)."
        return "\n".join([*map(str, self.findings), numbers])

    def as_json(self) -> str:
        """One document for programs."""
        summary = {"checked": self.checked, "errors": self.errors, "warnings": self.warnings}
        document = {"findings": [one.to_json() for one in self.findings], "summary": summary}
        return json.dumps(document, indent=2, ensure_ascii=False)


NOTHING: Final = "no object of ecr-operator.dev and no lifecycle policy"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
