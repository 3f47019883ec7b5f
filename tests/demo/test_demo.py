"""The demo does what it shows, says when it does not, and leaves nothing behind."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_demo(temporary: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m tests.demo` with its output in a pipe; `temporary` shows what it leaves behind."""
    return subprocess.run(
        [sys.executable, "-m", "tests.demo"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def processes_that_mention(text: str) -> list[str]:
    """The command lines of processes, other than this one's, that hold `text`."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if text in line]


def test_the_demo_tells_its_story_and_leaves_nothing_running() -> None:
    # Not pytest's own directory: the path of a socket has at most 104 characters.
    with tempfile.TemporaryDirectory(prefix="d-") as directory:
        done = run_demo(Path(directory))

        assert done.returncode == 0, done.stdout + done.stderr
        assert os.listdir(directory) == []
        assert processes_that_mention(directory) == []
    assert re.findall(r"^\d+\. .*$", done.stdout, re.MULTILINE) == [
        "1. Install",
        "2. A plan says what an apply would do",
        "3. Objects become repositories",
        "4. A mistake is refused at once",
        "5. What is not ours is left alone",
        "6. Drift is healed",
        "7. Grants change, and a statement that is not ours stays",
        "8. A typo in a policy is refused",
        "9. Deleting an object keeps the repository",
        "10. Images hold a deletion",
        "11. Pull credentials go to every namespace that wants them",
        "12. A lifecycle policy that would delete an image in use is held",
        "13. When nobody uses the image the policy is applied",
        "14. A policy in force is withdrawn in time",
        "15. What a scan finds is on the resource, with a verdict",
        "16. A pipeline stops at it",
        "17. A Pod with that image is refused",
        "18. The image that mends it is let in",
        "19. What was asked of AWS in all",
    ]
    assert "\x1b" not in done.stdout


def test_a_failure_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = run_demo(tmp_path, KUBEBUILDER_ASSETS=str(tmp_path))

    assert done.returncode == 1
    assert done.stdout.strip().startswith(f"The demo failed: KUBEBUILDER_ASSETS={tmp_path} lacks etcd")
    assert "Traceback" not in done.stdout + done.stderr
