"""`ecr-operator run`: the operator itself."""

import asyncio
import gc
import json
import logging
import signal
import sys
from datetime import UTC, datetime

from kubernetes.aio.config import ConfigException

from ecr_operator.aws.identity import ConfigurationError
from ecr_operator.process import Operator
from ecr_operator.settings import Settings

USAGE_ERROR = 64


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class Repetitions(logging.Filter):
    """Lets a kind of record of kopf's pass once a minute: each watch reports each try of an outage."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if not record.name.startswith("kopf"):
            return True
        kind = f"{record.name}:{record.getMessage()[:15]}"
        if record.created < self._next.get(kind, 0.0):
            return False
        self._next[kind] = record.created + 60
        return True


def configure_logging(level: str, format: str) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if format == "json" else text)
    handler.addFilter(Repetitions())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # kopf reports every handler call, and that it ignores signals, which are ours.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("kopf.objects").setLevel(logging.ERROR)
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
    # It logs a stack for each try to fetch credentials; what is the matter is on the objects.
    logging.getLogger("botocore.credentials").setLevel(logging.CRITICAL)
    for chatty in ("botocore", "urllib3", "asyncio", "aiohttp"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))


def spare_collections() -> None:
    """Let the garbage collector pass over what is imported, and run less often.

    All that allocates here (requests, JSON) is freed by counting references; looking for cycles among the
    hundreds of thousands of objects of boto3 and kopf takes a tenth of the CPU of a wave.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    configure_logging(settings.log_level, settings.log_format)
    spare_collections()
    try:
        asyncio.run(_run(settings))
    except (ConfigurationError, ConfigException) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Operator(settings).run(stop)
