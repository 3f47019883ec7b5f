"""Becomes a program that the kernel kills when its parent dies: launch.py PARENT PROGRAM [ARGUMENT...].

A program of its own, not `preexec_fn`: that one is unsafe beside threads, and Python 3.12 warns of it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have died before the call; then no signal will come.
        if os.getppid() != int(parent):
            sys.exit("my parent is gone")
    os.execv(command[0], command)  # noqa: S606


main()
