"""One repository: a fresh observation of it, and the calls that perform a plan's changes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.aws.descriptions import described, tag_list
from ecr_operator.aws.errors import NOT_FOUND, AwsError
from ecr_operator.aws.policies import lifecycle_policy, perform_policy, repository_policy
from ecr_operator.aws.registry import Registry
from ecr_operator.planning.changes import (
    Change,
    CreateRepository,
    DeleteRepository,
    SetScanOnPush,
    SetTagMutability,
    StartImageScan,
    TagRepository,
    UntagRepository,
)
from ecr_operator.planning.deletion import ImageCount, ObservedForDeletion
from ecr_operator.planning.managed import Reads
from ecr_operator.planning.repository import ObservedRepository

IMAGES_PER_PAGE = 1000


async def observe(registry: Registry, name: str, *, fresh: bool) -> ObservedRepository | None:
    """The repository as it is now, with its tags; None: it does not exist.

    Where `fresh` is false, absence may be concluded from a listing of the last minute: for an asker that has
    never owned the repository. Raises `AwsError`.
    """
    description = await (registry.describe(name) if fresh else registry.find(name))
    if description is None:
        return None
    tags = await registry.tags(description["repositoryArn"])
    return None if tags is None else described(description, tags)


async def with_policies(registry: Registry, observed: ObservedRepository, todo: Reads) -> ObservedRepository:
    """`observed` with the policies that have to be known. Raises `AwsError`."""
    return replace(
        observed,
        lifecycle_policy=await lifecycle_policy(registry, observed.name) if todo.lifecycle else None,
        policy=await repository_policy(registry, observed.name) if todo.policy else None,
        known=todo,
    )


async def observe_for_deletion(
    registry: Registry, name: str, arn: str | None, is_ours: Callable[[str | None], bool]
) -> ObservedForDeletion | None:
    """What a deletion needs to know: the owner tag and, where it is ours, whether there are images.

    `arn` None (the status that would hold it was never written): looked up by name.
    """
    if arn is None:
        description = await registry.describe(name)
        if description is None:
            return None
        arn = str(description["repositoryArn"])
    tags = await registry.tags(arn)
    if tags is None:
        return None
    owner = tags.get(OWNER_TAG)
    images = ImageCount(0)
    if is_ours(owner):
        found = await _count_images(registry, name, _account(arn))
        if found is None:
            return None
        images = found
    return ObservedForDeletion(arn, owner, images)


async def perform(registry: Registry, change: Change) -> ObservedRepository | None:
    """Send one change to AWS; returns the repository where the answer holds it. Raises `AwsError`."""
    session = registry.session
    match change:
        case CreateRepository():
            return await _create(registry, change)
        case TagRepository(arn=arn, tags=tags):
            await session.write("ecr", "tag_resource", resourceArn=arn, tags=tag_list(tags))
        case UntagRepository(arn=arn, keys=keys):
            await session.write("ecr", "untag_resource", resourceArn=arn, tagKeys=list(keys))
        case SetTagMutability(name=name, mutability=mutability, exclusion_filters=filters):
            await session.write(
                "ecr",
                "put_image_tag_mutability",
                repositoryName=name,
                imageTagMutability=mutability,
                **_filters(filters),
            )
        case SetScanOnPush(name=name, scan_on_push=scan_on_push):
            await session.write(
                "ecr",
                "put_image_scanning_configuration",
                repositoryName=name,
                imageScanningConfiguration={"scanOnPush": scan_on_push},
            )
        case StartImageScan(name=name, digest=digest):
            await session.write(
                "ecr", "start_image_scan", repositoryName=name, imageId={"imageDigest": digest}
            )
        case DeleteRepository():
            await _delete(registry, change)
        case _:
            await perform_policy(registry, change)
    return None


async def _create(registry: Registry, change: CreateRepository) -> ObservedRepository:
    try:
        answer = await registry.session.write("ecr", "create_repository", **_create_parameters(change))
    except AwsError as error:
        if error.code == "RepositoryAlreadyExistsException":
            registry.exists(change.name)
        raise
    registry.created(answer["repository"])
    # It has no policies, as far as anybody can know: what it was before it was deleted is no fact any more.
    return replace(described(answer["repository"], change.tags), known=Reads(lifecycle=True, policy=True))


async def _delete(registry: Registry, change: DeleteRepository) -> None:
    # Without force AWS itself refuses a repository that has got an image in the meantime.
    parameters: dict[str, Any] = {"registryId": _account(change.arn), "repositoryName": change.name}
    if change.force:
        parameters["force"] = True
    try:
        await registry.session.write("ecr", "delete_repository", **parameters)
    except AwsError as error:
        if error.code in NOT_FOUND:
            pass
        elif error.code != "KmsException" or await registry.tags(change.arn) is not None:
            # A delete may succeed while retiring the grant on the KMS key fails.
            raise
    registry.deleted(change.name)


async def _count_images(registry: Registry, name: str, account: str) -> ImageCount | None:
    """Images of every status: archived ones are hidden unless asked for. None: no such repository."""
    parameters: dict[str, Any] = {
        "registryId": account,
        "repositoryName": name,
        "maxResults": IMAGES_PER_PAGE,
        "filter": {"imageStatus": "ANY"},
    }
    while True:
        try:
            answer = await registry.session.read("ecr", "list_images", **parameters)
        except AwsError as error:
            if error.code in NOT_FOUND:
                return None
            raise
        digests = {image.get("imageDigest") for image in answer.get("imageIds", ())}
        token = answer.get("nextToken")
        # A page may be empty while others follow.
        if digests or not token:
            return ImageCount(len(digests), more=bool(token))
        parameters["nextToken"] = token


def _create_parameters(change: CreateRepository) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "repositoryName": change.name,
        "tags": tag_list(change.tags),
        **_filters(change.exclusion_filters),
    }
    if change.mutability is not None:
        parameters["imageTagMutability"] = change.mutability
    if change.scan_on_push is not None:
        parameters["imageScanningConfiguration"] = {"scanOnPush": change.scan_on_push}
    if change.encryption_type is not None:
        encryption = {"encryptionType": change.encryption_type, "kmsKey": change.kms_key}
        parameters["encryptionConfiguration"] = {key: value for key, value in encryption.items() if value}
    return parameters


def _account(arn: str) -> str:
    """The account of an ARN: named in what deletes, so that AWS refuses credentials of another one."""
    return arn.split(":")[4]


def _filters(filters: tuple[str, ...]) -> dict[str, Any]:
    # At least one entry where the field is sent at all (ECR's model): left out, it clears.
    if not filters:
        return {}
    entries = [{"filterType": "WILDCARD", "filter": text} for text in filters]
    return {"imageTagMutabilityExclusionFilters": entries}
