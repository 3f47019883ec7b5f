"""What our operation classes share: parameters that are already parsed, and no trip through Flask."""

from __future__ import annotations

from typing import Any

from moto.core.responses import BaseResponse
from moto.utilities.utils import get_partition

from .call import Call


class Answering(BaseResponse):
    """A moto response class that is handed a `Call` instead of an HTTP request."""

    call: Call
    parameters: dict[str, Any]

    def take(self, call: Call) -> None:
        """Prepare for `call`: what moto's ``setup_class`` sets, as far as the JSON services read it."""
        self.call = call
        self.parameters = dict(call.parameters)
        self.params = self.parameters
        self.current_account = call.account
        self.access_key = call.caller.key if call.caller else ""
        self.region = call.region
        self.partition = get_partition(call.region)
        self.headers: dict[str, str] = {}

    def _get_param(self, param_name: str, if_none: Any = None) -> Any:
        value = self.parameters.get(param_name)
        return if_none if value is None else value
