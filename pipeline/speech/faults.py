"""What does a cancellation of the SDK mean for us: try again, slow down, give this endpoint up, or fail the file?

Pure: a code and the details text of the SDK in, one of our errors out. The table was measured against SDK 1.53
(which HTTP status, close code or phrase status arrives as which code).
"""

from __future__ import annotations

import re

from pipeline.errors import (
    AudioError,
    BadRequest,
    GStreamerMissing,
    MicrophoneMissing,
    PipelineError,
    Refused,
    ServiceError,
    Stalled,
    Throttled,
    Unreachable,
)

# CancellationErrorCode name -> error. A code that is not here is an unknown fault of the service: try again.
BY_CODE: dict[str, type[ServiceError]] = {
    "AuthenticationFailure": Refused,
    "Forbidden": Refused,
    "BadRequest": BadRequest,
    "TooManyRequests": Throttled,
    "ServiceUnavailable": Unreachable,
    "ConnectionFailure": Unreachable,
    "ServiceTimeout": Stalled,
    "ServiceError": ServiceError,
    "ServiceRedirectPermanent": BadRequest,
    "ServiceRedirectTemporary": Unreachable,
}

# The details tell more than the code: (pattern, error, stable code).
BY_DETAILS: tuple[tuple[re.Pattern[str], type[PipelineError], str], ...] = (
    (re.compile(r"URL scheme is invalid|Resource path is not allowed"), BadRequest, "bad-address"),
    (re.compile(r"Internal service error \(404\)"), BadRequest, "not-found"),
    (re.compile(r"out of quota|quota exceeded", re.I), Refused, "quota"),
    (re.compile(r"codec/GStreamer error|Audio decoding stopped", re.I), AudioError, "audio-undecodable"),
    (re.compile(r"parallel requests exceeded|Too many requests", re.I), Throttled, "throttled"),
    # It was connected, and lost again and again before anything was final: as likely this audio's fault as the line's.
    (re.compile(r"WebSocket operation failed"), ServiceError, "connection-lost"),
)

# What a constructor or start() raises as RuntimeError, by the SDK's own SPXERR name.
BY_SPXERR: tuple[tuple[str, type[PipelineError], str], ...] = (
    ("SPXERR_GSTREAMER_NOT_FOUND_ERROR", GStreamerMissing, "GStreamer is not installed"),
    ("SPXERR_GSTREAMER_INTERNAL_ERROR", GStreamerMissing, "GStreamer lacks a plug-in or cannot start"),
    ("SPXERR_MIC_NOT_AVAILABLE", MicrophoneMissing, "there is no microphone, or not by that name"),
    ("SPXERR_INVALID_HEADER", AudioError, "the Speech SDK cannot read this audio"),
    ("SPXERR_UNEXPECTED_EOF", AudioError, "the Speech SDK cannot read this audio"),
    ("SPXERR_WAV_READER_FILE_OPEN_FAILED", AudioError, "the audio file cannot be opened"),
)

_WRAPPING = re.compile(
    r"(X-ConnectionId|SessionId):\s*[0-9a-f]*"
    r"|Connection was closed by the remote host\. Error code: \d+\. Error details:"
    r"|Error details: Failed with HTTP \d+ [a-z ]*\s+\w+://\S+"
    r"|Content-Type: [a-z/]+(; ?charset=[\w-]+)?"
    r"|Please verify the provided subscription details and language information\."
    r"|Please check subscription information and region name\.",
    re.IGNORECASE,
)
# A native stack trace stands in the middle of what the SDK raises: it helps nobody.
_STACK = re.compile(r"(Exception with error code:)?\s*\[CALL STACK BEGIN\].*?(\[CALL STACK END\]|\Z)", re.DOTALL)
_SECRET_QUERY = re.compile(r"((?:subscription-key|access_token|key|token)=)[^&\s]+", re.I)


def from_cancellation(code: str, details: str, endpoint: str) -> PipelineError:
    """The error for a cancellation with `code` (a CancellationErrorCode name) and the SDK's `details`."""
    message = f"{endpoint}: {code}: {clean(details)}"
    for pattern, kind, stable in BY_DETAILS:
        if pattern.search(details):
            return kind(message, code=stable)
    return BY_CODE.get(code, ServiceError)(message)


def from_runtime_error(error: RuntimeError, endpoint: str) -> PipelineError:
    """The error for what the SDK raised instead of an event."""
    text = str(error)
    for name, kind, meaning in BY_SPXERR:
        if name in text:
            return kind(f"{meaning} ({name})")
    return BadRequest(f"{endpoint}: the Speech SDK refused to start: {clean(_STACK.sub(' ', text))}")


def clean(details: str) -> str:
    """The details in one line: the service's own words, with little of what the SDK wraps around them.

    The session id is kept apart; a secret is not kept at all.
    """
    text = " ".join(_WRAPPING.sub(" ", details).split())
    return _SECRET_QUERY.sub(r"\1***", text)[:600]
