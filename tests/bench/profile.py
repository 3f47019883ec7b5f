"""Where the CPU goes: py-spy samples what holds the interpreter, in all threads of the operator."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(sys.executable).parent / "py-spy"
RATE = 250
"""Samples a second; each stops the operator for a moment, so its CPU time is not that of other runs."""
ATTACH_SECONDS = 1.5
STOP_TIMEOUT = 60.0
SHOWN = 30


@contextmanager
def recorded(pid: int, directory: Path | None, case: str) -> Iterator[None]:
    """Profile the process meanwhile, unless `directory` is None.

    `<case>.folded` is for flamegraph.pl and speedscope.app, `<case>.txt` for the eye. What runs in C without
    the interpreter's lock (TLS, hashes of much data) is in none of them.
    """
    if directory is None:
        yield
        return
    directory.mkdir(parents=True, exist_ok=True)
    folded = directory / f"{case}.folded"
    folded.unlink(missing_ok=True)
    options = ["--gil", "--threads", "--format", "raw", "--rate", str(RATE), "--duration", "unlimited"]
    command = [str(PROGRAM), "record", *options, "--output", str(folded), "--pid", str(pid)]
    # A session of its own: Ctrl-C is for the benchmark, which ends it in its turn.
    sampler = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        time.sleep(ATTACH_SECONDS)
        if sampler.poll() is not None:
            raise RuntimeError(f"py-spy may not look at the operator: {sampler.communicate()[0].strip()}")
        yield
    finally:
        sampler.send_signal(signal.SIGINT)
        try:
            sampler.communicate(timeout=STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            sampler.kill()
            sampler.communicate()
    if folded.exists():
        (directory / f"{case}.txt").write_text(summary(folded.read_text()))


def summary(folded: str) -> str:
    """The shares of functions, with what they call and alone."""
    total, threads, within, alone = 0, Counter[str](), Counter[str](), Counter[str]()
    for line in folded.splitlines():
        stack, _, number = line.rpartition(" ")
        count = int(number)
        thread, *frames = stack.split(";")
        functions = [_without_line(frame) for frame in frames]
        if not functions:
            continue
        total += count
        threads[_name(thread)] += count
        alone[functions[-1]] += count
        for function in set(functions):
            within[function] += count
    parts = (
        ("By thread", threads),
        ("By function, with what it calls", within),
        ("By function, alone", alone),
    )
    lines = [f"{total} samples"]
    for title, counts in parts:
        lines += ["", title]
        lines += [f"{100 * count / total:6.1f} %  {name}" for name, count in counts.most_common(SHOWN)]
    return "\n".join(lines) + "\n"


def _without_line(frame: str) -> str:
    """`call (file.py:12)` as `call (file.py)`."""
    name, _, line = frame.rpartition(":")
    return f"{name})" if name and line.rstrip(")").isdigit() else frame


def _name(thread: str) -> str:
    """`thread (0x7F): aws_3` as `aws`: all of a pool are one."""
    return thread.rpartition(": ")[2].strip('"').partition("_")[0] or thread
