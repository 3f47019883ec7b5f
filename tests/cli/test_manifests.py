"""Reading manifests as kubectl does."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecr_operator.cli.manifests import Manifest, ManifestError, read_manifests
from tests.cluster import Cluster

HEAD = "apiVersion: ecr-operator.dev/v1alpha1\nkind: EcrRepository\n"
WEB = f"{HEAD}metadata: {{name: web}}\n"

Write = Callable[[str, str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the temporary directory; returns its path."""

    def write(name: str, text: str) -> str:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def read(*paths: object, recursive: bool = False) -> tuple[Manifest, ...]:
    return read_manifests([str(path) for path in paths], recursive=recursive)


def names(manifests: tuple[Manifest, ...]) -> list[str]:
    return [manifest.obj["metadata"]["name"] for manifest in manifests]


def refused(*paths: object) -> str:
    with pytest.raises(ManifestError) as error:
        read(*paths)
    return str(error.value)


def named(name: str) -> str:
    return f"{HEAD}metadata: {{name: {name}}}\n"


# Where


def test_a_file_of_any_name(write: Write) -> None:
    file = write("web.txt", WEB)
    (manifest,) = read(file)
    assert manifest == Manifest(
        {"apiVersion": "ecr-operator.dev/v1alpha1", "kind": "EcrRepository", "metadata": {"name": "web"}},
        file,
        1,
    )
    assert manifest.place == f"{file}:1"


def test_a_directory_in_the_order_of_names_without_its_subdirectories(write: Write, tmp_path: Path) -> None:
    for name in ("c.json", "a.yml", "b.yaml", "sub/d.yaml", "README.md"):
        text = named(Path(name).stem)
        write(name, json.dumps(_object("c")) if name.endswith("json") else text)
    assert names(read(tmp_path)) == ["a", "b", "c"]
    assert names(read(tmp_path, recursive=True)) == ["a", "b", "c", "d"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WEB.encode())))
    (manifest,) = read("-")
    assert manifest.place == "-:1"


def test_paths_are_read_in_the_order_in_which_they_are_named(write: Write) -> None:
    first, second = write("b.yaml", named("b")), write("a.yaml", named("a"))
    assert names(read(first, second)) == ["b", "a"]


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "nowhere")


def test_a_url_is_not_fetched() -> None:
    assert "download it first" in refused("https://example.com/web.yaml")


def test_a_directory_without_manifests_is_an_error(write: Write, tmp_path: Path) -> None:
    write("sub/web.yaml", WEB)
    assert "--recursive" in refused(tmp_path)


# Documents


def test_several_documents_with_their_lines(write: Write) -> None:
    file = write("all.yaml", f"# nothing yet\n---\n{WEB}---\n# empty\n---\n\n{named('api')}")
    assert [(m.obj["metadata"]["name"], m.line) for m in read(file)] == [("web", 3), ("api", 10)]


def test_other_groups_are_ignored(write: Write, tmp_path: Path) -> None:
    write("a.yaml", "apiVersion: v1\nkind: Secret\n---\napiVersion: apps/v1\nkind: Deployment\n")
    write("b.yaml", "apiVersion: x.ecr-operator.dev/v1\nkind: EcrRepository\n")
    write("kustomization.yaml", "resources: [a.yaml]\n")
    assert read(tmp_path) == ()


def test_every_kind_and_version_of_our_group_is_kept(write: Write) -> None:
    assert len(read(write("a.yaml", "apiVersion: ecr-operator.dev/v7\nkind: Unknown\n"))) == 1


@pytest.mark.parametrize("kind", ["List", "EcrRepositoryList"])
def test_lists_are_taken_apart(write: Write, kind: str) -> None:
    version = "v1" if kind == "List" else "ecr-operator.dev/v1alpha1"
    items = [_object("a"), _object("b"), {"apiVersion": "v1", "kind": "Secret"}]
    file = write("list.yaml", json.dumps({"apiVersion": version, "kind": kind, "items": items}))
    assert names(read(file)) == ["a", "b"]


