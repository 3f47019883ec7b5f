"""What references of containers, and the imageIDs of their status, name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.image_reference import ImageReference, image_reference, pulled_digest
from ecr_operator.planning.naming import HostForm, Registry, registry_host
from tests.planning.bounds import bounded

A = "123456789012"
HOST = f"{A}.dkr.ecr.eu-central-1.amazonaws.com"
REGISTRY = Registry(A, "eu-central-1")
DIGEST = f"sha256:{'ab' * 32}"


def named(repository: str, tag: str | None = None, digest: str | None = None) -> ImageReference:
    return ImageReference(REGISTRY, repository, tag, digest)


IMAGES = {
    "a tag": (f"{HOST}/web:v1", named("web", "v1")),
    "a digest": (f"{HOST}/web@{DIGEST}", named("web", None, DIGEST)),
    "both": (f"{HOST}/web:v1@{DIGEST}", named("web", "v1", DIGEST)),
    "neither is the tag latest": (f"{HOST}/web", named("web", "latest")),
    "a name with slashes": (f"{HOST}/team-a/web.api/v_1:v1", named("team-a/web.api/v_1", "v1")),
    "the port at which ECR listens": (f"{HOST}:443/web:v1", named("web", "v1")),
    "a host in capitals": (f"{HOST.upper()}/web:v1", named("web", "v1")),
    "a tag of 128 characters": (f"{HOST}/web:{'t' * 128}", named("web", "t" * 128)),
    "a tag that looks like a port": (f"{HOST}/web:443", named("web", "443")),
    "a dual-stack host": (f"{A}.dkr-ecr.eu-central-1.on.aws/web:v1", named("web", "v1")),
    "a FIPS host": (
        f"{A}.dkr.ecr-fips.us-east-1.amazonaws.com/web:v1",
        ImageReference(Registry(A, "us-east-1"), "web", "v1"),
    ),
    "a host of China": (
        f"{A}.dkr.ecr.cn-north-1.amazonaws.com.cn/web:v1",
        ImageReference(Registry(A, "cn-north-1"), "web", "v1"),
    ),
    "an imageID of containerd and CRI-O": (f"{HOST}/web@{DIGEST}", named("web", None, DIGEST)),
    "an imageID of Docker": (f"docker-pullable://{HOST}/web@{DIGEST}", named("web", None, DIGEST)),
    "an imageID of Docker without a repository": (f"docker://{DIGEST}", None),
    "an imageID without a repository": (DIGEST, None),
    "no imageID yet": ("", None),
    "another registry": ("registry.k8s.io/pause:3.10", None),
    "no registry": ("nginx:1.29", None),
    "a path that has an ECR host in it": (f"mirror.example/{HOST}/web:v1", None),
    "another domain that begins as ECR's": (f"{HOST}.example.com/web:v1", None),
    "ECR Public": ("public.ecr.aws/nginx/nginx:1.29", None),
    "a host alone": (HOST, None),
    "a host without a repository": (f"{HOST}/", None),
    "a tag without a repository": (f"{HOST}/:v1", None),
    "an empty tag": (f"{HOST}/web:", None),
    "an empty digest": (f"{HOST}/web@", None),
    "half a digest": (f"{HOST}/web@sha256:abcd", None),
    "a digest before the tag": (f"{HOST}/web@{DIGEST}:v1", None),
    "capitals in the repository": (f"{HOST}/Web:v1", None),
    "a tag of 129 characters": (f"{HOST}/web:{'t' * 129}", None),
    "a repository name that is too long": (f"{HOST}/{'w' * 257}", None),
    "another port": (f"{HOST}:8443/web:v1", None),
    "a line end": (f"{HOST}/web:v1\n", None),
}


@pytest.mark.parametrize(("text", "expected"), IMAGES.values(), ids=IMAGES.keys())
def test_an_image_names(text: str, expected: ImageReference | None) -> None:
    assert image_reference(text) == expected


IMAGE_IDS = {
    "of ECR": (f"{HOST}/web@{DIGEST}", DIGEST),
    "of another registry": (f"registry.k8s.io/pause@{DIGEST}", DIGEST),
    "of Docker": (f"docker-pullable://{HOST}/web@{DIGEST}", DIGEST),
    "an ID alone is no digest of a manifest": (DIGEST, None),
    "Docker's ID alone": (f"docker://{DIGEST}", None),
    "none yet": ("", None),
    "a tag": (f"{HOST}/web:v1", None),
}


@pytest.mark.parametrize(("image_id", "expected"), IMAGE_IDS.values(), ids=IMAGE_IDS.keys())
def test_what_was_pulled(image_id: str, expected: str | None) -> None:
    assert pulled_digest(image_id) == expected


TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
DIGESTS = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
PARTS = st.sampled_from(["a", "0", "team-a", "a.b", "a__b", "a_b", "x---y", "443", "latest"])
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


@bounded(200)
@given(
    st.sampled_from(HostForm),
    NAMES,
    st.none() | TAGS,
    st.none() | DIGESTS,
    st.sampled_from(["", "docker-pullable://"]),
)
def test_every_reference_is_read_back(
    form: HostForm, name: str, tag: str | None, digest: str | None, scheme: str
) -> None:
    image = f"{registry_host(A, 'us-east-1', form)}/{name}"
    image += (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    expected_tag = tag if tag or digest else "latest"
    assert image_reference(scheme + image) == ImageReference(
        Registry(A, "us-east-1"), name, expected_tag, digest
    )


@bounded(300)
@given(st.text() | st.text().map(lambda text: f"{HOST}/{text}"))
def test_no_text_is_too_strange(text: str) -> None:
    found = image_reference(text)
    assert found is None or (found.repository and (found.tag or found.digest))
