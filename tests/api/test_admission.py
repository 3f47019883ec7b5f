"""What the API server says to people: the CRD on a real one."""

from typing import Any

import pytest

from tests.api.repositories import assert_refused, repository
from tests.cluster import ApiError, Cluster

FILTERS = "imageTagMutabilityExclusionFilters"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = "arn:aws:kms:eu-west-1:123456789012"


def filters(*texts: str) -> dict[str, Any]:
    return {
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        FILTERS: [{"filterType": "WILDCARD", "filter": text} for text in texts],
    }


def encryption(**fields: str) -> dict[str, Any]:
    return {"encryptionConfiguration": fields}


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a name with a capital": (
        {"repositoryName": "Web"},
        "spec.repositoryName",
        "lower-case letters and digits",
    ),
    "a name with two dots": ({"repositoryName": "a..b"}, "spec.repositoryName", "only between them"),
    "a name that ends in a slash": (
        {"repositoryName": "team/"},
        "spec.repositoryName",
        "parts separated by '/'",
    ),
    "a name of one character": ({"repositoryName": "a"}, "spec.repositoryName", "at least 2 chars long"),
    "a name of 257 characters": ({"repositoryName": "a" * 257}, "spec.repositoryName", "more than 256"),
    "an unknown management policy": (
        {"managementPolicy": "Watch"},
        "spec.managementPolicy",
        '"Manage", "Observe"',
    ),
    "an unknown adoption policy": ({"adoptionPolicy": "Yes"}, "spec.adoptionPolicy", '"Refuse", "Adopt"'),
    "an unknown deletion policy": (
        {"deletionPolicy": "Orphan"},
        "spec.deletionPolicy",
        '"Retain", "Delete", "DeleteWithImages"',
    ),
    "mutability in lower case": (
        {"imageTagMutability": "mutable"},
        "spec.imageTagMutability",
        '"MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"',
    ),
    "an unknown encryption": (
        encryption(encryptionType="AES"),
        "spec.encryptionConfiguration.encryptionType",
        '"AES256", "KMS", "KMS_DSSE"',
    ),
    "encryption without its type": (
        encryption(kmsKey=KEY_ID),
        "spec.encryptionConfiguration.encryptionType",
        "Required value",
    ),
    "a key without KMS": (
        encryption(encryptionType="AES256", kmsKey=KEY_ID),
        "spec.encryptionConfiguration.kmsKey",
        "`kmsKey` may be specified only when `encryptionType` is 'KMS' or 'KMS_DSSE'",
    ),
    "a key that is an alias without its prefix": (
        encryption(encryptionType="KMS", kmsKey="my-key"),
        "spec.encryptionConfiguration.kmsKey",
        "`kmsKey` must be the id of a KMS key, 'alias/<name>', or the ARN",
    ),
    "a key that is the ARN of something else": (
        encryption(encryptionType="KMS", kmsKey="arn:aws:iam::123456789012:role/x"),
        "spec.encryptionConfiguration.kmsKey",
        "`kmsKey` must be",
    ),
    "a filter with a slash": (
        filters("dev/*"),
        f"spec.{FILTERS}[0].filter",
        "`filter` must consist of letters",
    ),
    "a filter with three stars": (
        filters("latest", "a*b*c*"),
        f"spec.{FILTERS}[1].filter",
        "at most two '*'",
    ),
    "an empty filter": (filters(""), f"spec.{FILTERS}[0].filter", "at least 1 chars long"),
    "a filter of 129 characters": (filters("a" * 129), f"spec.{FILTERS}[0].filter", "more than 128"),
    "no filter in the list": (filters(), f"spec.{FILTERS}", "at least 1 items"),
    "six filters": (filters(*"abcdef"), f"spec.{FILTERS}", "at most 5 items"),
    "a filter twice": (filters("a", "b", "a"), f"spec.{FILTERS}", "may not hold the same filter twice"),
    "an unknown type of filter": (
        {"imageTagMutability": "MUTABLE_WITH_EXCLUSION", FILTERS: [{"filterType": "REGEX", "filter": "a"}]},
        f"spec.{FILTERS}[0].filterType",
        '"WILDCARD"',
    ),
    "filters without exclusion": (
        filters("a") | {"imageTagMutability": "IMMUTABLE"},
        f"spec.{FILTERS}",
        "may be specified only when `imageTagMutability` is 'MUTABLE_WITH_EXCLUSION' or",
    ),
    "filters without mutability": (
        {FILTERS: filters("a")[FILTERS]},
        f"spec.{FILTERS}",
        "may be specified only when `imageTagMutability` is 'MUTABLE_WITH_EXCLUSION' or",
    ),
    "exclusion without filters": (
        {"imageTagMutability": "MUTABLE_WITH_EXCLUSION"},
        f"spec.{FILTERS}",
        "must hold 1 to 5 filters when `imageTagMutability` is 'MUTABLE_WITH_EXCLUSION' or",
    ),
    "an owner without a namespace": (
        {"adoptFrom": "prod/web"},
        "spec.adoptFrom",
        "<cluster>/<namespace>/<name>",
    ),
    "an owner with a wrong cluster": (
        {"adoptFrom": f"{'c' * 61}/ns/web"},
        "spec.adoptFrom",
        "<cluster>/<namespace>/<name>",
    ),
    "a tag's key with a character that AWS refuses": ({"tags": {"a#b": ""}}, "spec.tags", "_ . : / = + - @"),
    "a tag's value with a character that AWS refuses": (
        {"tags": {"team": "a&b"}},
        "spec.tags[team]",
        "_ . : / = + - @",
    ),
    "a tag's empty key": ({"tags": {"": "x"}}, "spec.tags", "1 to 128 characters"),
    "a tag's key of 129 characters": ({"tags": {"k" * 129: "x"}}, "spec.tags", "1 to 128 characters"),
    "a tag's value of 257 characters": ({"tags": {"team": "v" * 257}}, "spec.tags.team", "more than 256"),
    "a tag of AWS": (
        {"tags": {"aws:cloudformation:stack-name": "x"}},
        "spec.tags",
        "may not start with 'aws:'",
    ),
    "a tag of AWS in capitals": ({"tags": {"Aws:x": "x"}}, "spec.tags", "may not start with 'aws:'"),
    "a tag of ours": (
        {"tags": {"ecr-operator.dev/owner": "x"}},
        "spec.tags",
        "may not start with 'ecr-operator.dev/'",
    ),
    "46 tags": ({"tags": {f"key-{n}": "" for n in range(46)}}, "spec.tags", "at most 45"),
    "scanOnPush in words": (
        {"imageScanningConfiguration": {"scanOnPush": "yes"}},
        "spec.imageScanningConfiguration.scanOnPush",
        "boolean",
    ),
    "an unknown fate of foreign statements": (
        {"foreignStatements": "Delete"},
        "spec.foreignStatements",
        '"Keep", "Remove"',
    ),
    "suspend in words": ({"suspend": "yes"}, "spec.suspend", "boolean"),
    "21 images to report": (
        {"images": {"report": 21}},
        "spec.images.report",
        "should be less than or equal to 20",
    ),
    "fewer than no images to report": (
        {"images": {"report": -1}},
        "spec.images.report",
        "should be greater than or equal to 0",
    ),
    "images to report in quotes": ({"images": {"report": "5"}}, "spec.images.report", "integer"),
    "scanFindings in words": ({"images": {"scanFindings": "no"}}, "spec.images.scanFindings", "boolean"),
    "startMissingScans in words": (
        {"images": {"startMissingScans": "yes"}},
        "spec.images.startMissingScans",
        "boolean",
    ),
    **{
        f"fewer than no findings: {name}": (
            {"vulnerabilityPolicy": {name: -1}},
            f"spec.vulnerabilityPolicy.{name}",
            "should be greater than or equal to 0",
        )
        for name in ("maxCritical", "maxHigh", "maxMedium")
    },
    "more findings than there are": (
        {"vulnerabilityPolicy": {"maxMedium": 1_000_001}},
        "spec.vulnerabilityPolicy.maxMedium",
        "should be less than or equal to 1000000",
    ),
    "findings in words": (
        {"vulnerabilityPolicy": {"maxCritical": "none"}},
        "spec.vulnerabilityPolicy.maxCritical",
        "integer",
    ),
    "a scan of the same moment": (
        {"vulnerabilityPolicy": {"maxScanAgeDays": 0}},
        "spec.vulnerabilityPolicy.maxScanAgeDays",
        "should be greater than or equal to 1",
    ),
    "a scan of more than ten years ago": (
        {"vulnerabilityPolicy": {"maxScanAgeDays": 3651}},
        "spec.vulnerabilityPolicy.maxScanAgeDays",
        "should be less than or equal to 3650",
    ),
    "an unknown word for what is not scanned": (
        {"vulnerabilityPolicy": {"onUnscanned": "Deny"}},
        "spec.vulnerabilityPolicy.onUnscanned",
        '"Fail", "Pass", "Unknown"',
    ),
}


