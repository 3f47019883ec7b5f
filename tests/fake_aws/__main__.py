"""Run the fake by itself: ``python -m tests.fake_aws --port 5000 [--host 127.0.0.1] [--latency 0.025]``.

Prints one line, its URL, when it is ready. With ``--with-parent`` it ends when its standard input does: the
parent holds the other end, so it dies with the parent however that dies.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading


def end_with_stdin() -> None:
    """End this process when nobody holds the other end of its standard input any more."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


def main() -> None:
    """Parse the arguments and serve for ever."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fake_aws", description="moto, extended to be like AWS"
    )
    parser.add_argument("--port", type=int, default=0, help="0 (the default): any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that every call takes")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))

    from . import sts
    from .application import Application
    from .behaviour import BEHAVIOUR
    from .ecr import backend
    from .http_server import Server

    backend.install()
    sts.install()
    BEHAVIOUR.latency = arguments.latency
    server = Server(arguments.host, arguments.port, Application())
    gc.freeze()  # moto's modules and botocore's models never become garbage
    if arguments.with_parent:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    print(server.url, flush=True)
    server.serve_forever(poll_interval=60)


if __name__ == "__main__":
    main()
