"""Which namespaces an EcrPullSecret selects."""

from dataclasses import replace

import pytest

from ecr_operator.planning.label_selector import LabelSelector, Operator, Requirement
from ecr_operator.planning.namespace_selection import Namespace, NamespaceSelection

TEAM_A = Namespace("team-a", {"team": "a", "kubernetes.io/metadata.name": "team-a"})
ALL = LabelSelector()


def by(key: str, operator: Operator, *values: str) -> LabelSelector:
    return LabelSelector(match_expressions=(Requirement(key, operator, values),))


CASES: dict[str, tuple[NamespaceSelection, bool]] = {
    "nothing selects nothing": (NamespaceSelection(), False),
    "only an exclusion selects nothing": (NamespaceSelection(exclude=("team-b",)), False),
    "the empty selector selects all": (NamespaceSelection(selector=ALL), True),
    "a name": (NamespaceSelection(include=("team-a",)), True),
    "another name": (NamespaceSelection(include=("team-b",)), False),
    "one of several names": (NamespaceSelection(include=("team-b", "team-a")), True),
    "a name that only begins so": (NamespaceSelection(include=("team",)), False),
    "a glob": (NamespaceSelection(include=("team-*",)), True),
    "a glob of one character": (NamespaceSelection(include=("team-?",)), True),
    "a glob of another": (NamespaceSelection(include=("prod-*",)), False),
    "all names": (NamespaceSelection(include=("*",)), True),
    "all but itself": (NamespaceSelection(include=("*",), exclude=("team-a",)), False),
    "all but a glob": (NamespaceSelection(selector=ALL, exclude=("team-*",)), False),
    "all but another": (NamespaceSelection(include=("*",), exclude=("kube-*",)), True),
    "an exclusion of everything": (NamespaceSelection(include=("team-a",), exclude=("*",)), False),
    "a label": (NamespaceSelection(selector=LabelSelector({"team": "a"})), True),
    "a label with another value": (NamespaceSelection(selector=LabelSelector({"team": "b"})), False),
    "a label that is not there": (NamespaceSelection(selector=LabelSelector({"env": "a"})), False),
    "two labels, one is not there": (
        NamespaceSelection(selector=LabelSelector({"team": "a", "env": "x"})),
        False,
    ),
    "both, and both match": (NamespaceSelection(include=("team-*",), selector=by("team", "Exists")), True),
    "both, only the name matches": (
        NamespaceSelection(include=("team-*",), selector=by("x", "Exists")),
        False,
    ),
    "both, only the label matches": (
        NamespaceSelection(include=("x",), selector=by("team", "Exists")),
        False,
    ),
    "In": (NamespaceSelection(selector=by("team", "In", "b", "a")), True),
    "In others": (NamespaceSelection(selector=by("team", "In", "b")), False),
    "In without the label": (NamespaceSelection(selector=by("env", "In", "a")), False),
    "NotIn": (NamespaceSelection(selector=by("team", "NotIn", "b")), True),
    "NotIn its own": (NamespaceSelection(selector=by("team", "NotIn", "a", "b")), False),
    "NotIn without the label": (NamespaceSelection(selector=by("env", "NotIn", "a")), True),
    "Exists": (NamespaceSelection(selector=by("team", "Exists")), True),
    "Exists without the label": (NamespaceSelection(selector=by("env", "Exists")), False),
    "DoesNotExist": (NamespaceSelection(selector=by("team", "DoesNotExist")), False),
    "DoesNotExist without the label": (NamespaceSelection(selector=by("env", "DoesNotExist")), True),
    "labels and expressions, and both are fulfilled": (
        NamespaceSelection(selector=replace(by("env", "NotIn", "x"), match_labels={"team": "a"})),
        True,
    ),
    "labels and expressions, and one is not fulfilled": (
        NamespaceSelection(selector=replace(by("env", "Exists"), match_labels={"team": "a"})),
        False,
    ),
}


@pytest.mark.parametrize(("selection", "expected"), CASES.values(), ids=CASES)
def test_a_namespace_is_selected(selection: NamespaceSelection, expected: bool) -> None:
    assert selection.selects(TEAM_A) is expected


@pytest.mark.parametrize("selection", [case[0] for case in CASES.values()], ids=CASES)
def test_one_that_is_being_deleted_never_is(selection: NamespaceSelection) -> None:
    assert not selection.selects(replace(TEAM_A, terminating=True))


def test_an_empty_value_is_a_value() -> None:
    namespace = Namespace("x", {"team": ""})
    assert by("team", "In", "").matches(namespace.labels)
    assert not by("team", "NotIn", "").matches(namespace.labels)
    assert LabelSelector({"team": ""}).matches(namespace.labels)
    assert not LabelSelector({"team": ""}).matches({})


NAMES: dict[str, tuple[NamespaceSelection, tuple[str, ...] | None]] = {
    "names": (NamespaceSelection(include=("a", "b")), ("a", "b")),
    "a glob": (NamespaceSelection(include=("a", "b*")), None),
    "a glob of characters": (NamespaceSelection(include=("a[bc]",)), None),
    "a selector": (NamespaceSelection(selector=ALL), None),
    "names and a selector": (NamespaceSelection(include=("a",), selector=ALL), ("a",)),
    "nothing": (NamespaceSelection(), None),
}


@pytest.mark.parametrize(("selection", "expected"), NAMES.values(), ids=NAMES)
def test_the_only_namespaces_that_can_be_selected(
    selection: NamespaceSelection, expected: tuple[str, ...] | None
) -> None:
    assert selection.names == expected
