"""A 404 proves an object's absence only where it names the object."""

import pytest

from ecr_operator.kube.errors import KubeError, says_absent

CASES: dict[str, tuple[KubeError, bool]] = {
    "the API server has looked for it": (
        KubeError(404, "NotFound", 'things.example.com "a" not found'),
        True,
    ),
    "it has looked for another": (KubeError(404, "NotFound", 'things.example.com "ab" not found'), False),
    "it does not serve the kind": (
        KubeError(404, "NotFound", "the server could not find the requested resource"),
        False,
    ),
    "a proxy": (KubeError(404), False),
    "a refusal that names it": (KubeError(403, "Forbidden", 'things.example.com "a" is forbidden'), False),
}


@pytest.mark.parametrize(("error", "absent"), CASES.values(), ids=CASES.keys())
def test_what_says_that_there_is_none(error: KubeError, absent: bool) -> None:
    assert says_absent(error, "a") is absent
