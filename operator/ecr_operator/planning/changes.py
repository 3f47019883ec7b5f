"""Every effect that a plan may have on AWS, as data.

A change knows which parts of the repository it starts to manage (``parts``, as they are written to
``status.managed``), which it takes back (``ends``), and how a person reads it (``describe``). Nothing here
performs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecr_operator.api.names import OWNER_TAG

REPOSITORY = "repository"
"""The part that stands for ownership: recorded before CreateRepository or the owner tag is sent."""

MUTABILITY = "imageTagMutability"
SCANNING = "imageScanningConfiguration"
LIFECYCLE = "lifecyclePolicy"


def tag_part(key: str) -> str:
    """The part that a tag of ours is; the owner tag belongs to ``repository``."""
    return REPOSITORY if key == OWNER_TAG else f"tags/{key}"


def statement_part(sid: str) -> str:
    """The part that a statement of ours in the repository's policy is."""
    return f"statements/{sid}"


def mutability_text(mutability: str, exclusion_filters: tuple[str, ...]) -> str:
    """The mutability with its exclusions, as a person reads it."""
    return f"{mutability} except {', '.join(exclusion_filters)}" if exclusion_filters else mutability


def _tags(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(tags.items()))


class Effect:
    """What every change answers."""

    __slots__ = ()

    def parts(self) -> frozenset[str]:
        """What it starts to manage."""
        return frozenset()

    def ends(self) -> frozenset[str]:
        """What it takes back, and ends to manage."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class CreateRepository(Effect):
    """Create the repository with all that CreateRepository can take; the owner tag is among `tags`."""

    name: str
    tags: Mapping[str, str]
    mutability: str | None = None
    exclusion_filters: tuple[str, ...] = ()
    scan_on_push: bool | None = None
    encryption_type: str | None = None
    kms_key: str | None = None
    again: bool = False
    """The repository was ours before and is gone: somebody deleted it."""

    def parts(self) -> frozenset[str]:
        """What it starts to manage."""
        parts = {tag_part(key) for key in self.tags}
        if self.mutability is not None:
            parts.add(MUTABILITY)
        if self.scan_on_push is not None:
            parts.add(SCANNING)
        return frozenset(parts)

    def describe(self) -> str:
        """As a person reads it."""
        verb = "create again" if self.again else "create"
        settings = [mutability_text(self.mutability, self.exclusion_filters)] if self.mutability else []
        if self.scan_on_push is not None:
            settings.append(f"scanOnPush {str(self.scan_on_push).lower()}")
        if self.encryption_type is not None:
            settings.append(" ".join(filter(None, (self.encryption_type, self.kms_key))))
        tags = {key: value for key, value in self.tags.items() if key != OWNER_TAG}
        settings += [f"tags {_tags(tags)}"] if tags else []
        return f"{verb} repository {self.name}" + (f" ({'; '.join(settings)})" if settings else "")


@dataclass(frozen=True, slots=True)
class TagRepository(Effect):
    """Set these tags; others stay."""

    name: str
    arn: str
    tags: Mapping[str, str]

    def parts(self) -> frozenset[str]:
        """What it starts to manage."""
        return frozenset(tag_part(key) for key in self.tags)

    def describe(self) -> str:
        """As a person reads it."""
        return f"set tags {_tags(self.tags)}"


@dataclass(frozen=True, slots=True)
class UntagRepository(Effect):
    """Remove these tags, which we had set."""

    name: str
    arn: str
    keys: tuple[str, ...]

    def ends(self) -> frozenset[str]:
        """What it takes back."""
        return frozenset(tag_part(key) for key in self.keys)

    def describe(self) -> str:
        """As a person reads it."""
        return f"remove tags {', '.join(self.keys)}"


@dataclass(frozen=True, slots=True)
class SetTagMutability(Effect):
    """Set whether tags can be moved, and the exclusions from that."""

    name: str
    mutability: str
    exclusion_filters: tuple[str, ...] = ()
    was: str = field(default="", compare=False)
    """What it replaces, for readers."""

    def parts(self) -> frozenset[str]:
        """What it starts to manage."""
        return frozenset({MUTABILITY})

    def describe(self) -> str:
        """As a person reads it."""
        was = f" (was {self.was})" if self.was else ""
        return f"set imageTagMutability to {mutability_text(self.mutability, self.exclusion_filters)}{was}"


@dataclass(frozen=True, slots=True)
class SetScanOnPush(Effect):
    """Set whether a push starts a basic scan."""

    name: str
    scan_on_push: bool

    def parts(self) -> frozenset[str]:
        """What it starts to manage."""
        return frozenset({SCANNING})

    def describe(self) -> str:
        """As a person reads it."""
        return f"set scanOnPush to {str(self.scan_on_push).lower()}"


@dataclass(frozen=True, slots=True)
class PutLifecyclePolicy(Effect):
    """Set the lifecycle policy; it replaces the one that is there."""

    name: str
    text: str = field(repr=False)
    rules: int = field(default=0, compare=False)
    """How many rules the text holds, for readers."""
    replaces: bool = field(default=False, compare=False)
    """Whether AWS holds another policy now, for readers."""

    def parts(self) -> frozenset[str]:
        """What it starts to manage."""
        return frozenset({LIFECYCLE})

    def describe(self) -> str:
        """As a person reads it."""
        rules = f"{self.rules} rule{'' if self.rules == 1 else 's'}"
        return f"{'replace' if self.replaces else 'set'} the lifecycle policy ({rules})"


@dataclass(frozen=True, slots=True)
class DeleteLifecyclePolicy(Effect):
    """Remove the lifecycle policy, which we had set. That only keeps images."""

    name: str
    withdrawn: bool = False
    """It is still wanted, and put back when it endangers no image in use any more."""

    def ends(self) -> frozenset[str]:
        """What it takes back."""
        return frozenset() if self.withdrawn else frozenset({LIFECYCLE})

    def describe(self) -> str:
        """As a person reads it."""
        why = ", which would act on images in use" if self.withdrawn else ""
        return f"remove the lifecycle policy{why}"


@dataclass(frozen=True, slots=True)
class SetRepositoryPolicy(Effect):
    """Set the repository's policy to our statements and the foreign ones that were there."""

    name: str
    text: str = field(repr=False)
    statements: tuple[str, ...]
    """The Sids of our statements in it."""
    removed: tuple[str, ...] = ()
    """The Sids that it takes out."""
    was: str | None = field(default=None, repr=False)
    """The text that it was planned on; None: there was none."""
    new: bool = False
    """The repository is created by the same plan: nobody else can have written to it."""
    detail: str = field(default="", compare=False)
    """What becomes of each statement, for readers."""

    def parts(self) -> frozenset[str]:
        """What it starts to manage."""
        return frozenset(map(statement_part, self.statements))

    def ends(self) -> frozenset[str]:
        """What it takes back."""
        return frozenset(map(statement_part, self.removed))

    def describe(self) -> str:
        """As a person reads it."""
        return "set the repository policy" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class DeleteRepositoryPolicy(Effect):
    """Remove the repository's policy, in which no statement is left."""

    name: str
    removed: tuple[str, ...] = ()
    """The Sids that it takes out."""
    was: str | None = field(default=None, repr=False)
    """The text that it was planned on."""
    detail: str = field(default="", compare=False)
    """What becomes of each statement, for readers."""

    def ends(self) -> frozenset[str]:
        """What it takes back."""
        return frozenset(map(statement_part, self.removed))

    def describe(self) -> str:
        """As a person reads it."""
        return "remove the repository policy" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class StartImageScan(Effect):
    """Start the scan of an image that was never scanned. It changes nothing of the repository."""

    name: str
    digest: str

    def describe(self) -> str:
        """As a person reads it."""
        return f"start a scan of {self.digest}"


@dataclass(frozen=True, slots=True)
class DeleteRepository(Effect):
    """Delete the repository; `force` deletes its images too."""

    name: str
    arn: str
    force: bool = False

    def describe(self) -> str:
        """As a person reads it."""
        return f"delete repository {self.name}{' and its images' if self.force else ''}"


SharedPolicyChange = SetRepositoryPolicy | DeleteRepositoryPolicy
"""A change of the policy that others may write to as well."""
PolicyChange = PutLifecyclePolicy | DeleteLifecyclePolicy | SharedPolicyChange

Change = (
    CreateRepository
    | TagRepository
    | UntagRepository
    | SetTagMutability
    | SetScanOnPush
    | PolicyChange
    | StartImageScan
    | DeleteRepository
)
