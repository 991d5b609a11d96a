"""What reaches the wire for each setting: the real SDK, and the host's own record of what it was sent."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from host_process import Host, running_host
from sdk_client import noise, write_wav

from pipeline.config.load import build
from pipeline.config.schema import Config
from pipeline.errors import Refused
from pipeline.speech.request import Patience, Recognised, Wanted
from pipeline.speech.service import Endpoint, resolve
from pipeline.speech.session import recognise

V1 = "/speech/recognition/conversation/cognitiveservices/v1"
UNIVERSAL = "/stt/speech/universal/v2"
# The host records the names of a query in lower case.
DETAILED = {"format": ["detailed"], "wordlevelconfidence": ["true"], "wordleveltimestamps": ["true"]}
MASKED = {"profanity": ["masked"]}


@dataclass
class Sent:
    """What one session sent."""

    path: str
    query: dict[str, list[str]]
    authentication: dict[str, str]
    headers: dict[str, str]
    context: dict[str, Any]
    status: int
    raw: str = field(repr=False)


@dataclass
class Wire:
    host: Host
    record: Path
    talk: Path

    def config(self, *overrides: str, address: str = "host={url}") -> Config:
        tree = {"input": {"paths": ["."]}, "service": {"kind": "azure"}}
        name, _, value = address.format(url=self.host.url).partition("=")
        return build(tree, [f"service.{name}={value}", *overrides])

    def sent(self, *overrides: str, address: str = "host={url}", environ: Mapping[str, str] | None = None) -> Sent:
        """What a session with these settings sends; the first one, where the service makes it try again."""
        config = self.config(*overrides, address=address)
        (endpoint,) = resolve(config.service, environ or {})
        return self.recorded(lambda: self.heard(endpoint, config))

    def heard(self, endpoint: Endpoint, config: Config) -> Recognised:
        wanted = Wanted(config.recognition, tuple(config.translation.targets))
        return recognise(self.talk, 1_000, endpoint, wanted, patience=Patience(5_000))

    def recorded(self, action: Any) -> Sent:
        before = self.record.stat().st_size
        action()
        raw = self.record.read_bytes()[before:].decode()
        lines = [json.loads(line) for line in raw.splitlines()]
        upgrade = next(line for line in lines if line["event"] == "upgrade")
        context = next((line["content"] for line in lines if line["event"] == "speech.context"), {})
        return Sent(
            upgrade["path"],
            upgrade["query"],
            upgrade["authentication"],
            upgrade["headers"],
            context,
            upgrade["status"],
            raw,
        )


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder = tmp_path_factory.mktemp("wire")
    record = folder / "record.jsonl"
    with running_host(record=record) as host:
        yield Wire(host, record, Path(write_wav(folder / "talk.wav", noise(1.0))))


def part(context: Any, path: str) -> Any:
    """`a.b.c` of nested mappings; None where there is no such part."""
    for name in path.split("."):
        context = context.get(name) if isinstance(context, dict) else None
    return context


def test_the_defaults_ask_for_details_and_masked_profanity(wire: Wire) -> None:
    sent = wire.sent()
    assert (sent.path, sent.query) == (V1, {"language": ["en-US"], **DETAILED, **MASKED})
    assert sent.authentication == {"kind": "none"}
    assert part(sent.context, "phraseOutput.detailed.options") == ["WordTimings", "WordConfidence"]


@pytest.mark.parametrize(
    ("setting", "query"),
    [
        ("recognition.language=de-DE", {"language": ["de-DE"], **DETAILED, **MASKED}),
        ("recognition.word_timestamps=false", {"language": ["en-US"], **MASKED}),
        ("recognition.profanity=removed", {"profanity": ["removed"]}),
        ("recognition.profanity=raw", {"profanity": ["raw"]}),
        ("recognition.initial_silence=9s", {"initialsilencetimeoutms": ["9000"]}),
        ("recognition.stable_partials=3", {"stableintermediatethreshold": ["3"]}),
        ("recognition.languages=[en-US, de-DE]", {"lidenabled": ["en-US,de-DE"]}),
        ("service.endpoint_id=my-model", {"cid": ["my-model"]}),
    ],
)
def test_a_setting_is_in_the_address(setting: str, query: dict[str, list[str]], wire: Wire) -> None:
    sent = wire.sent(setting)
    assert {name: sent.query.get(name) for name in query} == query


def test_simple_results_are_asked_for_by_not_asking_for_details(wire: Wire) -> None:
    sent = wire.sent("recognition.word_timestamps=false")
    assert not set(DETAILED) & set(sent.query)
    assert "phraseOutput" not in sent.context


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            ["recognition.phrases=[Contoso, Jessie]"],
            {"dgi.Groups": [{"Type": "Generic", "Items": [{"Text": "Contoso"}, {"Text": "Jessie"}]}]},
        ),
        (["recognition.phrases=[Contoso]", "recognition.phrases_weight=1.5"], {"dgi.bias": 1.5}),
        (["recognition.profanity=raw"], {"phraseDetection.enrichment.profanity": "raw"}),
        (
            ["recognition.segmentation.silence=800ms"],
            {"phraseDetection.CONVERSATION.segmentation": {"mode": "Custom", "segmentationSilenceTimeoutMs": 800}},
        ),
        (
            ["recognition.segmentation.strategy=semantic"],
            {"phraseDetection.CONVERSATION.segmentation": {"mode": "Semantic"}},
        ),
        (
            ["recognition.segmentation.strategy=time", "recognition.segmentation.maximum=20s"],
            {"phraseDetection.CONVERSATION.segmentation.segmentationForcedTimeoutMs": 20_000},
        ),
        (["recognition.initial_silence=9s"], {"phraseDetection.initialSilenceTimeout": 9000}),
        (
            ["recognition.languages=[en-US, de-DE]"],
            {"languageId.languages": ["en-US", "de-DE"], "languageId.mode": "DetectAtAudioStart"},
        ),
        (
            ["recognition.languages=[en-US, de-DE]", "recognition.identify=continuous"],
            {"languageId.mode": "DetectContinuous"},
        ),
        (
            ["translation.targets=[de, fr]"],
            {"translation.targetLanguages": ["de", "fr"], "phraseDetection.language": "en-US"},
        ),
        (
            ["translation.targets=[de]", "recognition.languages=[en-US, fr-FR]"],
            {"translation.targetLanguages": ["de"], "languageId.languages": ["en-US", "fr-FR"]},
        ),
        (
            ["recognition.diarization=true"],
            {"phraseDetection.speakerDiarization.mode": "Anonymous", "phraseDetection.mode": "Conversation"},
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_setting_is_in_the_context(settings: list[str], expected: dict[str, Any], wire: Wire) -> None:
    context = wire.sent(*settings).context
    assert {path: part(context, path) for path in expected} == expected


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ([], V1),
        (["recognition.mode=single_shot"], V1.replace("conversation", "interactive")),
        (["recognition.mode=dictation"], V1.replace("conversation", "dictation")),
        (["translation.targets=[de]"], UNIVERSAL),
        (["recognition.diarization=true"], "/speech/universal/v2"),
    ],
)
def test_a_mode_has_its_path(settings: list[str], path: str, wire: Wire) -> None:
    assert wire.sent(*settings).path == path


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("host={url}", V1),
        ("endpoint={url}", UNIVERSAL),
        ("endpoint={url}" + V1 + "?x=1", V1),
    ],
)
def test_an_address_is_reached_where_it_says(address: str, path: str, wire: Wire) -> None:
    sent = wire.sent(address=address)
    assert (sent.path, sent.status) == (path, 101)
    if "?x=1" in address:
        assert sent.query["x"] == ["1"]


@pytest.mark.parametrize("address", ["host={url}", "endpoint={url}"])
@pytest.mark.parametrize("name", ["AZURE_AI_SPEECH_KEY", "SPEECH_KEY"])
def test_a_key_of_the_environment_is_sent_as_a_key(address: str, name: str, wire: Wire) -> None:
    sent = wire.sent(address=address, environ={name: "0123456789abcdef"})
    assert sent.authentication["kind"] == "key"
    assert "0123456789abcdef" not in sent.raw


def test_the_first_spelling_of_the_key_wins(wire: Wire) -> None:
    alone = wire.sent(environ={"AZURE_AI_SPEECH_KEY": "one"})
    both = wire.sent(environ={"AZURE_AI_SPEECH_KEY": "one", "SPEECH_KEY": "other"})
    assert alone.authentication == both.authentication


def test_a_token_is_sent_as_a_token_and_instead_of_a_key(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "a-token")
    sent = wire.sent("service.token=${MY_TOKEN}", environ={"SPEECH_KEY": "a-key"})
    assert sent.authentication["kind"] == "token"
    assert "a-token" not in sent.raw and "ocp-apim-subscription-key" not in sent.headers


def test_a_program_gives_the_token(wire: Wire) -> None:
    command = json.dumps([sys.executable, "-c", "print('a-token')"])
    assert wire.sent(f"service.token_command={command}").authentication["kind"] == "token"


class Identity(BaseHTTPRequestHandler):
    """What Azure puts beside a program that runs there: a managed identity's token for the asking."""

    asked: ClassVar[list[dict[str, list[str]]]] = []
    status = 200

    def do_GET(self) -> None:
        self.asked.append(parse_qs(urlsplit(self.path).query))
        found = {"access_token": "an-entra-token", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
        body = json.dumps(found if self.status == 200 else {"message": "no such identity"}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Identity]]:
    pytest.importorskip("azure.identity")

    class Asked(Identity):
        asked: ClassVar[list[dict[str, list[str]]]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "a-header")
        monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
        yield Asked
        server.shutdown()


