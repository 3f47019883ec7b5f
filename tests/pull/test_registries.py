"""Which hosts a Secret holds, and with which token each."""

import pytest

from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.pull.seen import dates, seconds, text_of, whole
from tests.pull_secrets import HOST, PullSecrets

pytestmark = pytest.mark.usefixtures("operator")

A, B = "222222222222", "333333333333"
FORMS = ["Standard", "DualStack", "Fips", "DualStackFips"]
PUBLIC = ["ecr-public.aws.com", "public.ecr.aws"]


def test_one_secret_holds_all_hosts_each_with_the_token_of_its_region(
    pulls: PullSecrets, aws: FakeAws
) -> None:
    name = pulls.namespace("a")
    pulls.create(
        registries=[
            {},
            {"accounts": [A]},
            {"region": "us-east-1", "accounts": [A, B], "hosts": FORMS},
            {"region": "eu-central-1"},
            {"public": True},
        ]
    )
    obj = pulls.ready()
    regions = {
        HOST: REGION,
        f"{A}.dkr.ecr.{REGION}.amazonaws.com": REGION,
        f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com": "eu-central-1",
        **dict.fromkeys(PUBLIC, "us-east-1"),
    }
    for account in (A, B):
        regions |= dict.fromkeys(
            (
                f"{account}.dkr.ecr.us-east-1.amazonaws.com",
                f"{account}.dkr-ecr.us-east-1.on.aws",
                f"{account}.dkr.ecr-fips.us-east-1.amazonaws.com",
                f"{account}.dkr-ecr-fips.us-east-1.on.aws",
            ),
            "us-east-1",
        )
    auths = pulls.auths(name)
    assert set(auths) == set(regions)
    for host, region in regions.items():
        token = aws.token(auths[host])
        assert (token["valid"], token["region"], token["public"]) == (True, region, host in PUBLIC), host
    assert len(set(auths.values())) == 4
    # EcrRepositories of other tests may be on their way.
    tokens = {name: count for name, count in aws.calls().items() if name.endswith("GetAuthorizationToken")}
    assert tokens == {"GetAuthorizationToken": 3, "ecr-public:GetAuthorizationToken": 1}
    assert [entry["host"] for entry in obj["status"]["registries"]] == sorted(regions)


def test_a_public_token_ends_with_its_session(pulls: PullSecrets, aws: FakeAws, account: str) -> None:
    role = aws.create_role(account, "pull-images")
    aws.set_session_life(1800)
    name = pulls.namespace("a")
    pulls.create(auth={"roleArn": role}, registries=[{}, {"public": True}])
    status = pulls.ready()["status"]
    token = aws.token(pulls.auths(name)["public.ecr.aws"])
    assert token["public"]
    assert seconds(token["ends"]) < seconds(token["expires_at"])
    assert abs(seconds(status["expiresAt"]) - seconds(token["ends"])) <= 1
    assert seconds(status["nextRefreshAt"]) < seconds(token["ends"])


def test_a_part_that_fails_changes_nothing(pulls: PullSecrets, aws: FakeAws) -> None:
    name = pulls.namespace("a")
    pulls.create(registries=[{}, {"public": True}])
    first = pulls.ready()
    before = whole(pulls.cluster, name)
    aws.allow_only(ACCOUNT, ["ecr:*"])
    try:
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        obj = pulls.stalled("AccessDenied")
        assert "ecr-public:GetAuthorizationToken" in text_of(obj)
        assert dates(obj) == dates(first)
        assert whole(pulls.cluster, name) == before
    finally:
        aws.allow_only(ACCOUNT, None)
    pulls.ready()
    pulls.wait_secret(name, lambda secret: secret["data"] != before[0]["data"])


def test_a_secret_does_not_begin_with_a_part_of_its_hosts(
    pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    private = {"Statement": [{"Effect": "Allow", "Action": ["ecr:*"], "Resource": ["*"]}]}
    both = {"Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]}
    role = aws.create_role(account, "pull-images", policy={"Version": "2012-10-17", **private})
    name = pulls.namespace("a")
    pulls.create(auth={"roleArn": role}, registries=[{}, {"public": True}])
    obj = pulls.stalled("AccessDenied")
    assert "contentHash" not in obj["status"]
    assert pulls.secret(name) is None

    aws.create_role(account, "pull-images", policy={"Version": "2012-10-17", **both})
    aws.end_sessions(account)
    pulls.ready()
    assert {aws.token(text)["valid"] for text in pulls.auths(name).values()} == {True}
    # What could be had was kept meanwhile.
    assert [token["public"] for token in aws.tokens(account)] == [False, True]
