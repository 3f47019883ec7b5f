"""A Dockerfile read into its instructions, and its build stage done by hand below a directory."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[2]

BUILT = ("/opt", "/src", "/wheels")
"""Directories of the image that stand below the given one instead."""

LARGE = "/(aiohttp|botocore|kubernetes|pygments)/"
"""Packages that are not compiled here: that takes half a minute, and shows no more."""


@dataclass(frozen=True)
class Instruction:
    """One instruction of a stage; stages are counted from 1, what stands before the first is in 0."""

    stage: int
    keyword: str
    text: str

    @property
    def words(self) -> list[str]:
        """The arguments, without options such as `--from=build`."""
        return [word for word in shlex.split(self.text) if not word.startswith("--")]


def instructions(path: Path = ROOT / "Dockerfile") -> list[Instruction]:
    """All instructions, in order; lines that end in a backslash go on, comments are left out."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    found: list[Instruction] = []
    stage = 0
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        keyword, _, text = line.strip().partition(" ")
        if keyword:
            stage += keyword == "FROM"
            found.append(Instruction(stage, keyword, text.strip()))
    return found


def is_sent(name: str) -> bool:
    """Whether .dockerignore lets a file into the build: the last pattern that matches it decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        again, pattern = line.startswith("!"), line.removeprefix("!").removeprefix("**/")
        parts = name.split("/")
        candidates = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        candidates += parts if "**/" in line else []
        if any(fnmatchcase(one, pattern) for one in candidates):
            sent = again
    return sent


def sources(instruction: Instruction) -> list[str]:
    """The files that a COPY takes from the build's context, by their paths in it."""
    found = []
    for word in instruction.words[:-1]:
        path = ROOT / word
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        names = [file.relative_to(ROOT).as_posix() for file in files if not file.is_dir()]
        found += [name for name in names if is_sent(name)]
    return found


def build(directory: Path) -> Path:
    """Do what the first stage does, with this Python, and return the directory that stands for `/`."""
    subprocess.run([sys.executable, "-m", "venv", str(directory / "base")], check=True)
    environment = {"PATH": f"{directory / 'base' / 'bin'}:{os.environ['PATH']}"}
    # The client of the package index is configured for this machine.
    environment |= {
        name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "HOME", "SSL_"))
    }
    place = directory
    for step in instructions():
        if step.stage != 1:
            continue
        if step.keyword == "ENV":
            environment |= dict(word.split("=", 1) for word in step.words)
            # What was downloaded once is good for the next test.
            environment.pop("PIP_NO_CACHE_DIR", None)
        elif step.keyword == "WORKDIR":
            place = Path(_below(step.text, directory))
            place.mkdir(parents=True)
        elif step.keyword == "COPY":
            _copy(step, place)
        elif step.keyword == "RUN":
            command = _below(step.text, directory)
            if "compileall" in command:
                command += f" -x '{LARGE}'"
            subprocess.run(command, shell=True, check=True, cwd=place, env=environment)  # noqa: S602
    return directory


def _below(text: str, directory: Path) -> str:
    return re.sub(rf"(?<!\S)({'|'.join(BUILT)})\b", lambda found: f"{directory}{found.group()}", text)


def _copy(step: Instruction, place: Path) -> None:
    """A file goes into the target where that is a directory; what is in a directory goes to the target."""
    *_, target = step.words
    for name in sources(step):
        inner = name if (ROOT / target).is_dir() and not target.endswith("/") else Path(name).name
        path = place / inner if inner == name else place / target / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, path)
