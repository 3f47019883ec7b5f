"""What the documentation says of the code is true and complete, as far as that can be checked."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from ecr_operator.api.access import Access, Grant, LambdaGrant
from ecr_operator.api.kind import Kind
from ecr_operator.api.kinds import KINDS
from ecr_operator.api.lifecycle_policy import (
    EcrLifecyclePolicySpec,
    EcrLifecyclePolicyStatus,
    LifecyclePolicyState,
)
from ecr_operator.api.meta import CommonSpec, CommonStatus
from ecr_operator.api.names import API_VERSION
from ecr_operator.api.pull_secret import EcrPullSecretSpec, EcrPullSecretStatus
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.cli.settings_page import settings_page
from ecr_operator.metrics import Metrics
from ecr_operator.planning import changes
from ecr_operator.planning.access import PULL, PUSH, granted_statements
from ecr_operator.planning.naming import Place
from ecr_operator.planning.statement_check import statement_problem
from ecr_operator.reasons import Reason
from tests.cluster import Cluster

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
REPOSITORY_PAGE = (ROOT / "docs" / "ecrrepository.md").read_text()
LIFECYCLE_PAGE = (ROOT / "docs" / "ecrlifecyclepolicy.md").read_text()
BY_KIND = ["EcrRepository", "EcrLifecyclePolicy", "EcrPullSecret"]
METRICS_PAGE = (ROOT / "docs" / "metrics.md").read_text()
PULL_SECRET_PAGE = (ROOT / "docs" / "ecrpullsecret.md").read_text()


def test_every_kind_has_a_page() -> None:
    assert [kind.kind for kind in KINDS] == BY_KIND
    assert {f"{kind.lower()}.md" for kind in BY_KIND} <= {page.name for page in PAGES}


def test_the_page_of_settings_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page(), "run `make generate`"


def test_every_reason_has_a_row_and_every_row_a_reason() -> None:
    rows: set[str] = set()
    for page in ROOT.glob("docs/*.md"):
        reasons_part = page.read_text().partition("### Reasons")[2]
        rows |= set(re.findall(r"^\| `(\w+)` \|", reasons_part, re.MULTILINE))
    assert sorted(rows) == sorted(Reason)


@pytest.mark.parametrize(
    ("page", "spec"),
    [
        (REPOSITORY_PAGE, EcrRepositorySpec),
        (LIFECYCLE_PAGE, EcrLifecyclePolicySpec),
        (PULL_SECRET_PAGE, EcrPullSecretSpec),
    ],
    ids=BY_KIND,
)
def test_every_field_of_the_spec_has_a_heading(page: str, spec: type[CommonSpec]) -> None:
    headings = re.findall(r"^### `(\w+)`$", page, re.MULTILINE)
    assert sorted(headings) == sorted(str(field.alias) for field in spec.model_fields.values())


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (REPOSITORY_PAGE, EcrRepositoryStatus),
        (LIFECYCLE_PAGE, EcrLifecyclePolicyStatus),
        (PULL_SECRET_PAGE, EcrPullSecretStatus),
    ],
    ids=BY_KIND,
)
def test_every_field_of_the_status_has_a_row(page: str, status: type[CommonStatus]) -> None:
    part = page.split("## Status")[1].split("### Conditions")[0]
    first_cells = " ".join(re.findall(r"^\| (`.*?) \|", part, re.MULTILINE))
    named = re.findall(r"`(\w+)`", first_cells)
    assert sorted(named) == sorted(str(field.alias) for field in status.model_fields.values())


@pytest.mark.parametrize("kind", KINDS, ids=BY_KIND)
def test_every_column_of_get_is_named(kind: Kind) -> None:
    page = (ROOT / "docs" / f"{kind.kind.lower()}.md").read_text()
    told = page.partition(f"\n`kubectl get {kind.short_name}` shows ")[2]
    shown, _, wide = re.split(r"\.\s", told)[0].partition("`-o wide`")
    for text, is_wide in ((shown, False), (wide, True)):
        names = [column.name.upper() for column in kind.columns if column.wide == is_wide]
        assert re.findall(r"`([A-Z-]+)`", text) == names


def test_every_state_of_a_lifecycle_policy_has_a_row() -> None:
    table = LIFECYCLE_PAGE.partition("| state | meaning |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(LifecyclePolicyState)


def test_every_series_of_the_metrics_has_a_row_with_its_labels() -> None:
    metrics = Metrics()
    metrics.count_objects(lambda: [(("EcrRepository", "True", "InSync"), 1)])
    metrics.count_expiries(lambda: [(("ecr-pull", "host"), 1.0)])
    metrics.count_findings(lambda: [(("team-a", "web", "CRITICAL"), 1.0)])
    rows = re.findall(r"^\| `(ecr_operator_\w+)` \| (\w+) \| (.*?) \|", METRICS_PAGE, re.MULTILINE)
    found = {name: (type, re.findall(r"`(\w+)`", labels)) for name, type, labels in rows}

    assert sorted(found) == sorted(
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.registry.collect()
    )
    for family in metrics.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert found[name][0] == family.type
        for sample in family.samples:
            assert found[name][1] == list(sample.labels)
    labelled = {
        f"{one._name}_total" if one._type == "counter" else one._name: list(one._labelnames)
        for one in vars(metrics).values()
        if isinstance(one, MetricWrapperBase)
    }
    assert {name: found[name][1] for name in labelled} == labelled


def test_every_part_that_is_managed_is_named() -> None:
    row = next(line for line in REPOSITORY_PAGE.splitlines() if line.startswith("| `managed`"))
    parts = {changes.REPOSITORY, changes.MUTABILITY, changes.SCANNING, changes.LIFECYCLE}
    parts |= {changes.tag_part("<key>"), changes.statement_part("<Sid>")}
    assert set(re.findall(r"`([^`]+)`", row)) - {"managed"} == parts


def test_every_statement_of_a_grant_has_a_row_with_its_actions() -> None:
    account, arn = "123456789012", "arn:aws:iam::123456789012:role/builder"
    grant = Grant(
        accounts=(account,),
        principals=(arn,),
        organizations=("o-a1b2c3d4e5",),
        services=("codebuild.amazonaws.com",),
    )
    access = Access(pull=grant, push=grant, lambda_=LambdaGrant(accounts=(account,)))
    made = granted_statements(access, Place("aws", "eu-west-1", account))
    names = {PULL: "pull", PUSH: "push"}

    rows = re.findall(r"^\| `[a-z].* \| `(EcrOperator\w+)` \|.*\| (\w+) \|$", REPOSITORY_PAGE, re.MULTILINE)
    assert rows == [(one["Sid"], names[tuple(one["Action"])]) for one in made]
    for actions, name in names.items():
        row = next(line for line in REPOSITORY_PAGE.splitlines() if line.startswith(f"| {name} | `ecr:"))
        assert tuple(re.findall(r"`(ecr:\w+)`", row)) == actions


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        linked = page.parent / path if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_manifests_are_accepted(page: Path, cluster: Cluster, namespace: str) -> None:
    for document in manifests(page):
        document["metadata"]["namespace"] = namespace
        text = yaml.safe_dump(document)
        cluster.kubectl("apply", "--dry-run=server", "-f", "-", input=text)
        statements = document["spec"].get("repositoryPolicy", {}).get("statements", [])
        assert statement_problem(statements, Place("aws", "eu-west-1"), "documented") is None


AROUND: dict[str, dict[str, Any]] = {
    "EcrRepository": {},
    "EcrLifecyclePolicy": {},
    "EcrPullSecret": {"registries": [{}], "namespaces": {"include": ["*"]}},
}
"""What each kind's spec cannot be without."""


def manifests(page: Path) -> list[dict[str, Any]]:
    """The objects in a page's YAML; where only a part of a `spec` is shown, the page's kind around it."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    shown = [document for block in blocks for document in yaml.safe_load_all(block)]
    objects = [one for one in shown if isinstance(one, dict) and "spec" in one]
    kind = next((kind for kind in BY_KIND if page.name == f"{kind.lower()}.md"), "EcrRepository")
    return [
        one
        if "kind" in one
        else {
            "apiVersion": API_VERSION,
            "kind": kind,
            "metadata": {"name": "documented"},
            "spec": AROUND[kind] | one["spec"],
        }
        for one in objects
    ]


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
