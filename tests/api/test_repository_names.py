"""CEL on a real API server and AWS's own pattern agree about every name."""

import re
from collections.abc import Iterable

import botocore.session
import pytest

from tests.api.repositories import repository
from tests.api.repository_names import near_misses, valid_names
from tests.cluster import ApiError, Cluster

SEED = 20261124
ROUNDS = 5
VALID = valid_names(65, SEED)
NEAR_MISSES = near_misses(70, SEED)

_AWS = botocore.session.get_session().get_service_model("ecr").shape_for("RepositoryName").metadata


def is_aws_name(name: str) -> bool:
    return _AWS["min"] <= len(name) <= _AWS["max"] and bool(re.fullmatch(_AWS["pattern"], name))


def is_accepted(cluster: Cluster, namespace: str, object_name: str, name: str) -> bool:
    try:
        cluster.create(repository(object_name, {"repositoryName": name}, namespace))
    except ApiError as error:
        if error.status != 422 or "spec.repositoryName: " not in error.message:
            raise
        return False
    return True


def test_the_generator_makes_what_it_says() -> None:
    assert all(is_aws_name(name) for name in VALID)
    wrong = [name for name in NEAR_MISSES if not is_aws_name(name)]
    assert len(VALID) + len(NEAR_MISSES) >= 135
    assert len(wrong) > len(NEAR_MISSES) / 2


@pytest.mark.parametrize(
    "names",
    [
        *(pytest.param(VALID[n::ROUNDS], id=f"valid {n}") for n in range(ROUNDS)),
        *(pytest.param(NEAR_MISSES[n::ROUNDS], id=f"near misses {n}") for n in range(ROUNDS)),
    ],
)
def test_the_api_server_accepts_what_ecr_accepts(
    cluster: Cluster, namespace: str, names: Iterable[str]
) -> None:
    for number, name in enumerate(names):
        assert is_accepted(cluster, namespace, f"name-{number}", name) == is_aws_name(name), repr(name)
