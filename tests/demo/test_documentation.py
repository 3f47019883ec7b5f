"""What the documentation says of the code is true and complete, as far as that can be checked."""

import re
from pathlib import Path

import pytest
import yaml

from ecr_operator.api.repository import EcrRepositorySpec, EcrRepositoryStatus
from ecr_operator.cli.settings_page import settings_page
from ecr_operator.reasons import Reason
from tests.cluster import Cluster

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
REPOSITORY_PAGE = (ROOT / "docs" / "ecrrepository.md").read_text()


def test_the_page_of_settings_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page(), "run `make generate`"


def test_every_reason_has_a_row_and_every_row_a_reason() -> None:
    rows: set[str] = set()
    for page in ROOT.glob("docs/*.md"):
        reasons_part = page.read_text().partition("### Reasons")[2]
        rows |= set(re.findall(r"^\| `(\w+)` \|", reasons_part, re.MULTILINE))
    assert sorted(rows) == sorted(Reason)


def test_every_field_of_the_spec_has_a_heading() -> None:
    headings = re.findall(r"^### `(\w+)`$", REPOSITORY_PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(str(field.alias) for field in EcrRepositorySpec.model_fields.values())


def test_every_field_of_the_status_has_a_row() -> None:
    part = REPOSITORY_PAGE.split("## Status")[1].split("### Conditions")[0]
    first_cells = " ".join(re.findall(r"^\| (`.*?) \|", part, re.MULTILINE))
    named = re.findall(r"`(\w+)`", first_cells)
    assert sorted(named) == sorted(str(field.alias) for field in EcrRepositoryStatus.model_fields.values())


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
    for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        for document in yaml.safe_load_all(block):
            if "apiVersion" not in document:
                continue
            document["metadata"]["namespace"] = namespace
            text = yaml.safe_dump(document)
            cluster.kubectl("apply", "--dry-run=server", "-f", "-", input=text)


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
