"""SetRepositoryPolicy, GetRepositoryPolicy, DeleteRepositoryPolicy.

Source: the API reference of each operation, botocore's ecr model and examples (SetRepositoryPolicy and
DeleteRepositoryPolicy answer with the text as it is, or was, kept). That the checks come in this order (the
repository, the grammar, the principals, the lock-out) is inferred.
"""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ecr.exceptions import RepositoryPolicyNotFoundException

from ..answering import Answering
from .backend import StoredRegistry, StoredRepository
from .other_writer import OTHER_WRITER
from .policy_grammar import document_of
from .policy_lockout import locked_out, locks_out
from .policy_text import pretty, stored_document
from .principals import PRINCIPALS, aws_principals


class RepositoryPolicyOperations(Answering):
    """The operations on the policy of one repository."""

    ecr_backend: StoredRegistry

    def _repository_of_policy(self) -> StoredRepository:
        return self.ecr_backend._get_repository(self.parameters["repositoryName"])

    def _answered(self, repository: StoredRepository, text: str | None) -> ActionResult:
        """The answer, or that there is no policy; the other writer comes right after it."""
        if self.call.caller is None or not self.call.caller.unseen:
            home = (self.current_account, self.region, repository.name)
            for policy in OTHER_WRITER.turns(home, self.call.operation):
                repository.policies.replace(policy)
        if text is None:
            raise RepositoryPolicyNotFoundException(repository.name, repository.registry_id)
        return ActionResult(
            {"registryId": repository.registry_id, "repositoryName": repository.name, "policyText": text}
        )

    def set_repository_policy(self) -> ActionResult:
        """Put a policy in the place of the one there is."""
        repository = self._repository_of_policy()
        document = stored_document(document_of(self.parameters["policyText"], self.partition), self.partition)
        PRINCIPALS.check(aws_principals(document))
        caller = self.call.caller
        if caller and not self.parameters.get("force") and locks_out(document, caller):
            raise locked_out()
        text = pretty(document)
        repository.policies.write(text)
        return self._answered(repository, text)

    def get_repository_policy(self) -> ActionResult:
        """Read the policy that is seen."""
        repository = self._repository_of_policy()
        return self._answered(repository, repository.policies.seen)

    def delete_repository_policy(self) -> ActionResult:
        """Delete the policy, and answer with it."""
        repository = self._repository_of_policy()
        text = repository.policies.current
        if text is not None:
            repository.policies.write(None)
        return self._answered(repository, text)
