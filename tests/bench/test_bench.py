"""The benchmark measures what it says, for a handful of repositories; none of its times decides anything."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.bench.__main__ import KINDS, default_cases
from tests.bench.budgets import (
    AFTER_WRITES,
    BUDGETS,
    CALLS,
    DESCRIBES,
    FINDINGS,
    FINDINGS_6_HOURS,
    LISTS,
    MINTS,
    OUTAGE_WRITES,
    POD_LISTS,
    POLLS,
    PULL_STATUS,
    PUTS,
    REFUSED_WRITES,
    SECRET_WRITES,
    START_CALLS,
    STARTS,
    STATUS_BYTES,
    STATUS_WRITES,
    WRITES,
    budget,
)
from tests.bench.measure import requests
from tests.bench.profile import summary
from tests.bench.result import Result
from tests.bench.run import Options, Run

ROOT = Path(__file__).resolve().parents[2]
# Those that need no operator of their own stand together; where all images are counted others may leave none.
CASES = ("create-5", "restart-5", "edit-5", "outage-5", "delete-5", "namespace-5")
MORE_CASES = ("policy-5", "pods-20", "pull-5", "pullstart-5", "inventory-5", "scans-5")


def test_five_repositories_cost_what_they_should() -> None:
    # Not pytest's own directory: the path of a socket has at most 104 characters.
    with tempfile.TemporaryDirectory(prefix="b-") as directory:
        output = Path(directory) / "figures"
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench", *CASES, *MORE_CASES, "--quick", f"--output={output}"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": directory},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        lines: list[dict[str, Any]] = [json.loads(line) for line in output.read_text().splitlines()]
        assert os.listdir(directory) == ["figures"]
    figures = {line["case"]: line["figures"] for line in lines}
    more = ["policy-5", "reapplied-5", "pods-20", "pull-5", "pullstart-5", "inventory-5", "quiet-5"]
    scans = ["scans-5", "resynced-5", "watched-5"]
    assert list(figures) == [*CASES[:4], "deletable-5", *CASES[4:], *more, *scans]
    assert all(value is not None for found in figures.values() for value in found.values()), figures
    assert figures["create-5"][WRITES] == 2
    assert figures["restart-5"][START_CALLS] == 0
    assert figures["restart-5"][STATUS_WRITES] == 0
    assert 1 <= figures["outage-5"][AFTER_WRITES] + figures["outage-5"][OUTAGE_WRITES] <= 2
    assert figures["deletable-5"][WRITES] == 3
    assert figures["delete-5"][CALLS] >= 3
    assert figures["namespace-5"][CALLS] == 3
    assert (figures["pull-5"][MINTS], figures["pull-5"][SECRET_WRITES]) == (1, 1)
    # A refused one is a request too many as well.
    assert REFUSED_WRITES not in figures["pull-5"]
    started = [figures["pullstart-5"][figure] for figure in (START_CALLS, SECRET_WRITES, PULL_STATUS)]
    assert started == [0, 0, 0]
    steps = [figures["policy-5"][figure] for figure in (LISTS, STARTS, POLLS, PUTS)]
    assert steps == [1, 1, 2, 1]
    assert DESCRIBES not in figures["policy-5"]
    assert (figures["reapplied-5"][CALLS], figures["reapplied-5"][WRITES]) == (0, 0)
    assert figures["inventory-5"][DESCRIBES] >= 1
    assert figures["inventory-5"][STATUS_WRITES] == 1
    assert figures["quiet-5"][WRITES] == 0
    assert figures["pods-20"][POD_LISTS] >= 1
    assert figures["scans-5"][FINDINGS] == 1
    assert (figures["resynced-5"][FINDINGS], figures["resynced-5"][WRITES]) == (0, 0)
    # By chance: 17 of 100 images in an hour, give or take four.
    assert 0 < figures["watched-5"][FINDINGS_6_HOURS] < 3
    assert max(figures[case][STATUS_BYTES] for case in ("scans-5", "watched-5")) < 8192
    writes = {"CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy"}
    created = next(line["awsCalls"] for line in lines if line["case"] == "create-5")
    assert {name: created[name] for name in writes} == dict.fromkeys(writes, 5)


@pytest.mark.parametrize("full", [False, True])
def test_every_default_case_is_one(full: bool) -> None:
    runs = [Run.of(name, Options()) for name in default_cases(None, full)]
    assert {run.kind for run in runs} == set(KINDS)
    assert {run.size for run in runs} == {1, 100, 200, 1000, *([5000, 10_000] if full else [])}


def test_a_name_says_how_many_and_how_slow() -> None:
    run = Run.of("create-200-25ms", Options())
    assert (run.kind, run.size, run.latency) == ("create", 200, 0.025)


def test_every_budget_is_one_of_a_default_case() -> None:
    parts = {
        "delete": ["delete", "deletable"],
        "refresh": ["refresh", "new"],
        "policy": ["policy", "reapplied"],
        "inventory": ["inventory", "quiet"],
        "scans": ["scans", "resynced", "watched"],
    }
    names = default_cases(None, True)
    cases = [name.replace(kind, part) for name in names for kind in KINDS for part in parts.get(kind, [kind])]
    assert [one for one in BUDGETS if not any(budget(case, one.figure) is one for case in cases)] == []


def test_a_figure_over_its_budget_is_a_miss() -> None:
    result = Result("create-200", 200, 0.0, figures={CALLS: 3.06, WRITES: 2.0})
    assert json.loads(result.to_json())["misses"] == [CALLS]


def test_writes_are_counted_by_subresource() -> None:
    line = 'apiserver_request_total{{code="{}",resource="{}",subresource="{}",verb="{}"}} {}'
    metrics = [
        (200, "ecrrepositories", "status", "APPLY", 2),
        (201, "ecrrepositories", "", "POST", 3),
        (409, "ecrrepositories", "", "POST", 1),
        (200, "ecrrepositories", "", "WATCH", 4),
        (201, "events", "", "POST", 5),
    ]
    text = "\n".join(line.format(*values) for values in metrics)
    assert requests(text) == {"status": 2, "": 4}
    assert requests(text, codes="2") == {"status": 2, "": 3}


def test_a_profile_says_which_functions_take_what() -> None:
    folded = 'thread (0x1): "aws_1";call (a.py:1);send (b.py:2) 3\nthread (0x2): "aws_2";call (a.py:9) 1\n'
    lines = summary(folded).splitlines()
    assert "  75.0 %  send (b.py)" in lines
    assert " 100.0 %  call (a.py)" in lines
    assert " 100.0 %  aws" in lines
