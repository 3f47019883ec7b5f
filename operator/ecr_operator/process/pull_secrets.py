"""The part of the operator that hands out pull credentials, assembled: Namespaces and EcrPullSecrets."""

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.handouts import Handouts
from ecr_operator.controllers.namespace import NamespaceController
from ecr_operator.controllers.proof import Proof
from ecr_operator.controllers.pull_refresh import Refresh
from ecr_operator.controllers.pull_secret import PullSecretController
from ecr_operator.controllers.pull_sources import PullSources
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.process.work import Work

NAMESPACES_AT_ONCE = 64
"""Namespaces that are written to at once; they wait for the API server alone."""
REFRESHED_AT_ONCE = 40
"""Of these, those that nobody waits for: a webhook that hangs at a refresh leaves the others to users."""
PULL_SECRETS_AT_ONCE = 10


class PullSecrets:
    """Its `works` are started by making it."""

    def __init__(self, context: Context) -> None:
        longest = context.settings.backoff_max_seconds
        namespaces = WorkQueue[str](maximum=longest, resyncs=REFRESHED_AT_ONCE)
        pull_secrets = WorkQueue[str](maximum=longest)
        handouts = Handouts(context)
        self._queue = pull_secrets
        proof = Proof(context, handouts)
        sources = PullSources(context.store, handouts, proof, namespaces, pull_secrets)
        namespace = NamespaceController(context, handouts, proof, sources.news)
        self._refresh = refresh = Refresh(context, handouts)
        pull_secret = PullSecretController(context, handouts, proof, refresh, sources.tell)
        self.works = (
            Work("Namespace", namespaces, namespace.reconcile, NAMESPACES_AT_ONCE, context.metrics),
            Work("EcrPullSecret", pull_secrets, pull_secret.reconcile, PULL_SECRETS_AT_ONCE, context.metrics),
        )

    def aws_answers(self) -> None:
        """After an outage: those that failed for it try again now."""
        for name in self._refresh.aws_answers():
            self._queue.add(name, fresh=False)
