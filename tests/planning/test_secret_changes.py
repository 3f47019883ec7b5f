"""What is sent for each change of a namespace, and how a person reads it."""

from dataclasses import replace
from typing import Any

import pytest

from ecr_operator.planning.secret_changes import (
    ApplySecret,
    CreateSecret,
    DeleteSecret,
    NamespaceChange,
    PatchServiceAccount,
    RemoveOwnerReferences,
    owners_of,
)
from ecr_operator.planning.secret_data import Format
from tests.planning.pull_samples import NAMESPACE, PASSWORD, token, wanted
from tests.planning.pull_world import patched

ECR = wanted()
TESTS = [
    {"op": "test", "path": "/metadata/uid", "value": "u"},
    {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
]
RECORD = "/metadata/annotations/ecr-operator.dev~1pull-secrets"
CREATE = CreateSecret(NAMESPACE, ECR)
PATCH = PatchServiceAccount(NAMESPACE, "default", "u", "7", owners=frozenset({"ecr"}))


def test_a_created_secret() -> None:
    assert CREATE.manifest() == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "pull",
            "namespace": NAMESPACE,
            "labels": {
                "app.kubernetes.io/managed-by": "ecr-operator",
                "ecr-operator.dev/pull-secret": "ecr",
            },
            "ownerReferences": [
                {
                    "apiVersion": "ecr-operator.dev/v1alpha1",
                    "kind": "EcrPullSecret",
                    "name": "ecr",
                    "uid": "uid-of-ecr",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "type": "kubernetes.io/dockerconfigjson",
        "data": dict(ECR.data or {}),
    }


def test_a_retained_secret_has_no_owner() -> None:
    manifest = CreateSecret(NAMESPACE, replace(ECR, retain=True)).manifest()
    assert "ownerReferences" not in manifest["metadata"]


def test_a_secret_for_argo_cd_has_its_label() -> None:
    manifest = CreateSecret(NAMESPACE, wanted(format=Format.ARGO_CD_REPO_CREDS)).manifest()
    assert manifest["metadata"]["labels"]["argocd.argoproj.io/secret-type"] == "repo-creds"


def test_an_applied_secret_names_the_one_that_was_seen() -> None:
    manifest = ApplySecret(NAMESPACE, ECR, "uid-1").manifest()
    assert manifest["metadata"].pop("uid") == "uid-1"
    assert manifest == CREATE.manifest()


def test_all_namespaces_get_the_same_bytes() -> None:
    assert CREATE.manifest()["data"] == CreateSecret("team-b", ECR).manifest()["data"]


def test_owner_references_go_from_the_last() -> None:
    change = RemoveOwnerReferences(NAMESPACE, "pull", "u", "7", "ecr", (0, 2))
    assert change.patch() == [
        *TESTS,
        {"op": "remove", "path": "/metadata/ownerReferences/2"},
        {"op": "remove", "path": "/metadata/ownerReferences/0"},
    ]


PATCHES: dict[str, tuple[PatchServiceAccount, list[dict[str, Any]]]] = {
    "the first entry": (
        replace(PATCH, add=("pull",), record="pull=ecr", had_list=False, had_annotations=False),
        [
            {"op": "add", "path": "/imagePullSecrets", "value": []},
            {"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "pull"}},
            {"op": "add", "path": "/metadata/annotations", "value": {}},
            {"op": "add", "path": RECORD, "value": "pull=ecr"},
        ],
    ),
    "an entry after others": (
        replace(PATCH, add=("pull",), record="pull=ecr"),
        [
            {"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "pull"}},
            {"op": "add", "path": RECORD, "value": "pull=ecr"},
        ],
    ),
    "entries that go, the last first": (
        replace(PATCH, remove=((0, "a"), (3, "b")), had_record=True),
        [
            {"op": "remove", "path": "/imagePullSecrets/3"},
            {"op": "remove", "path": "/imagePullSecrets/0"},
            {"op": "remove", "path": RECORD},
        ],
    ),
    "one that goes and one that comes": (
        replace(PATCH, add=("b",), remove=((0, "a"),), record="b=ecr", had_record=True),
        [
            {"op": "remove", "path": "/imagePullSecrets/0"},
            {"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "b"}},
            {"op": "add", "path": RECORD, "value": "b=ecr"},
        ],
    ),
}


@pytest.mark.parametrize(("change", "operations"), PATCHES.values(), ids=PATCHES)
def test_a_service_account_is_patched(change: PatchServiceAccount, operations: list[dict[str, Any]]) -> None:
    assert change.patch() == [*TESTS, *operations]


def test_other_entries_keep_content_and_order() -> None:
    entries = [{"name": "a"}, {"name": "argo"}, {}, {"name": "b"}, {"name": "helm", "x": 1}]
    document = {"metadata": {"uid": "u", "resourceVersion": "7"}, "imagePullSecrets": entries}
    change = replace(PATCH, add=("c",), remove=((0, "a"), (3, "b")))
    after = patched(change.patch(), document)["imagePullSecrets"]
    assert after == [{"name": "argo"}, {}, {"name": "helm", "x": 1}, {"name": "c"}]


TEXTS: dict[str, tuple[NamespaceChange, str]] = {
    "a creation": (CREATE, "create Secret team-a/pull"),
    "an update": (
        ApplySecret(NAMESPACE, ECR, "u", what="data, owner"),
        "update Secret team-a/pull (data, owner)",
    ),
    "an adoption": (ApplySecret(NAMESPACE, ECR, "u", adopts=True), "adopt Secret team-a/pull (data)"),
    "a deletion": (DeleteSecret(NAMESPACE, "pull", "u", "ecr"), "delete Secret team-a/pull"),
    "an owner that goes": (
        RemoveOwnerReferences(NAMESPACE, "pull", "u", "7", "ecr", (0,)),
        "remove the owner reference of Secret team-a/pull",
    ),
    "entries": (
        replace(PATCH, add=("b", "c"), remove=((0, "a"),)),
        "service account team-a/default: add b, c and remove a",
    ),
    "a record": (PATCH, "service account team-a/default: correct our record"),
}


@pytest.mark.parametrize(("change", "text"), TEXTS.values(), ids=TEXTS)
def test_a_change_as_a_person_reads_it(change: NamespaceChange, text: str) -> None:
    assert change.describe() == text
    assert owners_of(change) == {"ecr"}


@pytest.mark.parametrize("change", [change for change, _ in TEXTS.values()], ids=TEXTS)
def test_no_change_shows_a_token(change: NamespaceChange) -> None:
    shown = f"{change!r} {change} {change.describe()}"
    assert PASSWORD not in shown
    assert token() not in shown
    assert not any(text in shown for text in (ECR.data or {}).values())


def test_what_differs_is_for_readers_alone() -> None:
    assert ApplySecret(NAMESPACE, ECR, "u", what="labels") == ApplySecret(NAMESPACE, ECR, "u")
