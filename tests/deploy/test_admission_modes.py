"""The modes of the shipped admission policy: by labels, for one namespace at a time."""

import json
import re
import uuid
from collections.abc import Iterator

import pytest

from tests.admission import (
    BAD_IMAGE,
    HOST,
    POLICY,
    WORKLOADS,
    Guarded,
    install,
    pod,
    workload,
)
from tests.cluster import Cluster, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane

OLD, FIXED = f"{HOST}/web:1.2", f"{HOST}/web:1.3"
KINDS = ("Pod", *WORKLOADS)
COUNTED = re.compile(
    r"^apiserver_validating_admission_policy_check_total\{(?P<labels>.*)\} (?P<count>\d+)$", re.MULTILINE
)


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """This module's own: nobody else is counted."""
    with ControlPlane() as plane:
        yield plane


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        install_crds(cluster, CRDS)
        yield from install(cluster)


@pytest.fixture(scope="module")
def denying(cluster: Cluster) -> Guarded:
    """When this one refuses, the policies are seen in all namespaces."""
    guarded = _namespace(cluster, "deny")
    guarded.report("web", BAD_IMAGE)
    return guarded


def _namespace(cluster: Cluster, mode: str | None) -> Guarded:
    return Guarded(cluster, f"mode-{uuid.uuid4().hex[:8]}", mode)


def _create(guarded: Guarded, reference: str) -> tuple[list[str], list[str]]:
    """What kubectl has created of one object of each kind, and the lines of its stderr."""
    items = [workload(kind, guarded.name, reference) for kind in KINDS]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    done = guarded.cluster.kubectl("create", "--dry-run=server", "-f", "-", input=text, check=False)
    return done.stdout.splitlines(), done.stderr.splitlines()


def _counts(plane: ControlPlane) -> dict[tuple[str, str], int]:
    """How often a binding did what, by its name and its action."""
    counts: dict[tuple[str, str], int] = {}
    for found in COUNTED.finditer(plane.apiserver_metrics()):
        labels = dict(re.findall(r'(\w+)="([^"]*)"', found["labels"]))
        key = (labels["policy_binding"].removeprefix(f"{POLICY}-"), labels["enforcement_action"])
        counts[key] = counts.get(key, 0) + int(found["count"])
    return counts


def _mode(cluster: Cluster, mode: str | None) -> Guarded:
    """A namespace in which `web` is reported, its label and report seen."""
    guarded = _namespace(cluster, "deny")
    guarded.report("web", BAD_IMAGE)
    guarded.relabel(mode)
    for _ in cluster.polls(30):
        if guarded.refusal(pod(guarded.name, OLD)) is None:
            return guarded
    raise AssertionError("the label is not seen")


def test_deny_refuses_every_kind(denying: Guarded, plane: ControlPlane) -> None:
    before = _counts(plane)
    created, said = _create(denying, OLD)
    after = _counts(plane)

    assert created == []
    assert len([line for line in said if f"the image {OLD} does not pass" in line]) == len(KINDS)
    assert _more(before, after) == {("deny", "deny"): len(KINDS), ("deny", "audit"): len(KINDS)}
    assert len(_create(denying, FIXED)[0]) == len(KINDS)


def test_warn_warns_of_every_kind_and_lets_it_through(cluster: Cluster, plane: ControlPlane) -> None:
    guarded = _mode(cluster, "warn")
    before = _counts(plane)
    created, said = _create(guarded, OLD)
    after = _counts(plane)

    assert len(created) == len(KINDS)
    assert said, "warnings"
    assert [line for line in said if not line.startswith("Warning: ") or OLD not in line] == []
    assert _more(before, after) == {("warn", "warn"): len(KINDS), ("warn", "audit"): len(KINDS)}
    assert _create(guarded, FIXED)[1] == []


def test_audit_says_nothing_and_is_counted(cluster: Cluster, plane: ControlPlane) -> None:
    guarded = _mode(cluster, "audit")
    before = _counts(plane)
    created, said = _create(guarded, OLD)
    after = _counts(plane)

    assert (len(created), said) == (len(KINDS), [])
    assert _more(before, after) == {("audit", "audit"): len(KINDS)}


@pytest.mark.parametrize("mode", [None, "", "Deny", "off"])
def test_without_a_label_of_a_mode_nothing_happens(
    cluster: Cluster, plane: ControlPlane, mode: str | None
) -> None:
    guarded = _mode(cluster, mode)
    before = _counts(plane)

    created, said = _create(guarded, OLD)

    assert (len(created), said) == (len(KINDS), [])
    assert _counts(plane) == before


def test_the_reports_of_other_namespaces_do_not_count(cluster: Cluster, denying: Guarded) -> None:
    other = _namespace(cluster, "deny")
    other.report("api")

    assert other.refusal(pod(other.name, OLD)) is None
    assert denying.refusal(pod(denying.name, OLD)) is not None


def _more(
    before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    return {key: count - before.get(key, 0) for key, count in after.items() if count != before.get(key, 0)}
