"""How do the settings become the SDK's SpeechConfig?

One `Endpoint` is one resolved address with its credentials; `speech_config` turns it, and what is wanted of a
session, into the SDK's own object. The cloud, a container and the embedded host differ only in the Endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.config.schema import Address, EndpointSettings, RecognitionSettings, ServiceSettings
from pipeline.errors import ServiceError
from pipeline.speech.tokens import TokenSource, entra_credential, token_source

if TYPE_CHECKING:
    from azure.cognitiveservices.speech import SpeechConfig

KEY_VARIABLES = ("AZURE_AI_SPEECH_KEY", "SPEECH_KEY")
REGION_VARIABLES = ("AZURE_AI_SPEECH_REGION", "SPEECH_REGION")
AUTO_SESSIONS = 100  # the default quota of concurrent requests of a standard resource


class NoKey(ServiceError):
    code = "no-key"
    retryable = False
    hint = (
        "set AZURE_AI_SPEECH_KEY and AZURE_AI_SPEECH_REGION (or SPEECH_KEY and SPEECH_REGION),"
        " or use service.kind: local"
    )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the service with its credentials; secrets stay out of repr."""

    name: str
    local: bool
    max_sessions: int
    upload_speed: float
    """multiple of real time at which audio is sent; 0: as fast as it is taken"""
    region: str | None = None
    endpoint: str | None = None
    host: str | None = None
    endpoint_id: str | None = None
    key: str | None = field(default=None, repr=False)
    tokens: TokenSource | None = field(default=None, repr=False, compare=False)
    credential: Any = field(default=None, repr=False, compare=False)


def resolve(service: ServiceSettings, environ: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """Every configured azure endpoint. Raises NoKey where one cannot be reached for want of a key or a region."""
    if service.endpoints:
        return tuple(_endpoint(one, service, environ) for one in service.endpoints)
    return (_endpoint(service, service, environ),)


def local_endpoint(host: str, service: ServiceSettings, sessions: int, key: str | None = None) -> Endpoint:
    """The embedded host at `host` (ws://127.0.0.1:port)."""
    speed = 0.0 if service.upload_speed == "auto" else float(service.upload_speed)
    return Endpoint("local", True, sessions, speed, host=host, key=key)


def _endpoint(address: Address, service: ServiceSettings, environ: Mapping[str, str]) -> Endpoint:
    key = address.key.get_secret_value() if address.key else _first(environ, KEY_VARIABLES)
    region = address.region or _first(environ, REGION_VARIABLES)
    if address.endpoint or address.host:
        region = None
    tokens = token_source(address)
    credential = entra_credential(address) if address.entra else None
    if credential is not None and region:
        tokens, credential = credential.for_region(address.resource_id), None
        tokens.token()
    elif credential is not None:
        credential.signed_in()
    # A container may run without any key; the cloud may not.
    if not (key or tokens or credential or address.host or address.endpoint):
        raise NoKey("no key for the Speech service")
    if not (region or address.endpoint or address.host):
        raise NoKey("no region, endpoint or host for the Speech service")
    sessions = address.sessions if isinstance(address, EndpointSettings) else service.sessions
    sessions = service.sessions if sessions == "auto" else sessions
    speed = 2.0 if service.upload_speed == "auto" else float(service.upload_speed)
    return Endpoint(
        name=_name(address, region),
        local=False,
        max_sessions=AUTO_SESSIONS if sessions == "auto" else sessions,
        upload_speed=speed,
        region=region,
        endpoint=address.endpoint,
        host=address.host,
        endpoint_id=address.endpoint_id,
        key=None if tokens or credential else key,
        tokens=tokens,
        credential=credential,
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _name(address: Address, region: str | None) -> str:
    if isinstance(address, EndpointSettings) and address.name:
        return address.name
    url = address.endpoint or address.host
    return urlsplit(url).netloc.rpartition("@")[2] if url else (region or "azure")


def speech_config(endpoint: Endpoint, wanted: RecognitionSettings, targets: tuple[str, ...]) -> SpeechConfig:
    """The SDK's config for one session: address, credentials, recognition settings."""
    import azure.cognitiveservices.speech as sdk

    make = sdk.translation.SpeechTranslationConfig if targets else sdk.SpeechConfig
    config = make(**_address(endpoint))
    if endpoint.tokens is not None and not endpoint.region:
        config.authorization_token = endpoint.tokens.token()
    for target in targets:
        config.add_target_language(target)
    if not wanted.languages:
        config.speech_recognition_language = wanted.language
    if endpoint.endpoint_id:
        config.endpoint_id = endpoint.endpoint_id
    _recognition(config, wanted)
    return config


def _address(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.endpoint or endpoint.host:
        which = {"endpoint": endpoint.endpoint} if endpoint.endpoint else {"host": endpoint.host}
        if endpoint.credential is not None:
            return {**which, "token_credential": endpoint.credential}
        return {**which, "subscription": endpoint.key} if endpoint.key else which
    if endpoint.tokens is not None:
        return {"auth_token": endpoint.tokens.token(), "region": endpoint.region}
    return {"subscription": endpoint.key, "region": endpoint.region}


def _recognition(config: SpeechConfig, wanted: RecognitionSettings) -> None:
    import azure.cognitiveservices.speech as sdk

    if wanted.word_timestamps:
        config.output_format = sdk.OutputFormat.Detailed
        config.request_word_level_timestamps()
    if wanted.mode == "dictation":
        config.enable_dictation()
    profanity = {"masked": "Masked", "removed": "Removed", "raw": "Raw"}[wanted.profanity]
    config.set_profanity(sdk.ProfanityOption[profanity])
    if wanted.languages:
        mode = "Continuous" if wanted.identify == "continuous" else "AtStart"
        config.set_property(sdk.PropertyId.SpeechServiceConnection_LanguageIdMode, mode)
    for name, value in _properties(wanted).items():
        config.set_property(sdk.PropertyId[name], value)


def _properties(wanted: RecognitionSettings) -> dict[str, str]:
    """SDK property name -> value, for the settings that were set."""
    segmentation = wanted.segmentation
    values: dict[str, object | None] = {
        "SpeechServiceConnection_InitialSilenceTimeoutMs": wanted.initial_silence,
        "SpeechServiceResponse_StablePartialResultThreshold": wanted.stable_partials,
        "Speech_SegmentationSilenceTimeoutMs": segmentation.silence,
        "Speech_SegmentationMaximumTimeMs": segmentation.maximum,
        "Speech_SegmentationStrategy": {"time": "Time", "semantic": "Semantic"}.get(segmentation.strategy),
    }
    return {name: str(value) for name, value in values.items() if value is not None}
