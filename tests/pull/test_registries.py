"""Which hosts a Secret holds, and with which token each."""

import pytest

from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.pull.seen import seconds, text_of, whole
from tests.pull_secrets import HOST, PullSecrets, auths
from tests.waiting import until

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


def test_a_part_that_fails_stays_and_the_others_are_refreshed(pulls: PullSecrets, aws: FakeAws) -> None:
    name = pulls.namespace("a")
    pulls.create(registries=[{}, {"public": True}])
    first = pulls.ready()
    before, uid = pulls.auths(name), whole(pulls.cluster, name)[0]["metadata"]["uid"]
    aws.allow_only(ACCOUNT, ["ecr:*"])
    try:
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        obj = pulls.stalled("AccessDenied")
        assert "ecr-public:GetAuthorizationToken" in text_of(obj)
        assert "those of the other registries are fresh" in text_of(obj)
        # It lasts as long as the part that ends first.
        assert obj["status"]["expiresAt"] == first["status"]["expiresAt"]
        pulls.wait_secret(name, lambda found: auths(found) != before)
        fresh = pulls.auths(name)
        assert {host for host in before if fresh[host] == before[host]} == set(PUBLIC)
        # A further try asks for what is missing alone.
        given, tries = len(aws.tokens(ACCOUNT)), _tries(aws)
        until(pulls.cluster, lambda: _tries(aws) > tries, "further try")
        assert len(aws.tokens(ACCOUNT)) == given
    finally:
        aws.allow_only(ACCOUNT, None)
    pulls.ready()
    pulls.wait_secret(name, lambda found: auths(found)[PUBLIC[0]] != before[PUBLIC[0]])
    assert pulls.auths(name)[HOST] == fresh[HOST]
    assert pulls.secret(name)["metadata"]["uid"] == uid  # type: ignore[index]


def _tries(aws: FakeAws) -> int:
    return len(aws.attempts(account=ACCOUNT, operation="ecr-public:GetAuthorizationToken"))


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
