"""What EcrPullSecrets hand out: minted, or after a restart found in the Secrets themselves."""

from datetime import datetime

from ecr_operator.aws.identity import Role
from ecr_operator.aws.tokens import PUBLIC, Token
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.handouts import Handout
from ecr_operator.controllers.observed_namespace import BY_OWNER
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.kube.resources import SECRETS
from ecr_operator.planning.pull_registries import TokenSource, hosts_of, sources_of
from ecr_operator.planning.pull_secret_record import recorded_life
from ecr_operator.planning.secret_data import SecretContent, good_data, layout, secret_content
from ecr_operator.planning.token_life import Life, shortest

Where = tuple[Role | None, str]
"""Whose token, and of which Region or `PUBLIC`."""


class Credentials:
    """One token of each identity and Region for all EcrPullSecrets that need it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lives: dict[Where, tuple[Token, Life]] = {}

    async def mint(self, subject: PullSubject, handout: Handout, *, anew: bool = False) -> None:
        """Hand out what `subject` needs; only what is due is asked for, or all with `anew`.

        All or nothing: a part of the hosts would take from Pods what they could pull before. Raises
        `AwsError`, and `NoSuchHostError` before any call.
        """
        region = self._context.registry.region
        # What the spec alone says is refused before AWS is asked.
        hosts_of(subject.choices, region, None)
        role = subject.role(region)
        texts: dict[TokenSource, str] = {}
        lives: list[Life] = []
        account = arn = None
        for source in sorted(sources_of(subject.choices, region)):
            token, life = await self._token((role, _where(source)), anew)
            texts[source] = token.authorization
            lives.append(life)
            account, arn = account or token.account, arn or token.arn
        hosts = hosts_of(subject.choices, region, account)
        content = secret_content(subject.format, {host: texts[source] for host, source in hosts.items()})
        handout.hand_out(content, shortest(lives), arn, subject.credentials_hash(), tuple(hosts))

    async def _token(self, where: Where, anew: bool) -> tuple[Token, Life]:
        present = self._context.tokens.present(*where)
        known = self._lives.get(where)
        if (
            known is not None
            and known[0] is present
            and not anew
            and not known[1].is_due(self._context.clock.now())
        ):
            return known
        token = await self._context.tokens.mint(*where, due=present)
        known = self._lives.get(where)
        if known is None or known[0] is not token:
            # Of all that have waited for it the first one draws its jitter.
            life = Life.of_token(self._context.clock.now(), token.ends, self._context.chance.random())
            known = self._lives[where] = (token, life)
        return known

    def recover(self, subject: PullSubject, handout: Handout, now: datetime) -> bool:
        """Hand out what the Secrets hold already, as the status describes it; False: nothing good is there.

        Only before the refresh is due, and for the very spec that they were written for.
        """
        status, life = subject.status, recorded_life(subject.status)
        if not status.content_hash or life is None or life.is_due(now):
            return False
        if status.applied_hash != subject.applied_hash():
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
            SecretContent(type, data, labels), life, status.identity, subject.credentials_hash(), hosts
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
        self._context.tokens.keep(wanted)


def _where(source: TokenSource) -> str:
    return PUBLIC if source.service == "ecr-public" else source.region
