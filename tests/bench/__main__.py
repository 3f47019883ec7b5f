"""The benchmark from the command line; `make bench` runs it."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import cases, lifecycle, pulls, scans, trouble, users
from tests.bench.report import Report
from tests.bench.result import Result
from tests.bench.run import Options, Run
from tests.bench.world import World
from tests.controlplane import assets

KINDS: dict[str, Callable[[World, Run], Iterator[Result]]] = {
    "create": cases.create,
    "restart": cases.restart,
    "resync": cases.resync,
    "drift": cases.drift,
    "delete": cases.delete,
    "edit": users.edit,
    "namespace": users.namespace,
    "pull": pulls.pull,
    "accounts": pulls.accounts,
    "refresh": pulls.refresh,
    "pullstart": pulls.pullstart,
    "refused": pulls.refused,
    "policy": lifecycle.policy,
    "pods": lifecycle.pods,
    "inventory": lifecycle.inventory,
    "scans": scans.scans,
    "throttle": trouble.throttle,
    "outage": trouble.outage,
}

SMALL, LARGE, FULL = 200, 1000, 10_000
NAMESPACES, MANY_NAMESPACES = (100, 1000), 5000
PULLS = ("accounts-{}", "pull-{}", "pullstart-{}", "refresh-{}", "refused-{}")
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def default_cases(size: int | None, full: bool) -> list[str]:
    """The cases in an order in which each finds what it needs; `size` takes the place of both sizes."""
    # `throttle` takes minutes per thousand, and its figures do not depend on how many there are.
    calm = ("create-{}-25ms", "create-{}", "restart-{}", "resync-{}", "drift-{}", "edit-{}")
    every = (*calm, "delete-{}", "namespace-{}", "outage-{}", "policy-{}", "inventory-{}")
    sizes = [] if size else [LARGE, *([FULL] if full else [])]
    small = [name.format(size or SMALL) for name in (*every, "scans-{}", "throttle-{}")]
    namespaces = [size] if size else [*NAMESPACES, *([MANY_NAMESPACES] if full else [])]
    pulled = [name.format(number) for number in namespaces for name in PULLS]
    large = (name.format(number) for number in sizes for name in every)
    pods = [f"pods-{number}" for number in ([size] if size else sizes)]
    # 20 calls for each, one after the other: 10,000 would take more than an hour.
    scans = [] if size else [f"scans-{LARGE}"]
    return ["create-1", *small, *pulled, *pods, *large, *scans]


def main() -> int:
    """Run the cases; a missed budget is no failure."""
    arguments = _arguments()
    if arguments.quick:
        options = Options(outage_seconds=2, restart_seconds=1, silence_seconds=1, profiles=arguments.profile)
    else:
        options = Options(profiles=arguments.profile)
    names = arguments.case or default_cases(arguments.size, arguments.full)
    try:
        runs = [Run.of(name, options) for name in names]
        unknown = next((run.case for run in runs if run.kind not in KINDS), None)
        if unknown:
            raise ValueError(f"{unknown!r} is no case: there are {', '.join(KINDS)}")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    # SIGTERM ends Python at once, without the clean-up; as KeyboardInterrupt it does not.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A proxy between two programs of this machine would only be in the way.
    os.environ |= {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    # Built from source the first time, which takes minutes and says so by itself.
    assets.find()
    report = Report(arguments.output)
    try:
        return _run(runs, report, World(quick=arguments.quick))
    except KeyboardInterrupt:
        print("Stopped; nothing is left running.", file=sys.stderr)
        return INTERRUPTED
    finally:
        report.end()


def _run(runs: list[Run], report: Report, world: World) -> int:
    failures = 0
    with world:
        version = world.cluster.request("GET", "/version")["gitVersion"]
        report.heading(version, runs[0].options.profiles)
        for run in runs:
            try:
                with report.waiting(run.case):
                    results = KINDS[run.kind](world, run)
                    while (result := next(results, None)) is not None:
                        report.show(result)
            except Exception as error:
                # The others may still be measured.
                report.failed(run.case, error)
                world.keep(None)
                failures += 1
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure the operator on a real API server and a fake AWS.",
        epilog=f"Cases: <what>-<how many>[-<latency>ms], as create-200-25ms; what: {', '.join(KINDS)}.",
    )
    parser.add_argument("case", nargs="*", help="what to measure, in this order; by default everything")
    parser.add_argument("--size", type=int, help=f"repositories, instead of {SMALL} and {LARGE}")
    parser.add_argument("--full", action="store_true", help=f"{FULL} repositories too")
    parser.add_argument("--output", type=Path, help="add the lines of JSON to this file")
    parser.add_argument("--profile", type=Path, metavar="DIRECTORY", help="write profiles there")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="try whether it measures: one operator does several cases, and waits are short",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
