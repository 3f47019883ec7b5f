"""Authorization tokens of ECR: minted once for all who need the same, and remembered.

Nothing of a token but its end and whose it is may be shown: its text is a password.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ecr_operator.aws.errors import AwsError, CutShort, Kind
from ecr_operator.aws.identity import Role
from ecr_operator.aws.sessions import Sessions
from ecr_operator.aws.shared_call import SharedCall
from ecr_operator.reasons import Reason

PUBLIC: Final = "public"
"""Stands, where a Region is named, for Amazon ECR Public."""
PUBLIC_REGION: Final = "us-east-1"
"""Where the tokens of ECR Public come from (ECR Public User Guide, "Registry authentication")."""
PUBLIC_PARTITION: Final = "aws"

OPERATION: Final = "GetAuthorizationToken"

_CALLER = re.compile(r"(?:https://)?(\d{12})\.dkr[.-]ecr")
"""The beginning of ``proxyEndpoint``: the registry of the caller's own account."""


@dataclass(frozen=True, slots=True)
class Token:
    """What opens registries, as its principal may when it is used, until it ends. AWS cannot take it back."""

    authorization: str = field(repr=False)
    """``authorizationToken``: base64 of ``AWS:<password>``, as `auth` of a Docker configuration wants it."""
    expires_at: datetime
    """The end that its answer told."""
    account: str | None
    """Of the caller; None of a public token, whose answer does not tell it."""
    session_ends: datetime | None = None
    """When the session ends that asked for it; None: none, or not known."""
    arn: str | None = None
    """Of the role's session that it stands for; None where only a further call would tell."""
    public: bool = False

    @property
    def ends(self) -> datetime:
        """When it ends.

        One of ECR Public was seen to die with its session, before `expires_at` (GoogleContainerTools/
        kaniko#3199); of a private one nothing of that kind is known.
        """
        if self.public and self.session_ends is not None:
            return min(self.expires_at, self.session_ends)
        return self.expires_at


class Tokens:
    """Of every identity, and every region or `PUBLIC`.

    A token is of one region: to others it has "expired" (ratify#678, eks-anywhere-packages#697).
    `registryIds` is never sent: it is deprecated and changes nothing.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._mints: dict[tuple[Role | None, str], _Mint] = {}

    def present(self, role: Role | None, where: str) -> Token | None:
        """The token that was minted last; None: none yet. It may have ended."""
        mint = self._mints.get((role, where))
        return mint.token if mint else None

    def is_answering(self, role: Role | None, where: str) -> bool:
        """Whether AWS is asked for such tokens at all; `Sessions.when_answering` tells when it is again."""
        return self._sessions.of(role, _region(where)).answers(_service(where))

    async def mint(self, role: Role | None, where: str, due: Token | None = None) -> Token:
        """A new token for a region or `PUBLIC`; who asks while one is on its way gets that.

        `due` is the token that the asker found due: where another has taken its place since, this is that
        one. Raises `AwsError`; what was minted before stays `present`.
        """
        refusal = self._refusal(role, where)
        if refusal is not None:
            raise refusal
        mint = self._mints.get((role, where))
        if mint is None:
            mint = self._mints[role, where] = _Mint(self._sessions, role, where)
        if due is not None and mint.token is not None and mint.token != due:
            return mint.token
        return await mint.answer()

    def keep(self, wanted: Collection[tuple[Role | None, str]]) -> None:
        """Forget the tokens of all other identities and regions, and close their sessions."""
        for unused in self._mints.keys() - set(wanted):
            del self._mints[unused]
        self._sessions.keep({(role, _region(where)) for role, where in wanted})

    def _refusal(self, role: Role | None, where: str) -> AwsError | None:
        """Why there can be no such token, whatever AWS says. Credentials are of one partition."""
        home = self._sessions.partition
        if role is not None and role.partition != home:
            return _stalled(
                Reason.ASSUME_ROLE_DENIED,
                f"{role.arn} is in the partition {role.partition}, the operator in {home}: AWS lets nobody "
                f"assume a role across partitions; name a role in {home}",
            )
        if where == PUBLIC:
            if home == PUBLIC_PARTITION:
                return None
            return _stalled(
                Reason.INVALID_PARAMETER,
                f"Amazon ECR Public takes only credentials of the partition {PUBLIC_PARTITION}, and the "
                f"operator's are of {home}: remove the entry with `public`; pulling from there needs no "
                "credentials",
            )
        partition = self._sessions.partition_of(where)
        if partition == home:
            return None
        return _stalled(
            Reason.INVALID_PARAMETER,
            f"The Region {where} is in the partition {partition}, the operator's credentials are of {home}: "
            f"name a Region of {home}",
        )


class _Mint(SharedCall[Token]):
    """The tokens of one identity in one place."""

    def __init__(self, sessions: Sessions, role: Role | None, where: str) -> None:
        super().__init__(self._mint, sessions.monotonic)
        self.token: Token | None = None
        self._sessions = sessions
        self._role = role
        self._where = where

    async def _mint(self) -> Token:
        session = self._sessions.of(self._role, _region(self._where))
        await session.ready()
        begin = session.ends
        answer = await session.read(_service(self._where), "get_authorization_token")
        data: Any = answer.get("authorizationData")
        if data and self._where != PUBLIC:
            # A list, with one for each registry asked for; ECR Public has a structure, without proxyEndpoint.
            data = data[0]
        if not data or not data.get("authorizationToken") or not data.get("expiresAt"):
            raise CutShort(OPERATION)
        caller = _CALLER.match(data.get("proxyEndpoint") or "")
        # A session may have been renewed beside the call: the earlier end does no harm.
        now = self._sessions.clock.now()
        ends = [end for end in (begin, session.ends) if end is not None and end > now]
        self.token = Token(
            data["authorizationToken"],
            data["expiresAt"].astimezone(UTC),
            caller[1] if caller else None,
            session_ends=min(ends, default=None),
            arn=session.arn,
            public=self._where == PUBLIC,
        )
        return self.token


def _region(where: str) -> str:
    return PUBLIC_REGION if where == PUBLIC else where


def _service(where: str) -> str:
    return "ecr-public" if where == PUBLIC else "ecr"


def _stalled(reason: Reason, message: str) -> AwsError:
    return AwsError(Kind.STALLED, reason, "NotAsked", OPERATION, message)
