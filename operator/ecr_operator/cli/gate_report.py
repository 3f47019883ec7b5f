"""The outcomes of `ecr-operator gate` as people read them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecr_operator.api.vulnerability_policy import VulnerabilityPolicy
from ecr_operator.cli.gate_outcome import Outcome, Result
from ecr_operator.cli.gate_policy import GatePolicy
from ecr_operator.planning.image_scan import CRITICAL, HIGH, MEDIUM, SEVERITIES, ImageScan
from ecr_operator.planning.scan_finding import Finding

FINDINGS_SHOWN: Final = 50
COLOURS: Final = {
    Result.PASS: "green",
    Result.FAIL: "bold red",
    Result.UNDECIDED: "yellow",
    Result.ERROR: "bold red",
}
_SEVERITY_COLOURS: Final = {CRITICAL: "bold red", HIGH: "red", MEDIUM: "yellow"}
_NONE: Final = "-"
_COUNT_TITLES: Final = ("SEVERITY", "FOUND", "ALLOWED")
_FINDING_TITLES: Final = ("SEVERITY", "NAME", "PACKAGE", "INSTALLED", "FIXED IN", "URI")
_WHOLE: Final = ("SEVERITY", "NAME")
_SUMMARY: Final = {
    Result.PASS: "passed",
    Result.FAIL: "failed",
    Result.UNDECIDED: "undecided",
    Result.ERROR: "that could not be judged",
}

Row = tuple[str, ...]


def limits_of(policy: VulnerabilityPolicy) -> dict[str, int]:
    """By severity, how many findings are allowed; without those that are not limited."""
    limits = {CRITICAL: policy.max_critical, HIGH: policy.max_high, MEDIUM: policy.max_medium}
    return {severity: limit for severity, limit in limits.items() if limit is not None}


def broken_by(scan: ImageScan | None, policy: VulnerabilityPolicy) -> frozenset[str]:
    """The severities of which there are more findings than allowed."""
    if scan is None:
        return frozenset()
    return frozenset(severity for severity, limit in limits_of(policy).items() if scan.of(severity) > limit)


def show(outcomes: Sequence[Outcome], policy: GatePolicy, console: Console) -> None:
    """For each image what is known and why it passes or not; then the numbers. In colour on a terminal."""
    for outcome in outcomes:
        _show_one(outcome, policy.limits, console)
    console.print(Text(summary(outcomes, policy)))


def summary(outcomes: Sequence[Outcome], policy: GatePolicy) -> str:
    """How many images there are of each result, and by which policy."""
    counts = Counter(outcome.result for outcome in outcomes)
    told = ", ".join(f"{counts[result]} {words}" for result, words in _SUMMARY.items() if counts[result])
    return f"{told}; the policy is that of {policy.source}."


def installed(finding: Finding) -> tuple[str, str]:
    """The first package that has it and its version, and of how many more that is known."""
    if not finding.packages:
        return "", ""
    first = finding.packages[0]
    name, _, version = first.rpartition(" ")
    more = f" (+{len(finding.packages) - 1})" if len(finding.packages) > 1 else ""
    return (f"{name}{more}", version) if name else (f"{first}{more}", "")


def _show_one(outcome: Outcome, policy: VulnerabilityPolicy, console: Console) -> None:
    console.print(Text(printable(outcome.target.text), style="bold"))
    for title, value in _lines(outcome):
        # A digest is a little longer than a terminal is wide.
        console.print(Text(f"  {title:<8} {printable(value)}"), soft_wrap=True)
    result = Text(f"  {'result':<8} ")
    result.append(outcome.result.value, style=COLOURS[outcome.result])
    result.append(f": {printable(outcome.message)}")
    console.print(result)
    for remark in outcome.remarks:
        console.print(Text(f"  {'note':<8} {remark}"))
    console.print()
    if outcome.scan is not None and outcome.scan.counts is not None:
        _table(console, _COUNT_TITLES, list(_counts(outcome.scan, policy)))
    broken = broken_by(outcome.scan, policy)
    found = [finding for finding in outcome.findings() if finding.severity in broken]
    if found:
        _table(console, _FINDING_TITLES, [_finding(finding) for finding in found[:FINDINGS_SHOWN]])
        if len(found) > FINDINGS_SHOWN:
            console.print(Text(f"and {len(found) - FINDINGS_SHOWN:,} more; `-o json` has all of them\n"))


def _lines(outcome: Outcome) -> Iterator[tuple[str, str]]:
    if outcome.digest is not None:
        images = [part for part in outcome.parts if part.scan is not None]
        many = f" (an index; images: {len(images)})" if outcome.is_index else ""
        yield "digest", f"{outcome.digest}{many}"
    scan = outcome.scan
    if scan is not None:
        kind = f" ({scan.type})" if scan.type is not None else ""
        when = f", completed at {scan.completed_at:%Y-%m-%dT%H:%M:%SZ}" if scan.completed_at else ""
        yield "scan", f"{scan.status}{kind}{when}"


def _counts(scan: ImageScan, policy: VulnerabilityPolicy) -> Iterator[Row]:
    limits, counts = limits_of(policy), scan.counts or {}
    others = [severity for severity in counts if severity not in SEVERITIES]
    for severity in (*SEVERITIES, *others):
        if severity in (CRITICAL, HIGH, MEDIUM) or severity in counts:
            allowed = f"{limits[severity]:,}" if severity in limits else "any"
            yield severity, f"{counts.get(severity, 0):,}", allowed


def _finding(finding: Finding) -> Row:
    package, version = installed(finding)
    without_fix = "none" if finding.has_fix is False else ""
    cells = (
        finding.severity,
        finding.name,
        package,
        version,
        finding.fixed_in or without_fix,
        finding.uri or "",
    )
    return tuple(printable(cell) or _NONE for cell in cells)


def printable(text: str) -> str:
    """Names and versions come out of images: none of them moves a terminal's cursor or begins a line."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _table(console: Console, titles: Row, rows: Sequence[Row]) -> None:
    if console.is_terminal:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for title in titles:
            # Addresses are long: names are not to be folded for their sake.
            table.add_column(title, overflow="fold", no_wrap=title in _WHOLE)
        for row in rows:
            table.add_row(Text(row[0], style=_SEVERITY_COLOURS.get(row[0], "")), *map(Text, row[1:]))
        console.print(table)
    else:
        widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
        for line in (titles, *rows):
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            console.out("   ".join(cells).rstrip(), highlight=False)
    console.print()
