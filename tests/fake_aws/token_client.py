"""The knobs of registry tokens as methods; see `client`."""

from __future__ import annotations

from typing import Any


class TokenTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of tokens."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def token(
        self, text: str, repository: str = "any", registry: str | None = None, region: str | None = None
    ) -> dict[str, Any]:
        """What a registry knows of a token: an authorizationToken, ``AWS:<password>`` or the password.

        ``known``, ``valid`` (now), ``account``, ``arn`` (who asked for it), ``region``, ``public``,
        ``issued``, ``expires_at`` (what its answer said), ``ends`` (when it really ends). And what it may do
        to a repository (of another `registry`, in another `region`, if given): ``allowed``, IAM actions;
        ``refused``, the others with AWS's sentences; ``may``, ``{"pull": ..., "push": ..., "delete": ...,
        "list": ...}``. An unknown or ended token may do nothing.
        """
        found: dict[str, Any] = self.turn(
            "token", text=text, repository=repository, registry=registry, region=region
        )
        return found

    def registry_request(
        self, host: str, method: str, path: str, authorization: str = ""
    ) -> tuple[int, dict[str, str], str]:
        """What the private registry at `host` answers to a request with this Authorization header: status,
        headers and body; 200: the request may come in, and a registry behind this serves it.
        """
        found = self.turn(
            "registry_request", host=host, method=method, path=path, authorization=authorization
        )
        return found["status"], found["headers"], found["body"]

    def tokens(self, account: str | None = None) -> list[dict[str, Any]]:
        """Every token issued so far (to an account), in order: as `token` tells, with ``token`` and
        ``password``, without rights.
        """
        found: list[dict[str, Any]] = self.turn("tokens", account=account)
        return found

    def secrets(self) -> list[str]:
        """Every text issued so far that no log may have: tokens and their passwords, sessions' secret keys
        and tokens, web identity tokens.
        """
        found: list[str] = self.turn("secrets")
        return found

    def set_token_life(self, seconds: float | None) -> None:
        """Let tokens issued from now on live this long; None: 12 h."""
        self.turn("set_token_life", seconds=seconds)

    def revoke_tokens(self, account: str | None = None) -> int:
        """End all tokens now, or those that an account asked for; how many were good."""
        found: int = self.turn("revoke_tokens", account=account)
        return found
