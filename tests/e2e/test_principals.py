"""A principal that AWS does not find: waited for as long as a new one may take, then said, then healed."""

import pytest

from tests.fake_aws.client import REGION, FakeAws
from tests.policies import OTHER, policy, statements
from tests.repositories import Repositories, condition, message

pytestmark = pytest.mark.usefixtures("operator")

CAUSES = ("made moments ago", "does not exist", f"not enabled the Region {REGION}")


def role(repositories: Repositories) -> str:
    """A role that no other test knows."""
    return f"arn:aws:iam::{OTHER}:role/{repositories.namespace}"


def grant(*principals: str) -> dict[str, object]:
    return {"pull": {"principals": list(principals)}}


def test_a_role_that_was_just_made_is_waited_for(repositories: Repositories, aws: FakeAws) -> None:
    aws.delete_principal(role(repositories))
    repositories.create("web", access=grant(role(repositories)))

    obj = repositories.reconciling("web", "PrincipalNotFound")
    assert role(repositories) in message(obj)
    assert condition(obj, "Reconciling") is not None
    assert condition(obj, "Stalled") is None

    aws.create_principal(role(repositories), visible_after=0.2)
    repositories.ready("web")
    assert list(statements(aws, repositories.name("web"))) == ["EcrOperatorPull"]


def test_a_role_that_never_comes_is_said_with_its_causes_and_healed_when_it_does(
    repositories: Repositories, aws: FakeAws
) -> None:
    aws.delete_principal(role(repositories))
    repositories.create("web", access=grant(role(repositories)), tags={"a": "1"})

    obj = repositories.stalled("web", "PrincipalNotFound")
    assert role(repositories) in message(obj)
    for cause in CAUSES:
        assert cause in message(obj)
    # The rest of the spec is in force, and what AWS refused is not recorded as ours.
    assert obj["status"]["managed"] == ["repository", "tags/a"]
    assert obj["status"]["repositoryUri"]

    aws.create_principal(role(repositories))
    obj = repositories.ready("web")
    assert "statements/EcrOperatorPull" in obj["status"]["managed"]


def test_what_was_taken_back_before_aws_refused_is_no_longer_recorded(
    repositories: Repositories, aws: FakeAws
) -> None:
    aws.delete_principal(role(repositories))
    repositories.created("web", tags={"a": "1"})
    repositories.patch("web", tags=None, access=grant(role(repositories)))
    obj = repositories.stalled("web", "PrincipalNotFound")
    assert repositories.writes()[-1] == "UntagResource"
    assert obj["status"]["managed"] == ["repository"]


def test_a_principal_that_goes_leaves_its_id_and_is_set_anew_when_it_is_there_again(
    repositories: Repositories, aws: FakeAws
) -> None:
    """A role of the same name that was made anew is not the one that the policy means."""
    aws.create_principal(role(repositories))
    repositories.created("web", access=grant(role(repositories)))
    aws.delete_principal(role(repositories))

    repositories.annotate("web", "ecr-operator.dev/reconcile", "now")
    obj = repositories.stalled("web", "PrincipalNotFound")
    assert role(repositories) in message(obj)

    aws.create_principal(role(repositories))
    obj = repositories.ready("web")
    found = statements(aws, repositories.name("web"))["EcrOperatorPull"]
    assert found["Principal"] == {"AWS": role(repositories)}


def test_a_foreign_statement_of_a_deleted_principal_is_named(
    repositories: Repositories, aws: FakeAws
) -> None:
    """AWS takes no policy any more that holds it, and it is not ours to remove."""
    name = repositories.name("web")
    repositories.created("web")
    aws.create_principal(role(repositories))
    foreign = {
        "Sid": "Foreign",
        "Effect": "Allow",
        "Principal": {"AWS": role(repositories)},
        "Action": "ecr:BatchGetImage",
    }
    aws.put_policy(name, policy(foreign))
    unique_id = aws.delete_principal(role(repositories))

    repositories.patch("web", access={"pull": {"accounts": [OTHER]}})
    obj = repositories.stalled("web", "PrincipalNotFound")
    assert unique_id in message(obj)
    assert list(statements(aws, name)) == ["Foreign"]


def test_a_policy_that_aws_calls_invalid_is_said_with_the_statements(
    repositories: Repositories, aws: FakeAws
) -> None:
    aws.inject(
        "SetRepositoryPolicy",
        "InvalidParameterException",
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy "
        """provided' {"Version": "2012-10-17"}""",
        prefix=repositories.name("web"),
    )
    repositories.create("web", access={"pull": {"services": ["nosuch.amazonaws.com"]}})
    obj = repositories.stalled("web", "InvalidPolicy")
    assert "EcrOperatorPullServices" in message(obj)
    assert "2012-10-17" not in message(obj)
