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
_SESSION: Final = re.compile(r"arn:[^:]+:sts::(\d{12}):assumed-role/([^/]+)/.*")
_ROLE: Final = re.compile(r"arn:[^:]+:iam::(\d{12}):role/(?:.*/)?([^/]+)")
_EXCLUSIONS_SECONDS: Final = 3600.0


class PullTimes:
    """Of one registry. `role_arn` is the role that is assumed for it, if any; `monotonic` is in seconds."""

    def __init__(self, role_arn: str | None, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._excluded: tuple[float, bool] | None = None
        self._arn = role_arn
        self._role: tuple[str, str] | None = None
        """Account and name of the role, where its ARN is not known."""

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
        # The command comes first: a condition's message is cut at its end.
        arn, hint = self._arn or "ROLE_ARN", "" if self._arn else f" with the ARN of {self._whose()}"
        return (
            f"first run `aws ecr register-pull-time-update-exclusion --principal-arn {arn} "
            f"--region {registry.region}`{hint}, because reading it counts as a pull, by which a rule of its "
            f"lifecycle policy goes (`{_RULE}`)"
        )

    def _whose(self) -> str:
        return f"the role {self._role[1]}, its path included" if self._role else "the operator's role"

    async def _is_excluded(self, registry: Registry) -> bool:
        now = self._monotonic()
        if self._excluded is None or now - self._excluded[0] >= _EXCLUSIONS_SECONDS:
            self._excluded = now, await self._asked(registry)
        return self._excluded[1]

    async def _asked(self, registry: Registry) -> bool:
        session = registry.session
        try:
            if self._arn is None and self._role is None:
                arn = session.arn or str((await session.read("sts", "get_caller_identity"))["Arn"])
                found = _SESSION.fullmatch(arn)
                if found:
                    self._role = found[1], found[2]
                else:
                    self._arn = arn
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
        return any(map(self._is_ours, excluded))

    def _is_ours(self, excluded: str) -> bool:
        if self._arn is not None:
            return excluded == self._arn
        # A session does not tell the path of its role. Names are unique in an account all the same.
        found = _ROLE.fullmatch(excluded)
        return found is not None and (found[1], found[2]) == self._role
