"""A cancellation becomes the error that tells what to do next."""

from __future__ import annotations

import pytest

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
from pipeline.speech.faults import clean, from_cancellation, from_runtime_error


@pytest.mark.parametrize(
    ("code", "details", "kind", "stable", "retryable"),
    [
        ("AuthenticationFailure", "Authentication error (401).", Refused, "authentication", False),
        ("BadRequest", "Bad request (400).", BadRequest, "bad-request", False),
        ("TooManyRequests", "Too many requests (429).", Throttled, "throttled", True),
        ("TooManyRequests", "The number of parallel requests exceeded the limit.", Throttled, "throttled", True),
        ("Forbidden", "a free subscription that ran out of quota", Refused, "quota", False),
        ("ServiceUnavailable", "Service unavailable (503).", Unreachable, "unreachable", True),
        ("ConnectionFailure", "Connection refused", Unreachable, "unreachable", True),
        ("ConnectionFailure", "Invalid argument exception: URL scheme is invalid", BadRequest, "bad-address", False),
        ("ServiceTimeout", "the client buffer exceeded maximum size", Stalled, "stalled", True),
        ("ServiceError", "Internal service error (500).", ServiceError, "service-error", True),
        ("ServiceError", "Internal service error (404).", BadRequest, "not-found", False),
        ("RuntimeError", "internal codec/GStreamer error", AudioError, "audio-undecodable", False),
        ("ACodeOfTheFuture", "whatever", ServiceError, "service-error", True),
    ],
)  # fmt: skip
def test_each_code_of_the_sdk_has_its_error(
    code: str, details: str, kind: type[PipelineError], stable: str, retryable: bool
) -> None:
    error = from_cancellation(code, details, "westeurope")
    assert (type(error), error.code, error.retryable) == (kind, stable, retryable)
    assert error.message.startswith("westeurope: ")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Exception with an error code: 0x27 (SPXERR_GSTREAMER_INTERNAL_ERROR)", GStreamerMissing),
        ("Exception with an error code: 0xe (SPXERR_MIC_NOT_AVAILABLE)", MicrophoneMissing),
        ("Exception with an error code: 0xa (SPXERR_INVALID_HEADER)\n[CALL STACK BEGIN]\n/usr/lib", AudioError),
        ("Exception with an error code: 0x5 (SPXERR_INVALID_ARG)\n[CALL STACK BEGIN]\n/usr/lib", BadRequest),
    ],
)
def test_what_the_sdk_raises_has_its_error_without_the_native_stack(text: str, kind: type[PipelineError]) -> None:
    error = from_runtime_error(RuntimeError(text), "local")
    assert type(error) is kind
    assert "CALL STACK" not in error.message


def test_details_lose_their_session_id_and_secrets() -> None:
    details = "Failed with wss://x/y?subscription-key=TOPSECRET&language=en-us\nplease  check. SessionId: 0a1b2c"
    assert clean(details) == "Failed with wss://x/y?subscription-key=***&language=en-us please check."


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (
            "WebSocket upgrade failed: Bad request (400). Error details: Failed with HTTP 400 Bad Request\n"
            "ws://h:1/speech/v1?language=tlh\nContent-Type: text/plain; charset=utf-8\nlanguage tlh is not supported"
            " Please verify the provided subscription details and language information. SessionId: 0a1b",
            "WebSocket upgrade failed: Bad request (400). language tlh is not supported",
        ),
        (
            "Connection was closed by the remote host. Error code: 1007. Error details: no such pair SessionId: 0a1b",
            "no such pair",
        ),
        (
            "WebSocket upgrade failed: Authentication error (401). Please check subscription information and region"
            " name. SessionId: 0a1b",
            "WebSocket upgrade failed: Authentication error (401).",
        ),
    ],
)
def test_what_the_service_said_is_taken_out_of_its_wrapping(details: str, said: str) -> None:
    assert clean(details) == said
