"""What a process has taken, by Linux's /proc."""

import os
import re
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads; 0 for one that is gone."""
    try:
        # The name, in parentheses, may hold blanks: utime and stime are the 14th and 15th field of proc(5).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_megabytes(pid: int) -> float:
    """The most memory that it has ever had in RAM, or had since `forget_peak`."""
    return _megabytes(pid, "VmHWM")


def megabytes(pid: int) -> float:
    """The memory that it has in RAM now."""
    return _megabytes(pid, "VmRSS")


def forget_peak(pid: int) -> None:
    """Let the peak be what it has now."""
    # 5 resets the peak resident set size, see proc_pid_clear_refs(5).
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _megabytes(pid: int, field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000