def test_entra_sends_the_token_of_whoever_is_signed_in(wire: Wire, identity: type[Identity]) -> None:
    sent = wire.sent("service.entra=true", address=f"endpoint={{url}}{V1}")
    assert sent.authentication["kind"] == "token"
    assert "an-entra-token" not in sent.raw
    assert identity.asked[0]["resource"] == ["https://cognitiveservices.azure.com"]


def test_entra_with_a_region_names_the_resource_beside_the_token(wire: Wire, identity: type[Identity]) -> None:
    service = wire.config(
        "service.entra=true", "service.resource_id=/the/resource", address="region=westeurope"
    ).service
    (endpoint,) = resolve(service, {})
    assert endpoint.tokens is not None
    assert endpoint.tokens.token() == "aad#/the/resource#an-entra-token"


@pytest.mark.parametrize("address", ["region=westeurope", "endpoint={url}"])
def test_nobody_signed_in_is_told_before_anything_is_sent(wire: Wire, identity: type[Identity], address: str) -> None:
    identity.status = 400
    config = wire.config("service.entra=true", "service.resource_id=/the/resource", address=address)
    with pytest.raises(Refused, match="Microsoft Entra ID gave no token: ") as caught:
        resolve(config.service, {})
    assert caught.value.hint is not None
    assert "az login" in caught.value.hint


