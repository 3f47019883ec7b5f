"""Names that users, clusters and AWS see. They are part of the API: never change one."""

from typing import Final

GROUP: Final = "ecr-operator.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

FINALIZER: Final = f"{GROUP}/finalizer"
FIELD_MANAGER: Final = "ecr-operator"
REPORTING_COMPONENT: Final = "ecr-operator"

RECONCILE_ANNOTATION: Final = f"{GROUP}/reconcile"
CONFIRM_DELETE_ANNOTATION: Final = f"{GROUP}/confirm-delete"
REPOSITORY_NAMES_ANNOTATION: Final = f"{GROUP}/repository-names"
ADOPTION_ANNOTATION: Final = f"{GROUP}/adoption"
PULL_SECRETS_ANNOTATION: Final = f"{GROUP}/pull-secrets"

PULL_SECRET_LABEL: Final = f"{GROUP}/pull-secret"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "ecr-operator"

OWNER_TAG: Final = f"{GROUP}/owner"
