"""The kinds, as their CRDs present them: names, columns, and the rules over the whole object."""

from dataclasses import replace
from typing import Final

from ecr_operator.api.kind import AGE, READY, REASON, Column, Kind
from ecr_operator.api.lifecycle_policy import EcrLifecyclePolicySpec, EcrLifecyclePolicyStatus
from ecr_operator.api.markers import Rule
from ecr_operator.api.pull_secret import EcrPullSecretSpec, EcrPullSecretStatus
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.repository_status import EcrRepositoryStatus

_NAME: Final = "(has(self.spec.repositoryName) ? self.spec.repositoryName : self.metadata.name)"
_NAME_IN_NAMESPACES: Final = "(has(self.spec.secretName) ? self.spec.secretName : self.metadata.name)"

ECR_REPOSITORY: Final = Kind(
    kind="EcrRepository",
    plural="ecrrepositories",
    singular="ecrrepository",
    short_name="ecrrepo",
    scope="Namespaced",
    description="A repository in Amazon ECR.",
    spec=EcrRepositorySpec,
    status=EcrRepositoryStatus,
    columns=(
        Column("URI", ".status.repositoryUri", "What to write before the tag in an image reference."),
        Column("Mutability", ".spec.imageTagMutability", "Whether a tag may be moved.", wide=True),
        Column("Images", ".status.images.count", "How many images it holds.", type="integer"),
        Column("Size", ".status.images.sizeBytes", "Their size in bytes.", type="integer", wide=True),
        Column(
            "Lifecycle", ".status.lifecyclePolicy.state", "How far its lifecycle policy has got.", wide=True
        ),
        Column(
            "Critical",
            ".status.scan.worst.CRITICAL",
            "Critical findings of the reported image with the worst ones.",
            type="integer",
        ),
        Column(
            "High",
            ".status.scan.worst.HIGH",
            "Findings of high severity of that image.",
            type="integer",
        ),
        Column("In-Use", ".status.inUse.images", "Images that this cluster uses.", type="integer", wide=True),
        READY,
        REASON,
        AGE,
    ),
    # Every metadata.name of 2 or more characters is a name that ECR accepts: DNS-1123 subdomains are a part
    # of ECR's pattern (tests/api proves it). So only the lengths remain.
    root_rules=(
        Rule(
            f"{_NAME} == {_NAME.replace('self.', 'oldSelf.')}",
            "`repositoryName` may not be changed: ECR cannot rename a repository; write a new EcrRepository "
            "for the new name",
            field_path=".spec.repositoryName",
        ),
        Rule(
            "has(self.spec.repositoryName) || size(self.metadata.name) >= 2",
            "`repositoryName` must be specified, because `metadata.name` is shorter than the 2 characters "
            "that ECR wants of a repository's name",
            field_path=".spec.repositoryName",
            reason="FieldValueRequired",
        ),
        # <cluster>/<namespace>/<name> has to fit into an AWS tag's value: 60 + 63 + 128 + 2 = 253 of 256.
        Rule(
            "size(self.metadata.name) <= 128",
            "`metadata.name` must have at most 128 characters; a longer name goes into `repositoryName`",
        ),
    ),
)

ECR_LIFECYCLE_POLICY: Final = Kind(
    kind="EcrLifecyclePolicy",
    plural="ecrlifecyclepolicies",
    singular="ecrlifecyclepolicy",
    short_name="ecrlp",
    scope="Namespaced",
    description="A lifecycle policy for repositories of its namespace, held back from images in use.",
    spec=EcrLifecyclePolicySpec,
    status=EcrLifecyclePolicyStatus,
    columns=(
        Column("Rules", ".status.ruleCount", "How many rules it has.", type="integer"),
        Column("Matched", ".status.repositories.matched", "Repositories that are to get it.", type="integer"),
        Column("Applied", ".status.repositories.applied", "Repositories that have it.", type="integer"),
        Column(
            "Held", ".status.repositories.held", "Repositories on which it is not applied.", type="integer"
        ),
        replace(READY, description="Whether every repository that is to get it has it."),
        REASON,
        AGE,
    ),
)

ECR_PULL_SECRET: Final = Kind(
    kind="EcrPullSecret",
    plural="ecrpullsecrets",
    singular="ecrpullsecret",
    short_name="ecrps",
    # Only a cluster's administrator hands credentials to namespaces.
    scope="Cluster",
    description="Credentials for registries of Amazon ECR, kept fresh in a Secret of each chosen namespace.",
    spec=EcrPullSecretSpec,
    status=EcrPullSecretStatus,
    columns=(
        Column("Secret", ".status.secretName", "The name of the Secret in each namespace."),
        Column("Namespaces", ".status.namespaces.matched", "Namespaces that are to get it.", type="integer"),
        Column("Failed", ".status.namespaces.failed", "Namespaces that cannot get it.", type="integer"),
        # Not a `date`: that prints the age of a time, and one in the future as `<invalid>`.
        Column("Expires", ".status.expiresAt", "When the present credentials expire."),
        replace(READY, description="Whether credentials are there and handed out."),
        REASON,
        AGE,
    ),
    root_rules=(
        Rule(
            f"{_NAME_IN_NAMESPACES} == {_NAME_IN_NAMESPACES.replace('self.', 'oldSelf.')}",
            "`secretName` may not be changed: Pods and service accounts name the Secret; write a new "
            "EcrPullSecret for the new name",
            field_path=".spec.secretName",
        ),
        # It is the value of a label on each Secret.
        Rule(
            "size(self.metadata.name) <= 63",
            "`metadata.name` must have at most 63 characters; a longer name goes into `secretName`",
        ),
    ),
)

KINDS: Final[tuple[Kind, ...]] = (ECR_REPOSITORY, ECR_LIFECYCLE_POLICY, ECR_PULL_SECRET)
"""All kinds, in the order in which the documentation presents them."""
