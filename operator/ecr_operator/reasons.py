"""The one vocabulary: a reason is the same word in conditions, events, logs and metrics.

Each says in its docstring what it means and what the user does next; the documentation of each kind
takes its list of reasons from here.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why an object is in the state that its conditions show."""

    # Ready=True
    IN_SYNC = "InSync"
    """AWS holds what the spec says."""
    OBSERVED = "Observed"
    """`managementPolicy: Observe`: the status shows what AWS holds; nothing is written there."""
    NO_NAMESPACE_MATCHED = "NoNamespaceMatched"
    """No namespace is selected, so no Secret is written. Check `namespaces`, or create the namespace."""
    SUSPENDED = "Suspended"
    """`suspend: true`: nothing is read or written until it is removed. Ready keeps its last value."""

    # Working: Reconciling=True
    PROGRESSING = "Progressing"
    """The operator is at work, or waits for AWS. Nothing to do."""
    PROGRESSING_WITH_RETRY = "ProgressingWithRetry"
    """The last try failed and is repeated with growing delay; the message is the last error."""
    THROTTLED = "Throttled"
    """AWS limits the rate of calls; they are repeated more slowly. Nothing to do, unless it lasts."""
    AWS_UNAVAILABLE = "AWSUnavailable"
    """AWS does not answer or answers with server errors. Check the network path and AWS's status."""
    ADOPTING = "Adopting"
    """The owner tag was written to an existing repository; it is read again before anything else."""
    REPOSITORY_NOT_FOUND = "RepositoryNotFound"
    """`managementPolicy: Observe` and no such repository. It is looked for again by itself."""
    REPOSITORY_NOT_EMPTY = "RepositoryNotEmpty"
    """Deletion waits until the repository holds no images. Delete them, or set `deletionPolicy`."""
    DELETION_HELD = "DeletionHeld"
    """Deletion of images waits for the annotation `ecr-operator.dev/confirm-delete`."""

    # Stalled=True: a person must act
    REPOSITORY_NOT_OURS = "RepositoryNotOurs"
    """The repository exists and carries no owner tag. Set `adoptionPolicy: Adopt` to take it over."""
    REPOSITORY_OWNED_BY_ANOTHER = "RepositoryOwnedByAnother"
    """The repository carries another owner's tag. Set `adoptFrom` to that owner to take it over."""
    REPOSITORY_NAME_TAKEN = "RepositoryNameTaken"
    """Another object of this cluster claims the same repository. Change or delete one of the two."""
    NAME_NOT_ALLOWED = "NameNotAllowed"
    """The namespace may not claim this name. Rename, or ask the cluster's administrator."""
    ADOPTION_NOT_ALLOWED = "AdoptionNotAllowed"
    """The namespace may not adopt repositories. Ask the cluster's administrator."""
    IMMUTABLE_FIELD_DIFFERS = "ImmutableFieldDiffers"
    """AWS cannot change this field of a repository. Make the spec match, or make a new repository."""
    REGISTRY_CHANGED = "RegistryChanged"
    """The operator now works in another account or region than the one that holds the repository."""
    ACCESS_DENIED = "AccessDenied"
    """AWS refused the call. Grant the action that the message names to the operator's role."""
    CREDENTIALS_MISSING = "CredentialsMissing"
    """The operator has no valid AWS credentials. Check its role, web identity or environment."""
    CLOCK_SKEW = "ClockSkew"
    """AWS refuses signatures because the node's clock is wrong. Set the clock right."""
    ASSUME_ROLE_DENIED = "AssumeRoleDenied"
    """The role cannot be assumed. Check its trust policy."""
    OPERATOR_IDENTITY_REFUSED = "OperatorIdentityRefused"
    """The operator may not hand out its own identity. Set `auth.roleArn`, or ask the administrator."""
    CONFLICT = "Conflict"
    """Another, older object wants the same. Change or delete one of the two that the message names."""
    KMS_KEY_UNUSABLE = "KmsKeyUnusable"
    """The KMS key is missing, disabled or not permitted. Mend the key, or make a new object."""
    TOO_MANY_TAGS = "TooManyTags"
    """The repository would carry more than AWS's 50 tags. Remove some."""
    QUOTA_EXCEEDED = "QuotaExceeded"
    """A quota of the AWS account is used up. Ask AWS to raise it."""
    INVALID_POLICY = "InvalidPolicy"
    """A statement of the repository's policy is wrong. Mend the one that the message names."""
    POLICY_TOO_LARGE = "PolicyTooLarge"
    """The text of a policy would have more characters than AWS allows. Shorten it."""
    PRINCIPAL_NOT_FOUND = "PrincipalNotFound"
    """AWS does not find a principal of the policy: mistyped, not there, or its account lacks the Region."""
    INVALID_PARAMETER = "InvalidParameter"
    """AWS refused a value of the spec. Change the field that the message names."""
    UNSUPPORTED_SPEC = "UnsupportedSpec"
    """The spec holds a value that this version does not know. Change it, or upgrade the operator."""

    # One namespace of an EcrPullSecret; Ready stays True
    SECRET_NOT_OURS = "SecretNotOurs"  # noqa: S105 - a word, no password
    """A Secret of that name exists. Remove it, set `adoptionPolicy: Adopt`, or use another `secretName`."""
    SECRET_CONTESTED = "SecretContested"  # noqa: S105 - a word, no password
    """Something else keeps changing or deleting the Secret. Stop what the message names."""
    SERVICE_ACCOUNT_CONTESTED = "ServiceAccountContested"
    """Something else keeps taking the Secret off the service account. Stop what the message names."""
    NAMESPACE_TERMINATING = "NamespaceTerminating"
    """The namespace is being deleted. Nothing to do."""
    WRITE_REFUSED = "WriteRefused"
    """The API server refused the write (a quota, a webhook, a role). Mend what the message names."""

    # The conditions LeastPrivilege and ExpiringSoon
    SESSION_NARROWED = "SessionNarrowed"
    """The credentials are narrowed to what `auth.access` says. Nothing to do."""
    NOT_REFRESHED = "NotRefreshed"
    """Less than a quarter of the credentials' life is left. Mend what Ready says."""
    EXPIRED = "Expired"
    """The credentials have expired: Pods cannot pull with them. Mend what Ready says."""
    OPERATOR_IDENTITY_USED = "OperatorIdentityUsed"
    """The credentials reach as far as the operator's own identity. Set `auth.roleArn` to narrow them."""

    # Events only
    FINALIZER_RELEASED = "FinalizerReleased"
    """The object goes and AWS was left as it is; the message says why."""
    REPOSITORY_CREATED = "RepositoryCreated"
    """A repository was created."""
    REPOSITORY_RECREATED = "RepositoryRecreated"
    """Somebody had deleted the repository; it was created again, and its images are gone."""
    REPOSITORY_ADOPTED = "RepositoryAdopted"
    """An existing repository was taken over."""
    REPOSITORY_UPDATED = "RepositoryUpdated"
    """The repository was changed to match the spec."""
    REPOSITORY_DELETED = "RepositoryDeleted"
    """The repository was deleted."""
