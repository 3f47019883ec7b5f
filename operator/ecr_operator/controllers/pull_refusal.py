"""What an EcrPullSecret may not ask of this operator, by the operator's settings."""

from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.planning.plan import Stalled
from ecr_operator.reasons import Reason
from ecr_operator.settings import Settings


def refusal_of(subject: PullSubject, settings: Settings) -> Stalled | None:
    """Why its spec is not worked on, whatever AWS says."""
    if subject.spec.auth is None and not settings.own_identity_tokens:
        return Stalled(
            Reason.OPERATOR_IDENTITY_REFUSED,
            "The operator may not hand out its own identity (ECR_OPERATOR_OWN_IDENTITY_TOKENS is false); "
            "set `auth.roleArn`",
        )
    if subject.service_accounts and not settings.service_accounts:
        return Stalled(
            Reason.UNSUPPORTED_SPEC,
            "This operator does not see service accounts (ECR_OPERATOR_SERVICE_ACCOUNTS is false); "
            "remove `serviceAccounts`",
        )
    if settings.watch_namespaces and (subject.selection.names is None or subject.selection.selector):
        return Stalled(
            Reason.UNSUPPORTED_SPEC,
            "This operator sees some namespaces only (ECR_OPERATOR_WATCH_NAMESPACES), not labels; "
            "write their names in `namespaces.include`, without globs and `selector`",
        )
    return None