def test_several_endpoints_are_each_reached_with_their_own_key(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "first-key")
    monkeypatch.setenv("TWO", "second-key")
    endpoints = json.dumps(
        [
            {"name": "one", "host": wire.host.url, "key": "${ONE}"},
            {"name": "two", "host": wire.host.url, "key": "${TWO}", "endpoint_id": "custom"},
        ]
    )
    config = build({"input": {"paths": ["."]}, "service": {"kind": "azure"}}, [f"service.endpoints={endpoints}"])
    one, two = (
        wire.recorded(lambda endpoint=endpoint: wire.heard(endpoint, config))
        for endpoint in resolve(config.service, {})
    )
    assert (one.authentication["kind"], two.authentication["kind"]) == ("key", "key")
    assert one.authentication["sha256"] != two.authentication["sha256"]
    assert (one.query.get("cid"), two.query.get("cid")) == (None, ["custom"])


@pytest.mark.parametrize(
    ("settings", "words"), [([], True), (["recognition.word_timestamps=false"], False)], ids=["detailed", "simple"]
)
def test_words_come_only_where_they_were_asked_for(settings: list[str], words: bool, wire: Wire) -> None:
    config = wire.config(*settings)
    (endpoint,) = resolve(config.service, {})
    (segment,) = wire.heard(endpoint, config).segments
    assert (bool(segment.words), bool(segment.lexical), bool(segment.text)) == (words, words, True)


def test_an_upload_speed_reaches_the_wire(wire: Wire, tmp_path: Path) -> None:
    """Fifteen seconds at four times real time: five go at once, the rest takes two and a half."""
    config = wire.config("service.upload_speed=4")
    (endpoint,) = resolve(config.service, {})
    talk = Path(write_wav(tmp_path / "talk.wav", noise(15.0)))
    began = time.monotonic()
    recognise(talk, 15_000, endpoint, Wanted(config.recognition))
    assert 2.0 < time.monotonic() - began < 4.5
