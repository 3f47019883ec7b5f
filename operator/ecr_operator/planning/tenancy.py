"""What a namespace may claim: repository names and adoption. The cluster's administrator says so."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from ecr_operator.api.names import ADOPTION_ANNOTATION, REPOSITORY_NAMES_ANNOTATION


def allowed_names(annotations: Mapping[str, str], default: Sequence[str], namespace: str) -> tuple[str, ...]:
    """The globs that apply to `namespace`: its annotation's, else the setting's.

    `*` matches slashes too. An annotation that is there and empty allows nothing.
    """
    annotation = annotations.get(REPOSITORY_NAMES_ANNOTATION)
    globs = default if annotation is None else [glob.strip() for glob in annotation.split(",")]
    return tuple(glob.replace("{namespace}", namespace) for glob in globs if glob)


def may_claim(name: str, globs: Sequence[str]) -> bool:
    """Whether one of the globs matches the repository name."""
    return any(fnmatchcase(name, glob) for glob in globs)


def may_adopt(annotations: Mapping[str, str], everywhere: bool) -> bool:
    """Whether objects of a namespace with these annotations may adopt repositories."""
    return everywhere or annotations.get(ADOPTION_ANNOTATION) == "Allowed"
