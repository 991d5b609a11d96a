"""Where does an authorization token come from, and when is it renewed?

A token of the Speech service lives ten minutes. A source gives the current one and makes a new one before the old
one ends, so that a session that outlives its token goes on.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.schema import Address
from pipeline.errors import Missing, Refused

LIFETIME_S = 600.0
RENEW_BEFORE_S = 120.0
COMMAND_TIMEOUT_S = 60.0
SIGN_IN = "az login, or a managed identity, or AZURE_CLIENT_ID and what goes with it; docs of azure-identity"
ENTRA_SCOPE = "https://cognitiveservices.azure.com/.default"


@dataclass(slots=True)
class TokenSource:
    """Gives the current token; `make` returns a new one and the seconds it lives."""

    make: Callable[[], tuple[str, float]]
    clock: Callable[[], float] = time.monotonic
    _token: str = field(default="", repr=False)
    _renew_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self) -> str:
        """The token to use now. Raises Refused where none can be had."""
        with self._lock:
            if not self._token or self.clock() >= self._renew_at:
                self._token, lifetime_s = self.make()
                self._renew_at = self.clock() + max(1.0, lifetime_s - RENEW_BEFORE_S)
            return self._token


def token_source(address: Address) -> TokenSource | None:
    """The source the settings name: a command that prints a token, a fixed token, or None."""
    if address.token_command:
        command = list(address.token_command)
        return TokenSource(lambda: (_from_command(command), LIFETIME_S))
    if address.token:
        secret = address.token
        return TokenSource(lambda: (secret.get_secret_value(), float("inf")))
    return None


def _from_command(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"service.token_command {command[0]!r} failed: {type(error).__name__}") from error
    token = done.stdout.strip()
    if done.returncode != 0 or not token:
        # Its output may hold a secret: only its status is told.
        raise Refused(f"service.token_command {command[0]!r} gave no token (exit status {done.returncode})")
    return token


@dataclass(frozen=True, slots=True)
class EntraCredential:
    """azure-identity's default credential, in the two forms the Speech SDK takes."""

    credential: Any = field(repr=False)

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """What the SDK asks of a credential. Raises Refused where nobody is signed in."""
        from azure.core.exceptions import AzureError

        try:
            return self.credential.get_token(*scopes, **options)
        except (AzureError, ValueError) as error:
            said = str(error).strip().partition("\n")[0]
            raise Refused(f"Microsoft Entra ID gave no token: {said}", hint=SIGN_IN) from error

    def signed_in(self) -> EntraCredential:
        """The credential once it has given a token: inside the SDK a refusal would be told as something else."""
        self.get_token(ENTRA_SCOPE)
        return self

    def for_region(self, resource_id: str | None) -> TokenSource:
        """A region takes `aad#RESOURCE_ID#TOKEN` instead of a credential object."""
        if not resource_id:
            raise Refused("service.entra with a region needs service.resource_id", hint="or set service.endpoint")

        def make() -> tuple[str, float]:
            found = self.get_token(ENTRA_SCOPE)
            return f"aad#{resource_id}#{found.token}", found.expires_on - time.time()

        return TokenSource(make)


def entra_credential(address: Address) -> EntraCredential:
    """Raises Missing where azure-identity is not installed."""
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise Missing("service.entra needs azure-identity", hint="pip install 'speech-pipeline[entra]'") from error
    return EntraCredential(DefaultAzureCredential())
