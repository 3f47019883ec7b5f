"""The session of a role: one for all regions, begun by AssumeRole and begun anew before it ends.

botocore could renew it by itself, but does so in the thread that signs: each caller would wait in a thread of
its own for an STS that is silent, until no thread is left for anybody, and each would try again.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from botocore.credentials import Credentials, ReadOnlyCredentials

from ecr_operator.aws.errors import AwsError, CircuitOpen, CutShort
from ecr_operator.aws.identity import Role
from ecr_operator.aws.role_refusal import explained
from ecr_operator.aws.shared_call import SharedCall
from ecr_operator.aws.surroundings import Surroundings

log = logging.getLogger(__name__)

MARGIN = timedelta(minutes=15)
"""How long before its end a session is renewed, as botocore has it; of a short one, its last quarter."""


class Caller(Protocol):
    """The operator's own identity, as `Session` has it."""

    region: str

    async def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation. Raises `AwsError`."""

    def answers(self, service: str) -> bool:
        """Whether a service is asked at all."""


class AssumedRole:
    """`credentials` are what the clients of all its sessions sign with."""

    def __init__(self, role: Role, own: Caller, surroundings: Surroundings) -> None:
        self.role = role
        self.credentials = _Held()
        self.arn: str | None = None
        """Of the session: ``arn:aws:sts::<account>:assumed-role/<role>/<session name>``; None before."""
        self.ends: datetime | None = None
        """When the session ends; None: it has not begun, or AWS has ended it."""
        self.generation = 0
        """Counts the sessions: tells which one an error is about."""
        self._own = own
        self._now = surroundings.clock.now
        self._renewal = datetime.min.replace(tzinfo=UTC)
        self._call = SharedCall(self._assume, surroundings.monotonic)

    @property
    def is_answering(self) -> bool:
        """Whether STS is asked at all; False while it does not answer."""
        return self._own.answers("sts")

    @property
    def _is_good(self) -> bool:
        return self.ends is not None and self._now() < self.ends

    async def ready(self) -> None:
        """Return when there is a session to sign with.

        One AssumeRole serves all who wait. Raises `AwsError`: STALLED with what to do, or what passes by
        itself.
        """
        if self.ends is not None and self._now() < self._renewal:
            return
        try:
            await self._call.answer()
        except AwsError:
            if not self._is_good:
                raise

    def drop(self, generation: int) -> None:
        """AWS does not accept the session; nothing happens where another has taken its place."""
        if generation == self.generation:
            self.ends = None

    async def _assume(self) -> None:
        try:
            answer = await self._own.read("sts", "assume_role", **self.role.parameters)
        except AwsError as error:
            refusal = explained(error, self.role, self._own.region)
            if self._is_good and not isinstance(error, CircuitOpen):
                log.warning("Failed to renew the session that ends %s: %s", self.ends, refusal)
            raise refusal from None
        given = answer.get("Credentials")
        if given is None:
            raise CutShort("AssumeRole")
        self.credentials.hold(given)
        self.ends = given["Expiration"].astimezone(UTC)
        left = self.ends - self._now()
        self._renewal = self.ends - min(MARGIN, left / 4)
        self.arn = answer.get("AssumedRoleUser", {}).get("Arn")
        self.generation += 1


class _Held(Credentials):
    """Credentials that are replaced all at once: a signature is never made of two sessions."""

    def __init__(self) -> None:
        super().__init__("", "", method="assume-role")
        self._frozen = ReadOnlyCredentials("", "", None)

    def hold(self, given: dict[str, Any]) -> None:
        """From now on, those of this ``Credentials`` of STS."""
        self._frozen = ReadOnlyCredentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        )

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """What a request is signed with, from any thread."""
        return self._frozen
