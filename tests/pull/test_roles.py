"""Credentials of a role: whose they are, what they may do, and what is said when they cannot be had."""

import pytest

from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.pull.seen import is_said, text_of, wait_warning, whole
from tests.pull_secrets import HOST, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}],
}


def host(account: str) -> str:
    return f"{account}.dkr.ecr.{REGION}.amazonaws.com"


@pytest.mark.parametrize(
    ("access", "may"),
    [
        ("Pull", {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}),
        (
            "PullPush",
            {
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
                "ecr:BatchCheckLayerAvailability",
                "ecr:CompleteLayerUpload",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            },
        ),
    ],
)
def test_the_session_of_a_role_is_narrowed(
    pulls: PullSecrets, aws: FakeAws, account: str, access: str, may: set[str]
) -> None:
    role = aws.create_role(account, "pull-images", policy=EVERYTHING)
    name = pulls.namespace("a")
    pulls.create(auth={"roleArn": role, "access": access, "sessionName": "team-a"})
    obj = pulls.ready()

    auths = pulls.auths(name)
    assert list(auths) == [host(account)]
    token = aws.token(auths[host(account)])
    assert (token["valid"], token["account"]) == (True, account)
    assert set(token["allowed"]) == may
    assert token["may"]["push"] is (access == "PullPush")
    assert not token["may"]["delete"]
    assert obj["status"]["identity"] == f"arn:aws:sts::{account}:assumed-role/pull-images/team-a"
    assert obj["status"]["identity"] == token["arn"]
    privilege = condition(obj, "LeastPrivilege")
    assert privilege is not None
    assert (privilege["status"], privilege["reason"]) == ("True", "SessionNarrowed")


def test_without_a_role_the_operators_own_identity_is_said_to_be_used(pulls: PullSecrets) -> None:
    pulls.namespace("a")
    pulls.create()
    obj = pulls.ready()
    privilege = condition(obj, "LeastPrivilege")
    assert privilege is not None
    assert (privilege["status"], privilege["reason"]) == ("Unknown", "OperatorIdentityUsed")
    assert "roleArn" in privilege["message"]
    assert "identity" not in obj["status"]


def test_the_external_id_has_to_be_that_of_the_trust_policy(
    pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    role = aws.create_role(account, "pull-images", external_id="right")
    name = pulls.namespace("a")
    other = pulls.namespace("other")
    pulls.create(auth={"roleArn": role}, namespaces={"include": [name]})
    missing = pulls.stalled("AssumeRoleDenied")
    assert "no external id" in text_of(missing)
    assert wait_warning(pulls, missing, "AssumeRoleDenied") == text_of(missing)

    pulls.patch(auth={"externalId": "wrong"})
    wrong = pulls.stalled("AssumeRoleDenied")
    for part in ("trust policy", "external id that was sent", "sts:AssumeRole"):
        assert part in text_of(wrong)
    assert aws.tokens(account) == []
    assert pulls.secret(name) is None
    assert "contentHash" not in wrong["status"]
    # One that cannot be had keeps nobody else from theirs.
    pulls.create("other", namespaces={"include": [other]})
    pulls.ready("other")

    pulls.patch(auth={"externalId": "right"})
    pulls.ready()
    assert aws.token(pulls.auths(name)[host(account)])["valid"]
    assert len(aws.tokens(account)) == 1


def test_a_role_that_is_gone_leaves_the_last_credentials(
    pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    role = aws.create_role(account, "pull-images")
    name = pulls.namespace("a")
    pulls.create(auth={"roleArn": role})
    pulls.ready()
    before = whole(pulls.cluster, name)

    aws.delete_role(role)
    aws.end_sessions(account)
    pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
    obj = pulls.stalled("AssumeRoleDenied")
    assert "the role exists" in text_of(obj)
    assert f"last until {obj['status']['expiresAt']}" in text_of(obj)
    assert whole(pulls.cluster, name) == before
    assert len(aws.tokens(account)) == 1

    aws.create_role(account, "pull-images")
    pulls.ready()
    pulls.wait_secret(name, lambda secret: secret["data"] != before[0]["data"])
    assert len(aws.tokens(account)) == 2


def test_a_session_policy_that_is_too_large_says_what_to_do(
    pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    role = aws.create_role(account, "pull-images")
    name = pulls.namespace("a")
    fault = aws.inject("AssumeRole", "PackedPolicyTooLarge", "The session token is too large", status=400)
    pulls.create(auth={"roleArn": role})
    obj = pulls.stalled("AssumeRoleDenied")
    assert "disableSessionTags" in text_of(obj)
    assert pulls.secret(name) is None
    assert aws.tokens(account) == []
    aws.clear(fault)
    pulls.ready()


def test_a_role_is_shared_and_two_roles_never_are(pulls: PullSecrets, aws: FakeAws, account: str) -> None:
    role, other = (aws.create_role(account, name) for name in ("pull-a", "pull-b"))
    auths = {
        "a": {"roleArn": role},
        "b": {"roleArn": role},
        "c": {"roleArn": other},
    }
    found = {}
    for short, auth in auths.items():
        name = pulls.namespace(short)
        pulls.create(short, auth=auth, namespaces={"include": [name]})
        pulls.ready(short)
        found[short] = pulls.auths(name)[host(account)]
    assert found["a"] == found["b"]
    assert found["c"] != found["a"]
    assert [aws.token(found[short])["arn"].split("/")[1] for short in "ac"] == ["pull-a", "pull-b"]
    assert len(aws.tokens(account)) == 2
    assert aws.calls()["AssumeRole"] == 2

    own = pulls.namespace("own")
    pulls.create("own", namespaces={"include": [own]})
    pulls.ready("own")
    assert aws.token(pulls.auths(own)[HOST])["account"] == ACCOUNT


def test_a_session_that_ended_is_begun_anew_within_the_refresh(
    pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    role = aws.create_role(account, "pull-images")
    name = pulls.namespace("a")
    pulls.create(auth={"roleArn": role})
    first = pulls.ready()
    aws.end_sessions(account)
    pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
    second = pulls.wait_for(
        lambda obj: obj["status"]["contentHash"] != first["status"]["contentHash"], "new credentials"
    )
    assert is_said(second, "Ready", "InSync")
    assert aws.token(pulls.auths(name)[host(account)])["valid"]
    assert aws.calls()["AssumeRole"] == 2
