"""What a session of a pull credential may do."""

import json
from typing import Any

import pytest

from ecr_operator.planning.session_policy import PUBLIC_PUSH, PUSH, Access, session_policy

PULL_ONLY = {
    "ecr:GetAuthorizationToken",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchImportUpstreamImage",
}
PUBLIC = {"ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"}

CASES: dict[str, tuple[Access, bool, bool, set[str]]] = {
    "pull": ("Pull", True, False, PULL_ONLY),
    "pull, public too": ("Pull", True, True, PULL_ONLY | PUBLIC),
    "pull, public only": ("Pull", False, True, PUBLIC),
    "push": ("PullPush", True, False, PULL_ONLY | set(PUSH)),
    "push, public too": ("PullPush", True, True, PULL_ONLY | set(PUSH) | PUBLIC | set(PUBLIC_PUSH)),
}


@pytest.mark.parametrize(("access", "private", "public", "actions"), CASES.values(), ids=CASES)
def test_a_session_may_do_this_and_no_more(
    access: Access, private: bool, public: bool, actions: set[str]
) -> None:
    text = session_policy(access, private=private, public=public)
    policy: dict[str, Any] = json.loads(text)
    assert set(policy) == {"Version", "Statement"}
    assert policy["Version"] == "2012-10-17"
    assert policy["Statement"]["Effect"] == "Allow"
    assert policy["Statement"]["Resource"] == "*"
    assert set(policy["Statement"]["Action"]) == actions


def test_push_is_what_docker_push_calls() -> None:
    assert {action.removeprefix("ecr:") for action in PUSH} == {
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    }


def test_nothing_deletes_or_grants() -> None:
    text = session_policy("PullPush", public=True)
    assert not [word for word in ("Delete", "Policy", "Tag", "CreateRepository", ":*") if word in text]


def test_the_text_is_short() -> None:
    assert len(session_policy("PullPush", public=True)) < 700
    assert len(session_policy("Pull")) < 220
    assert " " not in session_policy("PullPush", public=True)


def test_equal_sessions_have_equal_texts() -> None:
    assert session_policy("Pull") == session_policy("Pull", private=True, public=False)


def test_a_session_for_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no registry"):
        session_policy("Pull", private=False, public=False)
