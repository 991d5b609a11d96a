"""What can go wrong, and what does the user do next?

Every error carries its facts: `code` (stable, for the manifest), `exit_code` (of the contract), `retryable`, and a
`hint` that is the user's next step. An error becomes a `Fault` value at one door, `run/job.py`.
"""

from __future__ import annotations

from typing import Any

from pipeline.values import Fault


class PipelineError(Exception):
    """The root: a message for people, and facts for programs."""

    code = "error"
    exit_code = 1
    retryable = False
    hint: str | None = None

    def __init__(
        self, message: str, *, code: str | None = None, hint: str | None = None, retryable: bool | None = None
    ):
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if hint is not None:
            self.hint = hint
        if retryable is not None:
            self.retryable = retryable

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments do not survive the default pickling of exceptions; state does.
        return (_rebuild, (type(self), self.message, dict(self.__dict__)))

    def fault(self, stage: str) -> Fault:
        return Fault(self.code, stage, self.message, self.retryable, self.hint)


def _rebuild(kind: type[PipelineError], message: str, state: dict[str, Any]) -> PipelineError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class UsageError(PipelineError):
    """The command line is wrong."""

    code = "usage"
    exit_code = 2


class ConfigError(PipelineError):
    """The config is wrong; the message has one fault a line, as `file:line: key: what`."""

    code = "config"
    exit_code = 2


class Missing(PipelineError):
    """Something this machine needs is not there."""

    code = "missing"
    exit_code = 3


class FfmpegMissing(Missing):
    code = "ffmpeg-missing"
    hint = "install it (apt-get install ffmpeg) or set audio.ffmpeg to its path"


class ModelMissing(Missing):
    code = "model-missing"
    hint = "run: speech-pipeline model fetch"


class GStreamerMissing(Missing):
    code = "gstreamer-missing"
    hint = "run: speech-pipeline doctor, or set audio.input: wav"


class MicrophoneMissing(Missing):
    code = "microphone-missing"
    hint = "run: speech-pipeline listen --list-devices"


class ServiceError(PipelineError):
    """The Speech service refused, failed, or could not be reached."""

    code = "service-error"
    exit_code = 4
    retryable = True


class Refused(ServiceError):
    """The key or token is not accepted: no further request to this endpoint makes sense."""

    code = "authentication"
    retryable = False
    hint = "check service.key and service.region (or service.endpoint)"


class BadRequest(ServiceError):
    """The service does not accept this language, option or audio."""

    code = "bad-request"
    retryable = False


class Throttled(ServiceError):
    """Too many requests or out of quota: slow down, then try again."""

    code = "throttled"


class Unreachable(ServiceError):
    """No connection could be made or kept."""

    code = "unreachable"
    hint = "check the address and that the service is running"


class Stalled(ServiceError):
    """The service said nothing for too long."""

    code = "stalled"


class AudioError(PipelineError):
    """This recording cannot be decoded; the others can."""

    code = "audio-undecodable"


class OutputError(PipelineError):
    """An output cannot be written."""

    code = "output-unwritable"
    hint = "check the free space and the permissions of the output folder"


class SourceGone(PipelineError):
    """The recording was removed or changed while it was being read."""

    code = "source-changed"


class LimitReached(PipelineError):
    code = "limit"
    exit_code = 5


class Locked(PipelineError):
    code = "locked"
    exit_code = 6
    hint = "wait for the other run, or choose another output folder"


class Interrupted(PipelineError):
    code = "interrupted"
    exit_code = 130
