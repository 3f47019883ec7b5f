"""What EcrPullSecrets hand out: minted, or after a restart found in the Secrets themselves."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf

from ecr_operator.aws.errors import AwsError, CutShort, Kind
from ecr_operator.aws.identity import Role
from ecr_operator.aws.tokens import OPERATION, PUBLIC, Token
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.handouts import Handout
from ecr_operator.controllers.observed_namespace import BY_OWNER
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.kube.resources import SECRETS
from ecr_operator.planning.pull_registries import TokenSource, hosts_of, needs_own_account, sources_of
from ecr_operator.planning.pull_secret_record import recorded_life
from ecr_operator.planning.secret_data import (
    SecretContent,
    authorizations,
    good_data,
    layout,
    secret_content,
)
from ecr_operator.planning.token_life import RETRY_FLOOR, Life, retry_after, shortest

Where = tuple[Role | None, str]
"""Whose token, and of which Region or `PUBLIC`."""


_ANY_ACCOUNT = "000000000000"
"""Stands for the caller's account where only the form of a host matters."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """AWS did not give a token; shared by all that need it, so that together they ask no more often."""

    error: AwsError
    failures: int
    """In a row."""
    until: float
    """When (monotonic) it is asked for again."""


class Credentials:
    """One token of each identity and Region for all EcrPullSecrets that need it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lives: dict[Where, tuple[Token, Life]] = {}
        self._refusals: dict[Where, _Refusal] = {}

    async def mint(
        self, subject: PullSubject, handout: Handout, *, anew: bool = False, at_once: bool = False
    ) -> AwsError | None:
        """Hand out what `subject` needs; only what is due is asked for, or all with `anew`.

        A part of the hosts alone would take from Pods what they could pull before. So what AWS refuses stays
        as the Secrets hold it, the rest is handed out, `retry_at` is set, and the refusal is returned: also
        where the spec asks for one more registry, which is not written yet then. Where nothing can be handed
        out, or the Secrets hold another identity's, raises `AwsError`, with `retry_at` set; and
        `NoSuchHostError` before any call. What was refused a moment ago, to whomever, is not asked for again
        before its time, but `at_once` for who asks for just that.
        """
        region = self._context.registry.region
        # What the spec alone says is refused before AWS is asked.
        hosts_of(subject.choices, region, _ANY_ACCOUNT)
        same = handout.content is not None and handout.auth == subject.spec.auth
        kept = authorizations(handout.content) if handout.content and same else {}
        given, refusal = await self._given(subject, handout, anew, at_once)
        if refusal is not None and not (given and kept):
            raise refusal
        account = next((token.account for token, _ in given.values() if token.account), None)
        if account is None and needs_own_account(subject.choices):
            account = self._account_of(subject, kept)
        if account is None and needs_own_account(subject.choices):
            # Without it there is no host to write; what the Secrets hold is better than nothing.
            handout.retry_at = handout.retry_at or self._context.monotonic() + RETRY_FLOOR
            raise refusal or CutShort(OPERATION)
        spec = subject.credentials_hash(region)
        hosts: dict[str, TokenSource | None] = dict(hosts_of(subject.choices, region, account))
        if not all(source in given or host in kept for host, source in hosts.items()):
            spec, hosts = handout.spec, {host: hosts.get(host) for host in handout.hosts}
        texts = {
            host: given[source][0].authorization if source in given else kept[host]
            for host, source in hosts.items()
        }
        lives = {
            source: given[source][1] if source in given else handout.parts.get(source, handout.life)
            for source in hosts.values()
        }
        parts = {source: life for source, life in lives.items() if life is not None}
        handout.hand_out(
            secret_content(subject.format, texts),
            shortest(parts.values()),
            next((token.arn for token, _ in given.values() if token.arn), None),
            spec,
            tuple(hosts),
            auth=subject.spec.auth,
            parts=parts,
        )
        return refusal

    async def _given(
        self, subject: PullSubject, handout: Handout, anew: bool, at_once: bool
    ) -> tuple[dict[TokenSource, tuple[Token, Life]], AwsError | None]:
        """What AWS gives, and what it refused first. A Region that hangs keeps no other waiting."""
        region = self._context.registry.region
        role, sources = subject.role(region), sorted(sources_of(subject.choices, region))
        # What was given since it was asked for anew is not asked for again because another part was not.
        asked = [
            self._token((role, _where(source)), anew and source not in handout.renewed, at_once, handout.life)
            for source in sources
        ]
        given: dict[TokenSource, tuple[Token, Life]] = {}
        refusal: AwsError | None = None
        handout.retry_at = None
        for source, answer in zip(sources, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(answer, AwsError):
                until = self._refusals[role, _where(source)].until
                handout.retry_at = min(handout.retry_at or inf, until)
                refusal = refusal or answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                given[source] = answer
        handout.renewed |= given.keys()
        return given, refusal

    def _account_of(self, subject: PullSubject, kept: Mapping[str, str]) -> str | None:
        """The account whose registries the Secrets name, where the spec names none."""
        region = self._context.registry.region
        for account in {host.partition(".")[0] for host in kept}:
            if account.isdecimal() and hosts_of(subject.choices, region, account).keys() == kept.keys():
                return account
        return None

    async def _token(self, where: Where, anew: bool, at_once: bool, held: Life | None) -> tuple[Token, Life]:
        """`held` is the life of what Secrets hold: after a start no token is known."""
        present = self._context.tokens.present(*where)
        known = self._lives.get(where)
        if present is not None and (known is None or known[0] is not present):
            # Another asker has just got it, and has not been told yet.
            known = self._learn(where, present)
        if (
            known is not None
            and known[0] is present
            and not anew
            and not known[1].is_due(self._context.clock.now())
        ):
            return known
        refusal = self._refusals.get(where)
        if refusal is not None and not at_once and self._context.monotonic() < refusal.until:
            raise refusal.error
        try:
            token = await self._context.tokens.mint(*where, due=present)
        except AwsError as error:
            self._refused(where, error, held)
            raise
        return self._learn(where, token)

    def _learn(self, where: Where, token: Token) -> tuple[Token, Life]:
        """The token and its life: of all that have waited for it the first one draws its jitter."""
        self._refusals.pop(where, None)
        known = self._lives.get(where)
        if known is None or known[0] is not token:
            life = Life.of_token(self._context.clock.now(), token.ends, self._context.chance.random())
            known = self._lives[where] = (token, life)
        return known

    def _refused(self, where: Where, error: AwsError, held: Life | None) -> None:
        """Count a failure once, of all that have waited for the same call."""
        before = self._refusals.get(where)
        if before is not None and before.error is error:
            return
        failures = before.failures + 1 if before else 1
        known = self._lives.get(where)
        life = known[1] if known else held
        expires = life.expires if life else None
        now, chance = self._context.clock.now(), self._context.chance.random()
        until = self._context.monotonic() + retry_after(failures, chance, now, expires)
        self._refusals[where] = _Refusal(error, failures, until)

    def forgive(self) -> None:
        """AWS answers again: what it did not answer may be asked for now."""
        self._refusals = {
            where: refusal for where, refusal in self._refusals.items() if refusal.error.kind == Kind.STALLED
        }

    def recover(self, subject: PullSubject, handout: Handout, now: datetime) -> bool:
        """Hand out what the Secrets hold already, as the status describes it; False: nothing good is there.

        Only for the very registries and identity that they were written for. A refresh that is due comes
        after it: should AWS refuse it, new namespaces get what is still good; of several tokens one may be,
        though another has expired.
        """
        status, life = subject.status, recorded_life(subject.status)
        if not status.content_hash or life is None or not life.is_credible(now):
            return False
        spec = subject.credentials_hash(self._context.registry.region)
        if status.applied_hash != spec:
            return False
        store = self._context.store
        keys = store.by_index(SECRETS.plural, BY_OWNER, subject.name)
        found = ((store.get(SECRETS.plural, *key) or {}).get("data") or {} for key in keys)
        data = good_data(subject.format, found, status.content_hash)
        if data is None:
            return False
        type, labels = layout(subject.format)
        hosts = tuple(registry.host for registry in status.registries or ())
        handout.hand_out(
            SecretContent(type, data, labels),
            life,
            status.identity,
            spec,
            hosts,
            auth=subject.spec.auth,
        )
        return True

    def keep(self, subjects: "list[PullSubject]") -> None:
        """Forget the tokens, and end the sessions, that none of `subjects` needs any more."""
        region = self._context.registry.region
        wanted = {
            (subject.role(region), _where(source))
            for subject in subjects
            for source in sources_of(subject.choices, region)
        }
        self._lives = {where: known for where, known in self._lives.items() if where in wanted}
        self._refusals = {where: one for where, one in self._refusals.items() if where in wanted}
        self._context.tokens.keep(wanted)


def _where(source: TokenSource) -> str:
    return PUBLIC if source.service == "ecr-public" else source.region
