"""The source root must never be a package: it would shadow Python's own `operator` module."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_source_root_is_no_package() -> None:
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_pythons_own_operator_module_is_found_in_the_root() -> None:
    code = "import operator; print(operator.itemgetter(0)('ok'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "o\n"