def test_the_entries_of_a_list_of_ours_need_not_say_what_they_are(write: Write) -> None:
    text = "apiVersion: ecr-operator.dev/v1alpha1\nkind: EcrRepositoryList\nitems: [{metadata: {name: a}}]\n"
    assert read(write("list.yaml", text))[0].obj == _object("a")


def test_several_json_documents(write: Write) -> None:
    file = write("all.json", f"{json.dumps(_object('a'))}\n\n{json.dumps(_object('b'), indent=1)}\n")
    assert [(m.obj["metadata"]["name"], m.line) for m in read(file)] == [("a", 1), ("b", 3)]


def test_a_byte_order_mark_is_no_part_of_the_text(write: Write) -> None:
    assert names(read(write("web.yaml", "\ufeff" + WEB))) == ["web"]


def test_anchors_and_merges(write: Write) -> None:
    text = f"{WEB}spec: &s {{suspend: true}}\n---\n{named('b')}spec: {{tags: {{}}}}\n"
    merged = f"{WEB}x: &x {{suspend: true, a: b}}\nspec: {{<<: *x, suspend: false}}\n"
    assert read(write("a.yaml", text))[0].obj["spec"] == {"suspend": True}
    assert read(write("b.yaml", merged))[0].obj["spec"] == {"suspend": False, "a": "b"}


# Errors


def bomb(level: str, base: str = "x", *, width: int = 10, levels: int = 10) -> str:
    """Return lines of which each stands for so many of the one before."""
    aliases = (", ".join([f"*a{n}"] * width) for n in range(levels))
    lines = (f"a{n}: &a{n} {level.format(entries)}\n" for n, entries in enumerate(aliases, start=1))
    return f"{WEB}a0: &a0 {base}\n{''.join(lines)}"


REFUSED: dict[str, tuple[str, int, str]] = {
    "a key twice": (
        f"{WEB}spec:\n  suspend: true\n  suspend: false\n",
        6,
        'key "suspend" already set in map',
    ),
    "a key twice in JSON": ('{"kind": "A",\n"kind": "B"}', 2, 'key "kind" already set in map'),
    "no YAML": (f"{WEB}spec: [\n", 5, "is not YAML"),
    "no JSON": ('{"kind":\n "A"', 2, "is not JSON"),
    "a template": (f"{HEAD}metadata:\n  name: {{{{ .Values.name }}}}\n", 4, "helm template"),
    "a template that begins with an action": ("{{- if .Values.x }}\n", 1, "helm template"),
    "text": ("just text\n", 1, "is no Kubernetes object"),
    "a list": ("- a\n", 1, "is no Kubernetes object"),
    "no kind": ("---\napiVersion: v1\n", 2, "kind not set"),
    "no version": ("kind: EcrRepository\n", 1, "apiVersion not set"),
    "neither": ("replicas: 1\n", 1, "apiVersion and kind not set"),
    "an entry of a list that is none": ("apiVersion: v1\nkind: List\nitems: [a]\n", 1, "items[0]"),
    "a null as a key": (f"{WEB}spec: {{~: a}}\n", 4, "a key must be text"),
    "a list as a key": (f"{WEB}spec: {{[a]: a}}\n", 4, "a key must be text"),
    "a tag that means nothing": (f"{WEB}spec: !!python/name:os.system x\n", 4, "is not YAML"),
    "bytes": (f"{WEB}spec: !!binary YQ==\n", 4, "is not YAML"),
    "a number that JSON has not": (f"{WEB}spec: .nan\n", 1, "nan is no number"),
    "a number that is none": (f"{WEB}spec: !!int abc\n", 4, "cannot decode 'abc' as !!int"),
    "a number of 5,000 digits": (f"{WEB}spec: {'1' * 5000}\n", 1, "is not YAML"),
    "a control character": ("kind: a\nx: \x07\n", 2, "is not YAML"),
    "an endless list": (f"{WEB}spec: &a [*a]\n", 4, "an anchor contains itself"),
    "an endless map": (f"{WEB}spec: &a {{<<: *a}}\n", 4, "an anchor contains itself"),
    "a few lines that stand for thousands of millions": (bomb("[{}]"), 4, "its aliases stand for too much"),
    "merges that stand for as many": (bomb("{{<<: [{}]}}", "{k: v}"), 4, "its aliases stand for too much"),
    "brackets without end": ("[" * 5000, 1, "nested too deeply"),
}


