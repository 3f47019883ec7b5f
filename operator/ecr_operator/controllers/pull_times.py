"""Whether to read an index would count as a pull, by which a lifecycle policy goes.

ECR records a BatchGetImage as a pull, except by roles that are excluded (ECR User Guide, "Pull time update
exclusions"). A rule with `sinceImagePulled` then archives images that nobody but this operator has asked for
later, or never.
"""

import re
from collections.abc import Callable
from typing import Final

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.policies import lifecycle_policy
from ecr_operator.aws.registry import Registry

_RULE: Final = "sinceImagePulled"
_SESSION: Final = re.compile(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/.*")
_EXCLUSIONS_SECONDS: Final = 3600.0


class PullTimes:
    """Of one registry. `monotonic` is in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._excluded: tuple[float, bool] | None = None
        self._arn: str | None = None

    def forget(self) -> None:
        """Ask anew which roles are excluded: somebody may have excluded ours just now."""
        self._excluded = None

    async def objection(
        self, registry: Registry, repository: str, in_force: str | None, wanted: str | None
    ) -> str | None:
        """What speaks against reading an index, and what to do about it; None: nothing.

        `in_force` is the lifecycle policy as far as it is known, `wanted` the one that is about to be: it
        goes by the pulls before it as well. Raises `AwsError`.
        """
        try:
            if wanted is not None and _RULE in wanted:
                text: str | None = wanted
            else:
                text = in_force or await lifecycle_policy(registry, repository)
        except AwsError as error:
            if error.kind == Kind.TRANSIENT:
                raise
            return f"its lifecycle policy cannot be read: {error.message}"
        if text is None or _RULE not in text or await self._is_excluded(registry):
            return None
        role = self._arn or "ROLE_ARN"
        return (
            f"that would count as a pull, and its lifecycle policy has a rule with `{_RULE}`. Exclude the "
            f"operator's role: aws ecr register-pull-time-update-exclusion --principal-arn {role} "
            f"--region {registry.region}"
        )

    async def _is_excluded(self, registry: Registry) -> bool:
        now = self._monotonic()
        if self._excluded is None or now - self._excluded[0] >= _EXCLUSIONS_SECONDS:
            self._excluded = now, await self._asked(registry)
        return self._excluded[1]

    async def _asked(self, registry: Registry) -> bool:
        session = registry.session
        try:
            arn = session.arn or str((await session.read("sts", "get_caller_identity"))["Arn"])
            self._arn = principal_of(arn)
            excluded: list[str] = []
            token: dict[str, str] = {}
            while True:
                answer = await session.read("ecr", "list_pull_time_update_exclusions", **token)
                excluded += answer.get("pullTimeUpdateExclusions") or ()
                if not answer.get("nextToken"):
                    break
                token = {"nextToken": answer["nextToken"]}
        except AwsError as error:
            if error.kind == Kind.TRANSIENT:
                raise
            return False
        # A session does not tell the path of its role.
        return any(_same_principal(one, self._arn) for one in excluded)


def principal_of(arn: str) -> str:
    """The ARN of the role of a session, as far as the session tells; of another principal its own."""
    found = _SESSION.fullmatch(arn)
    return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}" if found else arn


def _same_principal(excluded: str, own: str) -> bool:
    def parts(arn: str) -> tuple[str, str]:
        account, _, resource = arn.partition("::")[2].partition(":")
        return account, f"{resource.partition('/')[0]}/{resource.rpartition('/')[2]}"

    return parts(excluded) == parts(own)
