"""Images put in place by the knobs: kinds, times, many at once, older without another clock."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGE = "application/vnd.oci.image.config.v1+json"
CHART = "application/vnd.cncf.helm.config.v1+json"
SIGNATURE = "application/vnd.cncf.notary.signature"
DAY = 86_400


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"])


def detail(ecr: Any, image: dict[str, Any]) -> dict[str, Any]:
    ids = [{"imageDigest": image["imageDigest"]}]
    return ecr.describe_images(repositoryName="app", imageIds=ids)["imageDetails"][0]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_a_plain_image_a_chart_and_a_signature_have_their_media_types(fake: FakeAws, ecr: Any) -> None:
    image = fake.put_image("app", size=5000)
    chart = fake.put_image("app", ["1.0.0"], artifact_media_type=CHART)
    docker = fake.put_image("app", media_type=DOCKER)
    signature = fake.put_image("app", subject=image["imageDigest"], artifact_media_type=SIGNATURE, size=300)
    kinds = {
        name: (one["imageManifestMediaType"], one["artifactMediaType"], one.get("subjectManifestDigest"))
        for name, one in (
            ("image", detail(ecr, image)),
            ("chart", detail(ecr, chart)),
            ("docker", detail(ecr, docker)),
            ("signature", detail(ecr, signature)),
        )
    }
    assert kinds == {
        "image": (MANIFEST, IMAGE, None),
        "chart": (MANIFEST, CHART, None),
        "docker": (DOCKER, IMAGE, None),
        "signature": (MANIFEST, SIGNATURE, image["imageDigest"]),
    }
    assert [detail(ecr, one)["imageSizeInBytes"] for one in (image, signature)] == [5000, 300]
    text = signature["imageManifest"]
    assert signature["imageDigest"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    sizes = json.loads(text)
    assert sizes["config"]["size"] + sizes["layers"][0]["size"] == 300


def test_an_index_holds_its_children_and_has_the_size_of_the_largest(fake: FakeAws, ecr: Any) -> None:
    parts = [fake.put_image("app", size=size)["imageDigest"] for size in (2000, 9000, 4000)]
    index = fake.put_image("app", ["multi"], children=parts)
    found = detail(ecr, index)
    assert (found["imageManifestMediaType"], found["imageSizeInBytes"]) == (INDEX, 9000)
    listed = json.loads(index["imageManifest"])["manifests"]
    assert [one["digest"] for one in listed] == parts
    again = fake.put_image("app", children=parts, media_type=DOCKER_LIST)
    assert again["imageDigest"] != index["imageDigest"]
    assert detail(ecr, again)["imageManifestMediaType"] == DOCKER_LIST
    answer = ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": parts[0]}])
    assert [one["failureCode"] for one in answer["failures"]] == ["ImageReferencedByManifestList"]
    with pytest.raises(RuntimeError, match="app has no sha256:nothing"):
        fake.put_image("app", children=["sha256:nothing"])


def test_all_times_of_an_image_are_shown_and_those_that_it_has_not_are_left_out(
    fake: FakeAws, ecr: Any
) -> None:
    times = {"pushed_at": 1_700_000_000, "pulled_at": 1_700_000_100.5}
    kept = {"archived_at": 1_700_000_200, "activated_at": 1_700_000_300}
    full = detail(ecr, fake.put_image("app", **times, **kept))
    assert full["imagePushedAt"] == at(1_700_000_000)
    assert full["lastRecordedPullTime"] == at(1_700_000_100.5)
    assert full["lastArchivedAt"] == at(1_700_000_200)
    assert full["lastActivatedAt"] == at(1_700_000_300)
    plain = detail(ecr, fake.put_image("app", age=3 * DAY))
    assert abs(plain["imagePushedAt"] - at(time.time() - 3 * DAY)) < timedelta(seconds=30)
    assert plain.keys().isdisjoint({"lastRecordedPullTime", "lastArchivedAt", "lastActivatedAt"})
    archived = detail(ecr, fake.put_image("app", status="ARCHIVED", pushed_at=1_700_000_000))
    assert archived["lastArchivedAt"] == at(1_700_000_000)


def test_tags_are_taken_from_the_image_that_had_them(fake: FakeAws, ecr: Any) -> None:
    one = fake.put_image("app", ["latest", "v1"])
    two = fake.put_image("app", ["latest", "v2"])
    assert detail(ecr, one)["imageTags"] == ["v1"]
    assert detail(ecr, two)["imageTags"] == ["latest", "v2"]
    fake.put_images(["app"], 1, tags=["v1"])
    assert "imageTags" not in detail(ecr, one)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"status": "DELETED"}, "status is one of"),
        ({"age": 1, "pushed_at": 1}, "age or pushed_at"),
        ({"manifest": "{}", "subject": "sha256:x"}, "the manifest says"),
    ],
)
def test_what_contradicts_itself_is_refused(fake: FakeAws, arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(RuntimeError, match=why):
        fake.put_image("app", **arguments)


def test_images_become_older_while_the_clock_of_aws_stands(fake: FakeAws, ecr: Any) -> None:
    fake.create_repositories(["other"])
    fake.put_image("other")
    times = {"pushed_at": 1_700_000_000, "pulled_at": 1_700_000_100, "archived_at": 1_700_000_200}
    image = fake.put_image("app", activated_at=1_700_000_300, **times)
    assert fake.age_images(100, "app") == 1
    found = detail(ecr, image)
    assert [
        found[name].timestamp()
        for name in ("imagePushedAt", "lastRecordedPullTime", "lastArchivedAt", "lastActivatedAt")
    ] == [1_699_999_900, 1_700_000_000, 1_700_000_100, 1_700_000_200]
    assert fake.age_images(DAY) == 2
    now = datetime.now(UTC)
    pushed = ecr.describe_images(repositoryName="other")["imageDetails"][0]["imagePushedAt"]
    assert timedelta(days=1) <= now - pushed < timedelta(days=1, minutes=5)


def test_many_images_are_put_into_many_repositories_at_once(fake: FakeAws, ecr: Any) -> None:
    names = ["many/a", "many/b"]
    fake.create_repositories(names)
    assert fake.put_images(names, 3, every=DAY, newest_age=DAY, tags=["v{n}", "build-{n}"], size=777) == 6
    now = datetime.now(UTC)
    for name in names:
        found = ecr.describe_images(repositoryName=name)["imageDetails"]
        assert [one["imageTags"] for one in found] == [
            ["v1", "build-1"],
            ["v2", "build-2"],
            ["v3", "build-3"],
        ]
        assert [(now - one["imagePushedAt"]).days for one in found] == [3, 2, 1]
        assert {one["imageSizeInBytes"] for one in found} == {777}
    assert fake.put_images(["app"], 2, tags=[]) == 2
    ids = ecr.list_images(repositoryName="app", filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert len({one["imageDigest"] for one in ids}) == 2
    assert fake.calls("many/b") == {"DescribeImages": 1}


def test_100_ids_are_described_and_1000_images_fit_on_a_page(fake: FakeAws, ecr: Any) -> None:
    fake.put_images(["app"], 1001)
    first = ecr.describe_images(repositoryName="app", maxResults=1000)
    assert [len(first["imageDetails"]), first["imageDetails"][-1]["imageTags"]] == [1000, ["v1000"]]
    rest = ecr.describe_images(repositoryName="app", maxResults=1000, nextToken=first["nextToken"])
    assert [one["imageTags"] for one in rest["imageDetails"]] == [["v1001"]]
    assert "nextToken" not in rest
    ids = [{"imageTag": f"v{n}"} for n in range(1, 101)]
    assert len(ecr.describe_images(repositoryName="app", imageIds=ids)["imageDetails"]) == 100


def test_a_filter_fills_its_pages_with_what_it_lets_through(fake: FakeAws, ecr: Any) -> None:
    for n in range(4):
        fake.put_image("app", [f"v{n}"], status="ARCHIVED" if n % 2 else "ACTIVE")
        fake.put_image("app", status="ARCHIVED")
    wanted = {"repositoryName": "app", "filter": {"imageStatus": "ARCHIVED", "tagStatus": "TAGGED"}}
    first = ecr.describe_images(**wanted, maxResults=1)
    second = ecr.describe_images(**wanted, maxResults=1, nextToken=first["nextToken"])
    assert [first["imageDetails"][0]["imageTags"], second["imageDetails"][0]["imageTags"]] == [["v1"], ["v3"]]
    assert "nextToken" not in second
    assert [one["imageTag"] for one in ecr.list_images(**wanted)["imageIds"]] == ["v1", "v3"]


def test_the_manifest_of_an_index_says_the_platforms_of_its_children(fake: FakeAws, ecr: Any) -> None:
    arm, provenance, plain = (fake.put_image("app")["imageDigest"] for _ in range(3))
    platform = {"os": "linux", "architecture": "arm64"}
    attestation = {
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": arm,
        },
    }
    children = [{"digest": arm, "platform": platform}, {"digest": provenance, **attestation}, plain]
    fake.put_image("app", ["v1"], children=children)
    [image] = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"]
    found = json.loads(image["imageManifest"])["manifests"]
    assert [one["digest"] for one in found] == [arm, provenance, plain]
    assert [one.get("platform") for one in found] == [platform, attestation["platform"], None]
    assert found[1]["annotations"] == attestation["annotations"]
    refused = ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": arm}])
    assert refused["failures"][0]["failureCode"] == "ImageReferencedByManifestList"
    with pytest.raises(RuntimeError, match="no os"):
        fake.put_image("app", children=[{"digest": arm, "os": "linux"}])
