"""Settings become an endpoint, and an endpoint becomes the SDK's config."""

from __future__ import annotations

import sys

import pytest
from pydantic import SecretStr

from pipeline.config.schema import EndpointSettings, RecognitionSettings, SegmentationSettings, ServiceSettings
from pipeline.errors import Refused
from pipeline.speech.service import Endpoint, NoKey, local_endpoint, resolve, speech_config
from pipeline.speech.tokens import TokenSource, token_source

KEY = {"AZURE_AI_SPEECH_KEY": "k1", "AZURE_AI_SPEECH_REGION": "westeurope"}
OLD_KEY = {"SPEECH_KEY": "k2", "SPEECH_REGION": "eastus"}


def one(service: ServiceSettings, environ: dict[str, str] | None = None) -> Endpoint:
    (endpoint,) = resolve(service, environ or {})
    return endpoint


@pytest.mark.parametrize(
    ("environ", "key", "region"),
    [(KEY, "k1", "westeurope"), (OLD_KEY, "k2", "eastus"), ({**OLD_KEY, **KEY}, "k1", "westeurope")],
)
def test_both_spellings_of_the_environment_are_read_the_new_one_first(
    environ: dict[str, str], key: str, region: str
) -> None:
    endpoint = one(ServiceSettings(kind="azure"), environ)
    assert (endpoint.key, endpoint.region, endpoint.name) == (key, region, region)


@pytest.mark.parametrize("environ", [{}, {"SPEECH_KEY": "k"}, {"SPEECH_REGION": "eastus"}])
def test_without_a_key_or_a_region_one_line_says_how_to_set_them(environ: dict[str, str]) -> None:
    with pytest.raises(NoKey) as caught:
        one(ServiceSettings(kind="azure"), environ)
    assert caught.value.exit_code == 4
    assert "AZURE_AI_SPEECH_KEY" in str(caught.value.hint)


def test_a_container_needs_no_key() -> None:
    endpoint = one(ServiceSettings(kind="azure", host="ws://box:5000"))
    assert (endpoint.host, endpoint.key, endpoint.name) == ("ws://box:5000", None, "box:5000")


def test_an_endpoint_address_keeps_the_key_and_drops_the_region() -> None:
    endpoint = one(ServiceSettings(kind="azure", endpoint="wss://my.cognitiveservices.azure.com"), KEY)
    assert (endpoint.key, endpoint.region) == ("k1", None)


def test_several_endpoints_keep_their_own_names_and_sessions() -> None:
    several = ServiceSettings(
        kind="azure",
        sessions=7,
        endpoints=[EndpointSettings(host="ws://a:1", name="first", sessions=3), EndpointSettings(host="ws://b:2")],
    )
    found = resolve(several, {})
    assert [(e.name, e.max_sessions) for e in found] == [("first", 3), ("b:2", 7)]


def test_no_secret_is_in_the_repr_of_an_endpoint() -> None:
    endpoint = one(ServiceSettings(kind="azure", key=SecretStr("TOPSECRET"), region="westeurope"))
    assert "TOPSECRET" not in repr(endpoint)


def test_the_sdk_config_carries_language_and_options() -> None:
    import azure.cognitiveservices.speech as sdk

    wanted = RecognitionSettings(
        language="de-DE",
        initial_silence=5,
        segmentation=SegmentationSettings(
            silence="800ms",  # type: ignore[arg-type]
            strategy="time",
        ),
    )
    config = speech_config(local_endpoint("ws://127.0.0.1:1", ServiceSettings(), 1), wanted, ())
    assert config.speech_recognition_language == "de-DE"
    assert config.get_property(sdk.PropertyId.SpeechServiceConnection_InitialSilenceTimeoutMs) == "5000"
    assert config.get_property(sdk.PropertyId.Speech_SegmentationSilenceTimeoutMs) == "800"
    assert config.get_property(sdk.PropertyId.Speech_SegmentationStrategy) == "Time"


def test_a_region_with_a_key_makes_the_cloud_config() -> None:
    import azure.cognitiveservices.speech as sdk

    config = speech_config(one(ServiceSettings(kind="azure"), KEY), RecognitionSettings(), ())
    assert config.region == "westeurope"
    assert config.get_property(sdk.PropertyId.SpeechServiceConnection_Key) == "k1"


def test_a_token_is_made_anew_before_it_expires() -> None:
    made: list[int] = []
    now = [0.0]

    def make() -> tuple[str, float]:
        made.append(len(made))
        return f"token{len(made)}", 600.0

    source = TokenSource(make, clock=lambda: now[0])
    assert source.token() == "token1"
    now[0] = 470.0
    assert source.token() == "token1"
    now[0] = 481.0
    assert source.token() == "token2"


def test_a_token_command_is_run_without_a_shell_and_its_output_is_the_token() -> None:
    source = token_source(EndpointSettings(token_command=[sys.executable, "-c", "print('tok;$(id)')"]))
    assert source is not None
    assert source.token() == "tok;$(id)"


def test_a_token_command_that_fails_is_refused_without_showing_what_it_printed() -> None:
    source = token_source(
        EndpointSettings(token_command=[sys.executable, "-c", "print('SECRET'); raise SystemExit(3)"])
    )
    assert source is not None
    with pytest.raises(Refused) as caught:
        source.token()
    assert "exit status 3" in caught.value.message
    assert "SECRET" not in caught.value.message