@pytest.mark.parametrize(("text", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_file_and_the_line(write: Write, text: str, line: int, words: str) -> None:
    file = write("web.yaml", text)
    message = refused(file)
    assert message.startswith(f"{file}:{line}: ")
    assert words in message


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_bytes(b"a: b\nc: \xff\n")
    assert f"{tmp_path}/web.yaml:2: is not text in UTF-8" in refused(tmp_path)


@pytest.mark.parametrize(("width", "levels", "taken"), [(900, 1, True), (30, 2, True), (45, 3, False)])
def test_kubectl_takes_as_many_aliases(
    write: Write, cluster: Cluster, width: int, levels: int, taken: bool
) -> None:
    text = bomb("[{}]", width=width, levels=levels)
    file = write("web.yaml", text)
    done = cluster.kubectl(
        *("create", "--dry-run=client", "--validate=false", "-o", "name", "-f", file), check=False
    )
    assert (done.returncode == 0) == taken, done.stderr
    if taken:
        read(file)
    else:
        assert "excessive aliasing" in done.stderr
        refused(file)


# Scalars


SCALARS: dict[str, Any] = {
    "012345678901": 12345678901,
    "'012345678901'": "012345678901",
    "123456789012": 123456789012,
    "0123": 0o123,
    "0o17": 15,
    "0x1F": 31,
    "-0b11": -3,
    "1_000": 1000,
    "1.50": 1.5,
    "2.0": 2,
    "1e3": 1000,
    ".5": 0.5,
    "1.": 1,
    "99999999999999999999": 99999999999999999999.0,
    "1:30": "1:30",
    "2024-01-02": "2024-01-02",
    "1.2.3": "1.2.3",
    "y": True,
    "NO": False,
    "on": True,
    "Off": False,
    "~": None,
    "nUll": "nUll",
    "=": "=",
    "!!str 5": "5",
    "!!float 5": 5,
    '"\\ud83d\\ude00"': "\U0001f600",
}


def spec_of(write: Write, scalar: str) -> Any:
    # A block, because a few of these are no scalars within braces.
    return read(write("web.yaml", f"{WEB}spec:\n  a: {scalar}\n"))[0].obj["spec"]["a"]


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_scalars(write: Write, text: str, value: Any) -> None:
    read_value = spec_of(write, text)
    assert (type(read_value), read_value) == (type(value), value)


def test_keys_become_text(write: Write) -> None:
    (manifest,) = read(write("web.yaml", f"{WEB}spec: {{5: a, yes: b, 1.5: c, 'q': d}}\n"))
    assert manifest.obj["spec"] == {"5": "a", "true": "b", "1.5": "c", "q": "d"}


def test_kubectl_reads_the_same_scalars(write: Write, cluster: Cluster) -> None:
    # In a field without a schema; what is not among 64-bit numbers and Unicode comes back as it was.
    texts = [text for text in SCALARS if not text.startswith('"')]
    lines = "".join(f"  - {text}\n" for text in texts)
    secret = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\nunknown:\n{lines}"
    done = cluster.kubectl(
        *("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-"), input=secret
    )
    shown = json.loads(done.stdout)["unknown"]
    assert dict(zip(texts, shown, strict=True)) == {text: SCALARS[text] for text in texts}


def _object(name: str) -> dict[str, Any]:
    return {"apiVersion": "ecr-operator.dev/v1alpha1", "kind": "EcrRepository", "metadata": {"name": name}}