@pytest.mark.parametrize(("spec", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_field_and_what_to_write(
    cluster: Cluster, namespace: str, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, namespace, spec, field, words)


ACCEPTED: dict[str, dict[str, Any]] = {
    "nothing at all": {},
    "everything": {
        "suspend": True,
        "repositoryName": "team-a/web.app__x",
        "managementPolicy": "Manage",
        "adoptionPolicy": "Adopt",
        "adoptFrom": f"{'c' * 60}/{'n' * 63}/{'o' * 128}",
        "deletionPolicy": "DeleteWithImages",
        **filters("latest", "dev-*", "*-snapshot-*", "_", "A" * 128),
        "encryptionConfiguration": {"encryptionType": "KMS_DSSE", "kmsKey": "alias/aws/ecr"},
        "imageScanningConfiguration": {"scanOnPush": True},
        "tags": {f"key-{n}": "v" * 256 for n in range(44)} | {"k" * 128: ""},
    },
    "foreign statements are kept": {"foreignStatements": "Keep"},
    "foreign statements are removed": {"foreignStatements": "Remove"},
    "KMS with the key that AWS manages": encryption(encryptionType="KMS"),
    "a key by its id": encryption(encryptionType="KMS", kmsKey=KEY_ID),
    "a key of several Regions": encryption(encryptionType="KMS", kmsKey=f"mrk-{'0a' * 16}"),
    "a key by its ARN": encryption(encryptionType="KMS", kmsKey=f"{ARN}:key/{KEY_ID}"),
    "a key of several Regions by its ARN": encryption(
        encryptionType="KMS", kmsKey=f"{ARN}:key/mrk-{'0a' * 16}".replace("aws", "aws-us-gov")
    ),
    "a key by the ARN of an alias": encryption(
        encryptionType="KMS", kmsKey=f"{ARN}:alias/team/My_key-1".replace("aws", "aws-cn")
    ),
    "tags with all that AWS allows": {
        "tags": {"Größe/日本 1_.:/=+-@": "ÄÖ ٣ _.:/=+-@", "awsome": "x", "aws": "y"}
    },
    "a tag without a value": {"tags": {"team": ""}},
    "no tags": {"tags": {}},
    "an empty scanning configuration": {"imageScanningConfiguration": {}},
    "a mutable repository": {"imageTagMutability": "MUTABLE"},
    "no image to report": {"images": {"report": 0}},
    "as many images to report as there can be": {
        "images": {"report": 20, "scanFindings": True, "startMissingScans": True}
    },
    "findings that are not read": {"images": {"scanFindings": False, "startMissingScans": False}},
    "nothing said of images and findings": {"images": {}, "vulnerabilityPolicy": {}},
    "no finding at all": {"vulnerabilityPolicy": {"maxCritical": 0, "maxHigh": 0, "maxMedium": 0}},
    "the widest limits": {
        "vulnerabilityPolicy": {
            "maxCritical": 1_000_000,
            "maxHigh": 1_000_000,
            "maxMedium": 1_000_000,
            "maxScanAgeDays": 3650,
            "onUnscanned": "Pass",
        }
    },
    "a scan of the last day, or a failure": {
        "vulnerabilityPolicy": {"maxScanAgeDays": 1, "onUnscanned": "Fail"}
    },
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, namespace: str, spec: dict[str, Any]) -> None:
    assert cluster.create(repository("web", spec, namespace))["spec"] == spec


def test_an_object_name_of_one_character_needs_a_repository_name(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(ApiError) as error:
        cluster.create(repository("a", namespace=namespace))
    assert "spec.repositoryName: Required value: `repositoryName` must be specified" in error.value.message
    cluster.create(repository("a", {"repositoryName": "web"}, namespace))


def test_an_object_name_has_at_most_128_characters(cluster: Cluster, namespace: str) -> None:
    cluster.create(repository("a" * 128, namespace=namespace))
    with pytest.raises(ApiError) as error:
        cluster.create(repository("a" * 129, {"repositoryName": "web"}, namespace))
    assert "`metadata.name` must have at most 128 characters" in error.value.message
