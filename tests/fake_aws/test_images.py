"""Images: pushed, listed, described, archived and deleted."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def manifest(name: str, **more: Any) -> str:
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{name}", "size": 7}
    layers = [{"digest": "sha256:layer", "size": 100}, {"digest": "sha256:other", "size": 20}]
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers, **more})


def index(*digests: str) -> str:
    children = [{"digest": digest, "mediaType": MANIFEST, "size": 1} for digest in digests]
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": children})


def digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@pytest.fixture
def app(ecr: Any) -> Any:
    ecr.create_repository(repositoryName="app")
    return ecr


def push(ecr: Any, text: str, tag: str | None = None, **more: Any) -> dict[str, Any]:
    tagged = {"imageTag": tag} if tag else {}
    return ecr.put_image(repositoryName="app", imageManifest=text, **tagged, **more)["image"]


def listed(ecr: Any, **wanted: str) -> list[tuple[str, str | None]]:
    parameters = {"filter": wanted} if wanted else {}
    ids = ecr.list_images(repositoryName="app", **parameters)["imageIds"]
    return [(one["imageDigest"], one.get("imageTag")) for one in ids]


def described(ecr: Any, **wanted: str) -> dict[str, dict[str, Any]]:
    parameters = {"filter": wanted} if wanted else {}
    details = ecr.describe_images(repositoryName="app", **parameters)["imageDetails"]
    return {one["imageDigest"]: one for one in details}


def test_the_digest_is_the_sha256_of_the_manifest_and_the_size_that_of_config_and_layers(app: Any) -> None:
    text = manifest("one")
    image = push(app, text, "v1")
    assert image["imageId"] == {"imageDigest": digest_of(text), "imageTag": "v1"}
    detail = described(app)[digest_of(text)]
    assert (detail["imageSizeInBytes"], detail["imageTags"], detail["imageStatus"]) == (127, ["v1"], "ACTIVE")
    assert detail["imageManifestMediaType"] == MANIFEST
    assert (
        code_of(app.put_image, repositoryName="app", imageManifest=text + " ", imageDigest=digest_of(text))
        == "ImageDigestDoesNotMatchException"
    )


def test_a_moved_tag_leaves_the_old_image_untagged(app: Any) -> None:
    one, two = manifest("one"), manifest("two")
    push(app, one, "latest")
    push(app, two, "latest")
    assert listed(app) == [(digest_of(one), None), (digest_of(two), "latest")]
    assert "imageTags" not in described(app)[digest_of(one)]
    assert listed(app, tagStatus="UNTAGGED") == [(digest_of(one), None)]
    assert listed(app, tagStatus="TAGGED") == [(digest_of(two), "latest")]
    assert set(described(app, tagStatus="UNTAGGED")) == {digest_of(one)}


def test_list_images_has_one_entry_per_tag(app: Any) -> None:
    text = manifest("one")
    push(app, text, "v1")
    push(app, text, "v1.0")
    assert listed(app) == [(digest_of(text), "v1"), (digest_of(text), "v1.0")]
    assert len(described(app)) == 1


def test_the_same_push_again_is_image_already_exists(app: Any) -> None:
    push(app, manifest("one"), "v1")
    refusal = refusal_of(app.put_image, repositoryName="app", imageManifest=manifest("one"), imageTag="v1")
    assert refusal.code == "ImageAlreadyExistsException"
    assert "and tag 'v1' already exists in the repository with name 'app'" in refusal.message


def test_a_manifest_list_needs_its_manifests_and_has_the_size_of_the_largest(app: Any) -> None:
    one, two = manifest("one"), manifest("two", layers=[{"digest": "sha256:big", "size": 1000}])
    text = index(digest_of(one), digest_of(two))
    push(app, one)
    assert (
        code_of(app.put_image, repositoryName="app", imageManifest=text)
        == "ReferencedImagesNotFoundException"
    )
    push(app, two)
    push(app, text, "multi")
    assert described(app)[digest_of(text)]["imageSizeInBytes"] == 1007
    answer = app.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": digest_of(one)}])
    assert [one["failureCode"] for one in answer["failures"]] == ["ImageReferencedByManifestList"]


def test_only_active_images_are_shown_unless_the_filter_says_otherwise(fake: FakeAws, app: Any) -> None:
    digests = {
        status: fake.put_image("app", tags=[status.lower()], status=status)["imageDigest"]
        for status in ("ACTIVE", "ARCHIVED", "ACTIVATING")
    }
    assert listed(app) == [(digests["ACTIVE"], "active")]
    assert set(described(app)) == {digests["ACTIVE"]}
    for status, digest in digests.items():
        assert [one for one, _ in listed(app, imageStatus=status)] == [digest]
        assert described(app, imageStatus=status)[digest]["imageStatus"] == status
    assert {one for one, _ in listed(app, imageStatus="ANY")} == set(digests.values())
    assert set(described(app, imageStatus="ANY")) == set(digests.values())
    by_id = app.describe_images(repositoryName="app", imageIds=[{"imageDigest": digests["ARCHIVED"]}])
    assert [one["imageStatus"] for one in by_id["imageDetails"]] == ["ARCHIVED"]


@pytest.mark.parametrize("status", ["ACTIVE", "ARCHIVED", "ACTIVATING"])
def test_a_repository_with_an_image_of_any_status_is_not_empty(fake: FakeAws, app: Any, status: str) -> None:
    fake.put_image("app", status=status)
    refusal = refusal_of(app.delete_repository, repositoryName="app")
    assert refusal.code == "RepositoryNotEmptyException"
    assert "cannot be deleted because it still contains images" in refusal.message
    app.delete_repository(repositoryName="app", force=True)
    assert code_of(app.describe_repositories, repositoryNames=["app"]) == "RepositoryNotFoundException"


def test_a_new_push_of_an_archived_image_restores_it(fake: FakeAws, app: Any) -> None:
    text = fake.put_image("app", tags=["v1"], status="ARCHIVED")["imageManifest"]
    push(app, text, "v1")
    assert described(app)[digest_of(text)]["imageStatus"] == "ACTIVE"


def test_admin_sets_times_and_sizes_and_empties_a_repository(fake: FakeAws, app: Any) -> None:
    digest = fake.put_image("app", pushed_at=1_700_000_000, pulled_at=1_700_000_500.5, size=42)["imageDigest"]
    detail = described(app)[digest]
    assert detail["imagePushedAt"] == datetime.fromtimestamp(1_700_000_000, UTC)
    assert detail["lastRecordedPullTime"] == datetime.fromtimestamp(1_700_000_500.5, UTC)
    assert detail["imageSizeInBytes"] == 42
    assert fake.delete_images("app") == 1
    app.delete_repository(repositoryName="app")


def test_images_are_described_by_tag_digest_or_both_and_an_unknown_one_fails_the_call(app: Any) -> None:
    one, two = manifest("one"), manifest("two")
    push(app, one, "v1")
    push(app, two, "v2")
    ids = [
        {"imageTag": "v2"},
        {"imageDigest": digest_of(one), "imageTag": "v1"},
        {"imageDigest": digest_of(two)},
    ]
    details = app.describe_images(repositoryName="app", imageIds=ids)["imageDetails"]
    assert [one["imageDigest"] for one in details] == [digest_of(two), digest_of(one)]
    for unknown in ({"imageTag": "v3"}, {"imageTag": "v2", "imageDigest": digest_of(one)}):
        parameters = {"repositoryName": "app", "imageIds": [ids[0], unknown]}
        assert code_of(app.describe_images, **parameters) == "ImageNotFoundException"
    both = {"repositoryName": "app", "imageIds": ids, "maxResults": 10}
    assert code_of(app.describe_images, **both) == "InvalidParameterException"


def test_the_last_tag_and_a_digest_delete_the_image_and_failures_have_codes(app: Any) -> None:
    texts = [manifest(name) for name in ("one", "two", "three")]
    digests = [digest_of(text) for text in texts]
    push(app, texts[0], "a")
    push(app, texts[0], "b")
    push(app, texts[1], "c")
    push(app, texts[2])
    wanted = [
        {"imageTag": "a"},
        {"imageTag": "c"},
        {"imageDigest": digests[2]},
        {"imageTag": "zzz"},
        {"imageDigest": "nonsense"},
        {"imageDigest": digests[0], "imageTag": "zzz"},
        {},
    ]
    answer = app.batch_delete_image(repositoryName="app", imageIds=wanted)
    assert answer["imageIds"] == [
        {"imageDigest": digests[0], "imageTag": "a"},
        {"imageDigest": digests[1], "imageTag": "c"},
        {"imageDigest": digests[2]},
    ]
    assert [one["failureCode"] for one in answer["failures"]] == [
        "ImageNotFound",
        "InvalidImageDigest",
        "ImageTagDoesNotMatchDigest",
        "MissingDigestAndTag",
    ]
    assert listed(app) == [(digests[0], "b")]


def test_the_manifest_of_an_image_is_got_by_its_tag(fake: FakeAws, app: Any) -> None:
    digest = fake.put_image("app", tags=["v1"])["imageDigest"]
    got = app.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"][0]
    assert got["imageId"] == {"imageDigest": digest, "imageTag": "v1"}
    assert got["imageManifestMediaType"] == MANIFEST
