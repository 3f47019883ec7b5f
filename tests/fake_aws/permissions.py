"""IAM: which actions an account's principals may call, and the sentence with which AWS refuses.

Source: IAM User Guide, "Troubleshoot access denied error messages", and ECR's service authorization
reference.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from moto.utilities.utils import get_partition

from .aws_error import AwsError
from .call import Call
from .ecr.backend import registry_of
from .ecr.scan_rules import scan_type_of
from .model import ecr_model

ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:GetAccessKeyInfo"})
"""STS answers these whatever the policies say (API reference of GetCallerIdentity)."""

NO_RESOURCE = frozenset({"tag:GetResources", "tag:GetTagKeys", "tag:GetTagValues"})
"""Actions of the tagging API name no resource in the refusal."""

REPOSITORY_MEMBERS = frozenset({"repositoryName", "repositoryNames", "resourceArn"})
"""An ECR action whose request can name a repository is authorised on repositories, any other on ``*``."""

LIST_FINDINGS = "inspector2:ListFindings"

IDENTITY_BASED = "because no identity-based policy allows the {action} action"
RESOURCE_BASED = "because no resource-based policy allows the {action} action"


def is_on_repositories(call: Call) -> bool:
    """Whether the action of `call` is authorised on repositories."""
    if call.service != "ecr" or call.operation not in ecr_model().operation_names:
        return False
    request = ecr_model().operation_model(call.operation).input_shape
    return request is not None and not REPOSITORY_MEMBERS.isdisjoint(request.members)


def resource_of(call: Call) -> str:
    """The resource that AWS checks the call against, as the refusal names it."""
    if call.service == "sts":
        return str(call.parameters.get("RoleArn", "*"))
    if not is_on_repositories(call):
        return "*"
    if arn := call.parameters.get("resourceArn"):
        return str(arn)
    registry = call.parameters.get("registryId") or call.account
    name = call.repositories[0] if call.repositories else "*"
    return f"arn:aws:ecr:{call.region}:{registry}:repository/{name}"


def access_denied(
    call: Call, reason: str | None = None, action: str | None = None, resource: str | None = None
) -> AwsError:
    """The refusal of `call`, or of an action and resource that it needs. `reason` is how AWS's sentence ends,
    e.g. "with an explicit deny in a service control policy".

    JSON services answer AccessDeniedException with HTTP 400, STS AccessDenied with 403.
    """
    action = action or call.action
    on = "" if action in NO_RESOURCE else f" on resource: {resource or resource_of(call)}"
    principal = call.caller.arn if call.caller else "anonymous"
    why = (IDENTITY_BASED if reason is None else reason).format(action=action)
    message = f"User: {principal} is not authorized to perform: {action}{on} {why}".rstrip()
    if call.service == "sts":
        return AwsError("AccessDenied", message, 403)
    return AwsError("AccessDeniedException", message, 400)


def reads_inspector(call: Call) -> bool:
    """Whether ECR answers with what it asks Amazon Inspector for in the caller's name."""
    if call.action != "ecr:DescribeImageScanFindings":
        return False
    return scan_type_of(registry_of(call.account, call.region)) == "ENHANCED"


def findings_list(call: Call) -> str:
    """The resource of inspector2:ListFindings."""
    return f"arn:{get_partition(call.region)}:inspector2:{call.region}:{call.account}:/findings/list"


def actions_of(call: Call) -> tuple[str, ...]:
    """All actions that the call needs, its own first; an unsigned call needs none.

    Creating a repository with tags needs ecr:TagResource; a token of ECR Public sts:GetServiceBearerToken
    (the model of its GetAuthorizationToken says so); session tags need sts:TagSession (IAM User Guide, "Pass
    session tags"); under enhanced scanning the findings are Inspector's (alexjurkiewicz/ecr-scan-image#19
    quotes the refusal of inspector2:ListFindings).
    """
    if call.caller is None:
        return ()
    if call.action == "ecr:CreateRepository" and call.parameters.get("tags"):
        return (call.action, "ecr:TagResource")
    if reads_inspector(call):
        return (call.action, LIST_FINDINGS)
    if call.action == "ecr-public:GetAuthorizationToken":
        return (call.action, "sts:GetServiceBearerToken")
    if call.action == "sts:AssumeRole" and any(name.startswith("Tags.member.") for name in call.parameters):
        return (call.action, "sts:TagSession")
    return (call.action,)


class Permissions:
    """The actions that each account is confined to; an account that was never confined may do everything."""

    def __init__(self) -> None:
        self._allowed: dict[str, tuple[tuple[str, ...], str | None]] = {}

    def allow_only(self, account: str, actions: list[str] | None, reason: str | None = None) -> None:
        """Refuse `account` every action not in `actions` (``*`` is a wildcard, as in IAM); None lifts it."""
        if actions is None:
            self._allowed.pop(account, None)
        else:
            self._allowed[account] = (tuple(action.lower() for action in actions), reason)

    def check(self, call: Call) -> None:
        """Raise the refusal of a call that is not allowed."""
        if call.account not in self._allowed:
            return
        allowed, reason = self._allowed[call.account]
        for action in actions_of(call):
            if action not in ALWAYS_ALLOWED and not any(fnmatchcase(action.lower(), one) for one in allowed):
                raise access_denied(
                    call, reason, action, findings_list(call) if action == LIST_FINDINGS else None
                )

    def clear(self) -> None:
        """Lift every confinement."""
        self._allowed.clear()
