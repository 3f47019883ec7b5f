"""A refused object is explained in one sentence that names the field."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.validation import describe

FILTERS = "imageTagMutabilityExclusionFilters"

SENTENCES: dict[str, tuple[Any, str]] = {
    "a value that this version does not know": (
        {"deletionPolicy": "Archive"},
        "`spec.deletionPolicy` must be 'Retain', 'Delete' or 'DeleteWithImages', not 'Archive'",
    ),
    "a long value is not repeated": (
        {"deletionPolicy": "A" * 41},
        "`spec.deletionPolicy` must be 'Retain', 'Delete' or 'DeleteWithImages'",
    ),
    "a value that cannot be printed is not repeated": (
        {"deletionPolicy": "a\nb"},
        "`spec.deletionPolicy` must be 'Retain', 'Delete' or 'DeleteWithImages'",
    ),
    "a value of another type is not repeated": (
        {"deletionPolicy": 3},
        "`spec.deletionPolicy` must be 'Retain', 'Delete' or 'DeleteWithImages'",
    ),
    "a nested field, and how many errors follow": (
        {FILTERS: [{"filterType": "REGEX", "filter": ""}]},
        f"`spec.{FILTERS}[0].filterType` must be 'WILDCARD', not 'REGEX' (and 1 more error)",
    ),
    "several errors": (
        {"suspend": 1, "repositoryName": "x", "tags": 2},
        "`spec.suspend` must be true or false (and 2 more errors)",
    ),
    "a missing field": (
        {"encryptionConfiguration": {}},
        "`spec.encryptionConfiguration.encryptionType` must be specified",
    ),
    "an empty list": ({FILTERS: []}, f"`spec.{FILTERS}` must hold 1 or more entries"),
    "a list that is none": ({FILTERS: {}}, f"`spec.{FILTERS}` must be a list"),
    "an object that is none": (
        {"encryptionConfiguration": "KMS"},
        "`spec.encryptionConfiguration` must be an object",
    ),
    "a map that is none": ({"tags": []}, "`spec.tags` must be a map"),
    "too many entries": (
        {"tags": {f"key{n}": "" for n in range(46)}},
        "`spec.tags` must hold 45 or fewer entries",
    ),
    "a tag's value by its key": ({"tags": {"a/b": 3}}, "`spec.tags['a/b']` must be a string"),
    "a long key is cut": ({"tags": {"a/" * 50: 3}}, f"`spec.tags['{('a/' * 32)[:63]}…']` must be a string"),
    "a short string": ({"repositoryName": "x"}, "`spec.repositoryName` must have at least 2 characters"),
    "a long string": (
        {"repositoryName": "x" * 257},
        "`spec.repositoryName` must have at most 256 characters",
    ),
    "no object at all": ([], "`spec` must be an object"),
}


@pytest.mark.parametrize(("spec", "sentence"), SENTENCES.values(), ids=SENTENCES.keys())
def test_a_refused_spec_is_explained(spec: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        EcrRepositorySpec.from_json(spec)
    assert describe(error.value) == sentence


def test_a_status_is_explained_too() -> None:
    with pytest.raises(ValidationError) as error:
        EcrRepositoryStatus.from_json({"observedGeneration": -2})
    assert describe(error.value, "status") == (
        "`status.observedGeneration` must be greater than or equal to -1"
    )


def test_an_error_of_an_unforeseen_kind_is_told_in_pydantics_words() -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(int).validate_json("[")
    assert describe(error.value).startswith("`spec` is not valid: invalid JSON")
