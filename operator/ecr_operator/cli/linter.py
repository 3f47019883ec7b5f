"""Finds what is wrong with files: manifests of our kinds, and lifecycle policies of AWS's."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecr_operator.api.admission import Problem, located_problems
from ecr_operator.cli.findings import Finding, Severity
from ecr_operator.cli.json_text import UnreadableError, line_and_column
from ecr_operator.cli.linted_rules import blamed, warned
from ecr_operator.cli.manifests import (
    BYTE_ORDER_MARK,
    Manifest,
    ManifestError,
    manifests_in,
    read_text,
    sources,
)
from ecr_operator.cli.offline_refusal import offline_refusal
from ecr_operator.cli.places import START, Place, Places
from ecr_operator.cli.policy_text import WITHIN, as_object, is_policy_text, nulls, read_policy

Locate = Callable[[str], Place]
"""Where a field stands, by its path."""

_NULL: Final = "null is no value for AWS; leave the member out"


class Linter:
    """Looks at one path after the other; `checked` counts the objects and policies among them."""

    def __init__(self, ignored: frozenset[str]) -> None:
        self.checked = 0
        self._ignored = ignored

    def path(self, path: str, *, recursive: bool) -> Iterator[Finding]:
        """Yield what is wrong with a file or with those of a directory, in the order of their lines."""
        try:
            for source in sources(path, recursive=recursive):
                yield from sorted(self._source(source), key=lambda one: one.place)
        except ManifestError as error:
            yield Finding(Severity.ERROR, str(error))

    def _source(self, source: str) -> Iterator[Finding]:
        try:
            text = read_text(source)
            if is_policy_text(source, text):
                yield from self._policy(source, text)
            else:
                yield from self._manifests(source, text)
        except ManifestError as error:
            yield Finding(Severity.ERROR, str(error))
        except UnreadableError as error:
            yield Finding(Severity.ERROR, str(error), source, Place(error.line, error.column))

    def _policy(self, source: str, text: str) -> Iterator[Finding]:
        self.checked += 1
        policy = read_policy(text)
        begin, _ = line_and_column(text, len(text) - len(text.lstrip()))
        places = Places(text)

        def locate(field: str) -> Place:
            return places.find(begin, field.removeprefix(WITHIN).removeprefix("."))

        obj = as_object(policy)
        empty = [Problem(f"{WITHIN}.{path}", f"{path}: {_NULL}") for path in nulls(policy)]
        for finding in self._object(source, obj, locate, empty):
            yield finding.within(WITHIN)

    def _manifests(self, source: str, text: str) -> Iterator[Finding]:
        text = text.removeprefix(BYTE_ORDER_MARK)
        places: list[Places] = []
        for manifest in manifests_in(source, text):
            self.checked += 1

            def locate(field: str, manifest: Manifest = manifest) -> Place:
                if not places:
                    places.append(Places(text))
                return places[0].find(manifest.line, f"{manifest.path}.{field}".strip("."))

            for finding in self._object(source, manifest.obj, locate, []):
                yield finding.of(_subject(manifest.obj))

    def _object(
        self, source: str, obj: dict[str, Any], locate: Locate, known: list[Problem]
    ) -> Iterator[Finding]:
        """Yield the errors of an object, or its warnings where there are none."""
        errors = [*known, *located_problems(obj)]
        if not errors:
            errors += filter(None, [offline_refusal(obj)])
        last = START
        for problem in errors:
            field, priority = blamed(obj, problem)
            # What is about no field is about the errors before it: that they hide others.
            place = last if last != START and not field else locate(field)
            last = max(last, place)
            yield Finding(
                Severity.ERROR, problem.sentence, source, place, field=field, rule_priority=priority
            )
        if errors:
            return
        for field, warning in warned(obj):
            if warning.check not in self._ignored:
                yield Finding(
                    Severity.WARNING,
                    warning.sentence,
                    source,
                    locate(field),
                    field=field,
                    rule_priority=warning.rule_priority,
                    check=warning.check,
                )


def _subject(obj: dict[str, Any]) -> str:
    """The object as messages name it."""
    metadata = obj.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    name = "/".join(str(names[part]) for part in ("namespace", "name") if names.get(part))
    return f"{obj['kind']} {name}".strip()
