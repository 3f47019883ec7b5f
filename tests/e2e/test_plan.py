"""The plan is what the operator then does."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecr_operator.cli import main
from tests.fake_aws.client import FakeAws
from tests.policies import AUDIT, OTHER, RULE
from tests.repositories import Repositories
from tests.running import CLUSTER

pytestmark = pytest.mark.usefixtures("operator")


def planned(obj: Any, path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit code and changes."""
    path.write_text(json.dumps(obj))
    with pytest.raises(SystemExit) as ended:
        main(["plan", "-f", str(path), "--cluster-name", CLUSTER, "-o", "json"])
    (entry,) = json.loads(capsys.readouterr().out)["objects"]
    return int(ended.value.code or 0), [change["description"] for change in entry.get("changes", [])]


def test_the_plan_of_an_edit_is_what_the_event_then_says(
    repositories: Repositories,
    aws: FakeAws,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    before = repositories.created(
        "web", tags={"a": "1"}, access={"pull": {"accounts": [OTHER]}}, lifecyclePolicy={"rules": [RULE]}
    )
    assert planned(before, tmp_path / "web.json", capsys) == (0, [])

    edit = {"tags": None, "access": None, "repositoryPolicy": {"statements": [AUDIT]}}
    edit |= {"lifecyclePolicy": {"rules": [RULE | {"rulePriority": 5}]}}
    edited = before | {"spec": before["spec"] | edit}
    code, changes = planned(edited, tmp_path / "web.json", capsys)
    assert code == 2
    assert changes == [
        "remove tags a",
        "replace the lifecycle policy (1 rule)",
        "set the repository policy (add Audit; remove EcrOperatorPull)",
    ]

    repositories.patch("web", **edit)
    obj = repositories.ready("web")
    note = repositories.event(obj, "RepositoryUpdated")["note"]
    assert note.lower() == "; ".join(changes).lower()
    assert planned(obj, tmp_path / "web.json", capsys) == (0, [])
