"""What a namespace may claim."""

import pytest

from ecr_operator.api.names import ADOPTION_ANNOTATION, REPOSITORY_NAMES_ANNOTATION
from ecr_operator.planning.tenancy import allowed_names, may_adopt, may_claim

GLOBS: dict[str, tuple[str | None, tuple[str, ...], tuple[str, ...]]] = {
    "without an annotation the setting counts": (None, ("*",), ("*",)),
    "the setting may name the namespace": (None, ("{namespace}/*", "shared"), ("team-a/*", "shared")),
    "the namespace may be named more than once": (
        None,
        ("{namespace}-x/{namespace}/*",),
        ("team-a-x/team-a/*",),
    ),
    "the annotation wins over the setting": ("web, api/*", ("*",), ("web", "api/*")),
    "the annotation may name the namespace": ("{namespace}/*", ("*",), ("team-a/*",)),
    "an empty annotation allows nothing": ("", ("*",), ()),
    "an annotation of blanks allows nothing": ("  ", ("*",), ()),
    "empty items of the list do not count": (" , web,,", ("*",), ("web",)),
}


@pytest.mark.parametrize(("annotation", "setting", "expected"), GLOBS.values(), ids=GLOBS)
def test_the_globs_of_a_namespace(
    annotation: str | None, setting: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    annotations = {} if annotation is None else {REPOSITORY_NAMES_ANNOTATION: annotation}
    assert allowed_names(annotations, setting, "team-a") == expected


NAMES: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "a star is any name": ("web", ("*",), True),
    "a star crosses slashes": ("team-a/web/front", ("*",), True),
    "a prefix": ("team-a/web", ("team-a/*",), True),
    "a prefix crosses slashes": ("team-a/web/front", ("team-a/*",), True),
    "another's prefix is not allowed": ("team-b/web", ("team-a/*",), False),
    "a name that only begins like the prefix is not allowed": ("team-abc/web", ("team-a/*",), False),
    "a glob has to match the whole name": ("x-team-a/web", ("team-a/*",), False),
    "a literal name has to match the whole name": ("web2", ("web",), False),
    "one of several is enough": ("web", ("team-a/*", "web"), True),
    "a question mark is one character": ("web1", ("web?",), True),
    "a question mark is not none": ("web", ("web?",), False),
    "a dot is a dot": ("webxv2", ("web.v2",), False),
    "no globs allow nothing": ("web", (), False),
}


@pytest.mark.parametrize(("name", "globs", "expected"), NAMES.values(), ids=NAMES)
def test_a_name_is_allowed(name: str, globs: tuple[str, ...], expected: bool) -> None:
    assert may_claim(name, globs) is expected


ADOPTION: dict[str, tuple[dict[str, str], bool, bool]] = {
    "not without the annotation": ({}, False, False),
    "with the annotation": ({ADOPTION_ANNOTATION: "Allowed"}, False, True),
    "not with another value": ({ADOPTION_ANNOTATION: "true"}, False, False),
    "not with the value in another case": ({ADOPTION_ANNOTATION: "allowed"}, False, False),
    "not with another annotation": ({REPOSITORY_NAMES_ANNOTATION: "Allowed"}, False, False),
    "everywhere, if the setting says so": ({}, True, True),
}


@pytest.mark.parametrize(("annotations", "everywhere", "expected"), ADOPTION.values(), ids=ADOPTION)
def test_a_namespace_may_adopt(annotations: dict[str, str], everywhere: bool, expected: bool) -> None:
    assert may_adopt(annotations, everywhere) is expected
