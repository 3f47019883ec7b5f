"""The plan is what the operator then does."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecr_operator.cli import main
from tests.api.lifecycle_policies import lifecycle_policy
from tests.fake_aws.client import FakeAws
from tests.policies import AUDIT, OTHER, RULE
from tests.repositories import KIND, Repositories
from tests.running import CLUSTER

pytestmark = pytest.mark.usefixtures("operator")


def planned(obj: Any, path: Path, capsys: pytest.CaptureFixture[str], *more: Any) -> tuple[int, list[str]]:
    """Exit code and changes of the first object."""
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [obj, *more]}))
    with pytest.raises(SystemExit) as ended:
        main(["plan", "-f", str(path), "--cluster-name", CLUSTER, "-o", "json"])
    entry, *others = json.loads(capsys.readouterr().out)["objects"]
    assert len(others) == len(more)
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


def test_the_plan_of_a_selector_is_what_the_operator_then_does(
    repositories: Repositories,
    aws: FakeAws,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster, namespace, path = repositories.cluster, repositories.namespace, tmp_path / "objects.json"
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    web = repositories.created("web")
    selects = lifecycle_policy("keep", {"repositorySelector": {}}, namespace)
    assert planned(web, path, capsys, selects) == (2, ["set the lifecycle policy (1 rule)"])

    cluster.create(selects)
    web = repositories.wait("web", "LifecyclePolicyApplied", "True")
    note = repositories.event(web, "RepositoryUpdated")["note"]
    assert note.lower() == "set the lifecycle policy (1 rule)"
    assert repositories.writes()[-1] == "PutLifecyclePolicy"
    assert planned(web, path, capsys, selects) == (0, [])
    # What is not among the manifests is known from the cluster, or not known.
    assert planned(web, path, capsys) == (0, [])
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    assert planned(web, path, capsys) == (0, [])

    nobody = {"repositorySelector": {"matchLabels": {"images": "none"}}}
    selects_less = lifecycle_policy("keep", nobody, namespace)
    assert planned(web, path, capsys, selects_less) == (2, ["remove the lifecycle policy"])
    cluster.merge_patch("EcrLifecyclePolicy", namespace, "keep", {"spec": nobody})
    web = cluster.wait_for(KIND, namespace, "web", lambda obj: "lifecyclePolicy" not in obj["status"])
    assert repositories.writes()[-1] == "DeleteLifecyclePolicy"
    assert planned(web, path, capsys) == (0, [])
