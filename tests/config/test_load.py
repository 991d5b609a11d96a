"""Is a right config read rightly, and is every wrong one told of with its line?"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pipeline.config.load import build, load
from pipeline.config.schema import Config
from pipeline.errors import ConfigError

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "c.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def faults_of(path: Path, overrides=(), environ=None) -> list[str]:
    """What load says, one fault a line, with the folder of the file taken off."""
    with pytest.raises(ConfigError) as caught:
        load(path, overrides, environ or {})
    assert caught.value.exit_code == 2
    return caught.value.message.replace(f"{path.parent}/", "").splitlines()


def one_fault(write, line: str, environ=None) -> str:
    """The fault of one setting in a config that is right otherwise."""
    section, _, rest = line.partition(".")
    (fault,) = faults_of(write(f"input: {{paths: [x]}}\n{section}:\n  {rest}\n"), environ=environ)
    return fault


def test_the_sample_of_the_contract_loads_without_a_key(write) -> None:
    config = load(
        write(
            """\
input:
  paths: [inbox]
  include: ["*.wav", "*.mp3"]
  exclude: []
  recursive: true
audio:
  input: wav
  channels: mix
  split: {longer_than: 10m, target: 3m}
service:
  kind: local
  key: ${AZURE_AI_SPEECH_KEY}
  region: ${AZURE_AI_SPEECH_REGION}
  endpoint: null
  host: null
  token: null
  endpoint_id: null
  endpoints: []
  sessions: auto
  upload_speed: auto
recognition:
  language: en-US
  languages: []
  identify: at_start
  mode: continuous
  phrases: []
  profanity: masked
  diarization: false
  word_timestamps: true
translation:
  targets: []
output:
  folder: transcripts
  formats: [json, srt, txt]
subtitles:
  profile: netflix
run: {executor: local, attempts: 5, retry_failed: true}
"""
        ),
        environ={},
    )

    assert config.service.key is None
    assert config.audio.split.longer_than == 600_000


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(write) -> None:
    path = write(
        """\
input:
  paths: [inbox]
  inclde: ["*.wav"]
audio:
  split: {target: 3 parsecs}
service:
  kind: azure
  key: hunter2
  sessions: 0
recognition:
  languages: [en-US]
  diarization: maybe
output:
  formats: [json, mp3]
transation: {}
"""
    )

    assert faults_of(path, ["run.attempts=none", "audio.channels=both"]) == [
        "c.yaml:3: input.inclde: unknown key, did you mean include?"
        " allowed: paths, include, exclude, recursive, hidden, options",
        "c.yaml:5: audio.split.target: 3 parsecs is not allowed; allowed: a duration such as 90s, 10m or 1h30m",
        "c.yaml:8: service.key: a secret in the config; only a reference is allowed, such as ${AZURE_AI_SPEECH_KEY}",
        "c.yaml:9: service.sessions: 0 is not allowed; allowed: a whole number from 1 to 1000, or auto",
        "c.yaml:11: recognition.languages: 1 given; two to ten are allowed, or none and recognition.language",
        "c.yaml:12: recognition.diarization: maybe is not allowed; allowed: true | false",
        "c.yaml:14: output.formats[1]: mp3 is not allowed; allowed: json | srt | vtt | txt | tsv | ass | ttml | azure",
        "c.yaml:15: transation: unknown key, did you mean translation?"
        " allowed: input, audio, service, recognition, translation, output, subtitles, run",
        "--set:1: run.attempts: none is not allowed; allowed: a whole number from 1 to 1000",
        "--set:2: audio.channels: both is not allowed; allowed: mix | separate",
    ]


WRONG_TEXTS = {
    "empty": (b"", "c.yaml:1: input: missing; a mapping of paths, include, exclude,"),
    "a comment": (b"# nothing\n", "c.yaml:1: input: missing;"),
    "a list": (b"- a\n", "c.yaml:1: not a mapping; input:, output: and so on are allowed"),
    "a word": (b"hello\n", "c.yaml:1: not a mapping;"),
    "binary": (bytes(range(256)), "c.yaml:2: not UTF-8 text; a YAML file in UTF-8 is allowed"),
    "latin-1": ("input:\n  paths: [Gr\xfc\xdfe]\n".encode("latin-1"), "c.yaml:2: not UTF-8 text;"),
    "zero byte": (b"input:\n  paths: [a\0b]\n", "c.yaml:2: not YAML: a character that is not allowed in text"),
    "tab": (b"input:\n\tpaths: [a]\n", "c.yaml:2: not YAML: found character '\\t' that cannot start any token"),
    "open bracket": (b"input:\n  paths: [a\n", "c.yaml:3: not YAML: expected ',' or ']', but got '<stream end>'"),
    "two documents": (b"input: {paths: [a]}\n---\nb: 1\n", "c.yaml:2: not YAML: but found another document"),
    "unknown alias": (b"input:\n  paths: *there\n", "c.yaml:2: not YAML: found undefined alias; quote a value"),
    "a list unquoted": (
        b"input:\n  paths: [@list.txt]\n",
        "c.yaml:2: not YAML: found character '@' that cannot start any token; quote a value",
    ),
    "a reference in a list": (
        b"input:\n  paths: [${X}]\n",
        "c.yaml:2: not YAML: expected ',' or ']', but got '{'; quote",
    ),
    "given twice": (
        b"input:\n  paths: [a]\n  paths: [b]\n",
        "c.yaml:3: input.paths: given twice (first on line 2); once is allowed",
    ),
    "a list as a key": (b"input: {paths: [a]}\n? [a, b]\n: c\n", "c.yaml:2: a key that is a list or a mapping;"),
    "a python object": (
        b"input:\n  paths: [!!python/object/apply:os.system [ls]]\n",
        "c.yaml:2: input.paths[0]: a YAML tag; plain values are allowed",
    ),
    "endless": (b"input: &a\n  paths: *a\n", "c.yaml:1: input.paths.paths."),
    "deep": (b"input: " + b"[" * 5_000, "c.yaml: nested too deeply; 32 levels are allowed"),
    "too large": (b"# " + b"x" * (1 << 20), "c.yaml: too large for a config; 1 MiB is allowed"),
    "a bomb": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        b"d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        "too large: 20000 values and 32 levels are allowed",
    ),
}


@pytest.mark.parametrize("name", WRONG_TEXTS)
def test_a_file_that_is_no_config_is_a_fault_with_its_line(write, name: str) -> None:
    text, expected = WRONG_TEXTS[name]

    assert expected in "\n".join(faults_of(write(text)))


def test_a_file_that_is_not_there_or_a_folder_is_a_fault(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "no.yaml") == ["no.yaml: cannot be read: No such file or directory"]
    (tmp_path / "folder").mkdir()
    assert faults_of(tmp_path / "folder") == ["folder: cannot be read: Is a directory"]
    assert faults_of(tmp_path / "a\0b") == ["a\\x00b: not a path of a file"]


WRONG_SETTINGS = {
    "recognition.language: english": "3: recognition.language: not a language; a language tag such as en-US, de-DE ",
    "recognition.language: 5": "3: recognition.language: 5 is not allowed; allowed: text",
    "recognition.languages: [de-DE, en-US, de-de]": "3: recognition.languages[2]: given twice; once is allowed",
    "recognition.phrases: ['']": "3: recognition.phrases[0]: an empty phrase; words are allowed",
    "recognition.segmentation: {silence: 10s}": "3: recognition.segmentation.silence: out of range; 100ms to 5s is ",
    "recognition.phrases_weight: 3": "3: recognition.phrases_weight: 3 is not allowed; allowed: a number above 0 to 2",
    "recognition.stable_partials: 1.5": "3: recognition.stable_partials: 1.5 is not allowed; allowed: a whole numbe",
    "recognition.diarization: 1": "3: recognition.diarization: 1 is not allowed; allowed: true | false",
    "recognition.word_timestamps: 'true'": "3: recognition.word_timestamps: 'true' is not allowed; allowed: true | ",
    "translation.targets: [de, DE]": "3: translation.targets[1]: given twice; once is allowed",
    "translation.targets: [Klingon!]": "3: translation.targets[0]: not a language;",
    "translation.targets: de": "3: translation.targets: de is not allowed; allowed: a list, each text",
    "translation.targets:": "3: translation.targets: null is not allowed; allowed: a list, each text",
    "output.formats: []": "3: output.formats: a list is not allowed; allowed: a list, at least one of json | srt",
    "output.formats: [srt, srt]": "3: output.formats[1]: given twice; once is allowed",
    "output.folder: 5": "3: output.folder: 5 is not allowed; allowed: text",
    "audio.split: {target: 5s}": "3: audio.split.target: too short; 10s or more is allowed",
    "audio.split: {longer_than: 1m, target: 2m}": "3: audio.split.target: longer than audio.split.longer_than; at most",
    "audio.split: 10m": "3: audio.split: 10m is not allowed; allowed: a mapping of longer_than, target",
    "audio.split: {longer_than: -1}": "3: audio.split.longer_than: -1 is not allowed; allowed: a duration such as",
    "audio.split: {longer_than: 1e999}": "3: audio.split.longer_than: 1e999 is not allowed; allowed: a duration suc",
    "audio.split: {longer_than: 99999d}": "3: audio.split.longer_than: 99999d is not allowed; allowed: a duration s",
    "service.endpoint: ftp://x": "3: service.endpoint: not the address of a service; an address such as wss://",
    "service.endpoint: 'wss://['": "3: service.endpoint: not the address of a service;",
    "service.endpoint: wss://u:p@x": "3: service.endpoint: an address with a user name or password;",
    "service.host: localhost:5000": "3: service.host: not the address of a service; an address such as ws://localho",
    "service.host: ws://localhost:5000/x": "3: service.host: an address with a path, which service.endpoint takes;",
    "service.host: ws://localhost:99999": "3: service.host: not the address of a service;",
    "service.upload_speed: .inf": "3: service.upload_speed: .inf is not allowed; allowed: a number above 0 to 1000,",
    "service.upload_speed: fast": "3: service.upload_speed: fast is not allowed; allowed: a number above 0 to 1000,",
    "service.endpoints: [{key: abc}]": "3: service.endpoints[0].key: a secret in the config;",
    "service.endpoints: [{sessions: 0}]": "3: service.endpoints[0].sessions: 0 is not allowed; allowed: a whole number",
    "service.endpoints: [{name: a}, {name: a}]": "3: service.endpoints[0].name: given twice; once is allowed",
    "service.endpoints: [5]": "3: service.endpoints[0]: 5 is not allowed; allowed: a mapping of key, region,",
    "subtitles.max_lines: 9": "3: subtitles.max_lines: 9 is not allowed; allowed: a whole number from 1 to 4, or null",
    "run.backoff: 2h": "3: run.backoff: longer than run.max_backoff; at most that is allowed",
    "run.attempts: true": "3: run.attempts: true is not allowed; allowed: a whole number from 1 to 1000",
}


@pytest.mark.parametrize("line", WRONG_SETTINGS)
def test_a_wrong_setting_is_told_with_what_is_allowed(write, line: str) -> None:
    section, _, rest = line.partition(".")
    faults = faults_of(write(f"input: {{paths: [x]}}\n{section}:\n  {rest}\n"))

    assert any(fault.startswith(f"c.yaml:{WRONG_SETTINGS[line]}") for fault in faults), faults


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("90s", 90_000),
        ("10m", 600_000),
        ("1h30m", 5_400_000),
        ("800ms", 800),
        ("1.5h", 5_400_000),
        ("0", 0),
        ("90", 90_000),
    ],
)
def test_durations_are_read(write, text: str, ms: int) -> None:
    assert load(write(f"input: {{paths: [x]}}\nrun: {{grace: {text}}}\n")).run.grace == ms


def test_words_mean_what_they_mean_to_people(write) -> None:
    config = load(write("input: {paths: [x], recursive: no}\ntranslation: {targets: [no, de], bilingual: on}\n"))

    assert config.translation.targets == ["no", "de"]
    assert config.input.recursive is False
    assert config.translation.bilingual is True


def test_a_section_of_comments_only_is_as_good_as_none(write) -> None:
    assert load(write("input: {paths: [x]}\ntranslation:\n  # targets: [de]\nrun:\n")).translation.targets == []


class TestEnvironment:
    def test_references_are_read_and_typed_afterwards(self, write) -> None:
        text = (
            "input: {paths: [x]}\nrecognition:\n  language: ${L}\nservice:\n  sessions: ${N:-3}\n  model: m-${N:-5}\n"
        )
        config = load(write(text), environ={"L": "de-DE"})

        assert (config.recognition.language, config.service.sessions, config.service.model) == ("de-DE", 3, "m-5")

    def test_an_empty_variable_takes_the_default(self, write) -> None:
        text = "input: {paths: [x]}\nservice:\n  sessions: ${N:-3}\n"

        assert load(write(text), environ={"N": ""}).service.sessions == 3

    def test_a_quoted_reference_stays_text(self, write) -> None:
        text = 'input: {paths: [x]}\nrecognition:\n  phrases: ["${N}"]\n'

        assert load(write(text), environ={"N": "5"}).recognition.phrases == ["5"]

    def test_a_value_cannot_smuggle_in_yaml(self, write) -> None:
        text = "input: {paths: [x]}\noutput:\n  folder: ${F}\n"
        config = load(write(text), environ={"F": "a\nrun: {attempts: 9}"})

        assert config.run.attempts == 5

    def test_a_dollar_can_be_written(self, write) -> None:
        text = "input: {paths: [x]}\nrecognition:\n  phrases: ['$${A}', '$5', '$']\n"

        assert load(write(text)).recognition.phrases == ["${A}", "$5", "$"]

    def test_an_unset_variable_is_named(self, write) -> None:
        assert one_fault(write, "recognition.language: ${LANGUAGE_X}") == (
            "c.yaml:3: recognition.language: the environment variable LANGUAGE_X is not set;"
            " set it, or write ${LANGUAGE_X:-default}"
        )

    @pytest.mark.parametrize("text", ["${1A}", "${A", "${A:-${B}}", "${}", "${A-B}"])
    def test_a_half_reference_is_a_fault(self, write, text: str) -> None:
        assert "c.yaml:3: recognition.language: a ${ that is neither" in one_fault(
            write, f"recognition.language: '{text}'"
        )


class TestSecrets:
    @pytest.mark.parametrize(
        "value", [SECRET, f"${{KEY:-{SECRET}}}", f"x${{{SECRET}}}", f"[{SECRET}]", f"{{a: {SECRET}}}"]
    )
    @pytest.mark.parametrize("key", ["key", "token"])
    def test_a_literal_is_refused_and_not_shown(self, write, key: str, value: str) -> None:
        fault = one_fault(write, f"service.{key}: {value if value[0] in '[{' else repr(value)}")

        assert fault.startswith(f"c.yaml:3: service.{key}: a secret in the config;")
        assert SECRET not in fault

    @pytest.mark.parametrize(
        "override", [f"service.key={SECRET}", f"service.endpoints=[{{key: {SECRET}}}]", f"service={{token: {SECRET}}}"]
    )
    def test_set_takes_no_literal_either(self, write, override: str) -> None:
        (fault,) = faults_of(write("input: {paths: [x]}\n"), [override])

        assert fault.startswith("--set:1: service")
        assert SECRET not in fault

    def test_set_reads_a_secret_from_the_environment(self, write) -> None:
        config = load(write("input: {paths: [x]}\n"), ["service.key=${MY_KEY}"], {"MY_KEY": SECRET})

        assert config.service.key is not None
        assert config.service.key.get_secret_value() == SECRET
        assert SECRET not in f"{config!r} {config} {config.model_dump()} {config.model_dump_json()}"

    @pytest.mark.parametrize(
        "text",
        [
            "service: {sessions: '${K}'}",
            "service: {region: '${K}', upload_speed: '${K}'}",
            "service: {host: '${K}'}",
            "recognition: {language: 'x ${K}'}",
            "service: {key: '${K}', kind: wrong}",
            "output: {formats: ['${K}']}",
            "service: '${K}'",
        ],
    )
    def test_what_came_from_the_environment_is_never_in_a_fault(self, write, text: str) -> None:
        assert SECRET not in "\n".join(faults_of(write(f"input: {{paths: [x]}}\n{text}\n"), environ={"K": SECRET}))

    def test_a_broken_file_is_not_quoted(self, write) -> None:
        assert SECRET not in "\n".join(faults_of(write(f"service:\n  key: *{SECRET}\n")))
        assert SECRET not in "\n".join(faults_of(write(f"service:\n  key: 'a' {SECRET}\n")))

    def test_a_key_whose_own_variable_is_unset_does_not_fall_back_to_another(self, write) -> None:
        text = "input: {paths: [x]}\nservice:\n  kind: azure\n  key: ${TEAM_B_KEY}\n"

        assert faults_of(write(text), environ={"AZURE_AI_SPEECH_KEY": SECRET}) == [
            "c.yaml:4: service.key: the environment variable TEAM_B_KEY is not set;"
            " set it, or write ${TEAM_B_KEY:-default}"
        ]

    @pytest.mark.parametrize(
        "text", ["key: ${AZURE_AI_SPEECH_KEY}", "region: ${SPEECH_REGION}", "key: ${SPEECH_KEY:-}"]
    )
    def test_the_fallbacks_own_names_may_be_unset_with_azure(self, write, text: str) -> None:
        config = load(write(f"input: {{paths: [x]}}\nservice:\n  kind: azure\n  {text}\n"), environ={})

        assert config.service.key is None
        assert config.service.region is None

    @pytest.mark.parametrize("text", ["key: null", "key:", "key: ~", "token: null", "key: ''", "endpoints: [{key: }]"])
    def test_null_is_no_secret(self, write, text: str) -> None:
        service = load(write(f"input: {{paths: [x]}}\nservice:\n  {text}\n"), environ={}).service

        assert (service.key, service.token, [one.key for one in service.endpoints if one.key]) == (None, None, [])

    def test_a_key_of_digits_is_text(self, write) -> None:
        config = load(write("input: {paths: [x]}\nservice: {key: '${K}'}\n"), environ={"K": " 0123 "})

        assert config.service.key is not None
        assert config.service.key.get_secret_value() == "0123"

    def test_the_local_host_needs_no_address(self, write) -> None:
        config = load(write("input: {paths: [x]}\nservice:\n  token: ${NOPE}\n  endpoint: ${NOPE}\n"), environ={})

        assert config.service.endpoint is None


class TestPaths:
    TEXT = """\
input: {paths: [inbox, "sub/*.wav", "@list.txt", /abs/x.wav, "../up"], options: o.csv}
audio: {scratch: tmp, ffmpeg: %s}
output: {folder: out}
service: {faults: f.yaml, model: %s}
"""

    def test_paths_are_relative_to_the_file(self, write, tmp_path: Path) -> None:
        config = load(write(self.TEXT % ("ffmpeg", "base")))

        at = str(tmp_path)
        assert config.input.paths == [
            f"{at}/inbox",
            f"{at}/sub/*.wav",
            f"@{at}/list.txt",
            "/abs/x.wav",
            f"{tmp_path.parent}/up",
        ]
        assert (config.input.options, config.audio.scratch) == (f"{at}/o.csv", f"{at}/tmp")
        assert (config.output.folder, config.service.faults) == (f"{at}/out", f"{at}/f.yaml")

    @pytest.mark.parametrize(
        ("written", "means"),
        [("base", "base"), ("org/model", "org/model"), ("./m", "{at}/m"), ("../m", "{up}/m"), ("/m", "/m")],
    )
    def test_a_name_is_a_name_unless_it_looks_like_a_path(
        self, write, tmp_path: Path, written: str, means: str
    ) -> None:
        config = load(write(self.TEXT % (written, written)))

        assert config.service.model == means.format(at=tmp_path, up=tmp_path.parent)
        assert config.audio.ffmpeg == config.service.model

    def test_the_default_output_folder_is_beside_the_file(self, write, tmp_path: Path) -> None:
        assert load(write("input: {paths: [x]}\n")).output.folder == f"{tmp_path}/transcripts"

    def test_set_is_relative_to_the_current_folder(self, write, tmp_path: Path, monkeypatch) -> None:
        here = tmp_path / "here"
        here.mkdir()
        monkeypatch.chdir(here)
        config = load(write("input: {paths: [x]}\n"), ["output.folder=o", "input.paths=[a.wav]"])

        assert (config.output.folder, config.input.paths) == (f"{here}/o", [f"{here}/a.wav"])

    def test_the_home_folder_is_known(self, write, monkeypatch) -> None:
        monkeypatch.setenv("HOME", "/home/ann")

        assert load(write("input: {paths: [~/in]}\n")).input.paths == ["/home/ann/in"]


class TestSet:
    def test_it_overrides_and_nests(self, write) -> None:
        config = load(
            write("input: {paths: [x]}\naudio: {split: {longer_than: 20m}}\n"),
            [
                "audio.split.target=2m",
                "translation.targets=[de, fr]",
                "recognition.languages=[en-US, de-DE]",
                "run.attempts=7",
            ],
        )

        assert (config.audio.split.longer_than, config.audio.split.target) == (1_200_000, 120_000)
        assert config.translation.targets == ["de", "fr"]
        assert config.run.attempts == 7

    def test_an_empty_value_is_null(self, write) -> None:
        assert load(write("input: {paths: [x]}\naudio: {scratch: s}\n"), ["audio.scratch="]).audio.scratch is None

    def test_it_mends_a_fault_of_the_file(self, write) -> None:
        assert load(write("input: {paths: [x]}\nrun: {attempts: 0}\n"), ["run.attempts=1"]).run.attempts == 1

    @pytest.mark.parametrize(
        ("override", "fault"),
        [
            ("x", "--set:1: not section.key=value"),
            ("=x", "--set:1: not section.key=value"),
            ("a..b=x", "--set:1: not section.key=value"),
            ("run.atempts=1", "--set:1: run.atempts: unknown key, did you mean attempts? allowed: executor,"),
            ("run=5", "--set:1: run: 5 is not allowed; allowed: a mapping of executor,"),
            ("input.paths.0=x", "--set:1: input.paths.0: input.paths is a list; set it as a whole"),
            (
                "input.include=[*.wav]",
                "--set:1: not YAML: expected alphabetic or numeric character, but found '.'; quote",
            ),
            ("output.folder=${NOPE}", "--set:1: output.folder: the environment variable NOPE is not set;"),
        ],
    )
    def test_what_is_wrong_with_it_is_told(self, write, override: str, fault: str) -> None:
        assert faults_of(write("input: {paths: [x]}\n"), [override])[0].startswith(fault)


class TestBuild:
    def test_values_of_the_command_line_become_a_config(self, tmp_path: Path) -> None:
        values = {
            "input": {"paths": ["a b.wav", "$x.wav"]},
            "recognition": {"language": "de-DE"},
            "output": {"folder": "o"},
        }
        config = build(values, ["run.attempts=2"], tmp_path)

        assert config.input.paths == [f"{tmp_path}/a b.wav", f"{tmp_path}/$x.wav"]
        assert (config.recognition.language, config.run.attempts) == ("de-DE", 2)
        assert config.output.folder == f"{tmp_path}/o"

    def test_a_wrong_value_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            build({"input": {"paths": ["x"]}, "recognition": {"language": "german"}}, base=tmp_path)

        assert caught.value.message.startswith("command line: recognition.language: not a language;")

    def test_a_file_name_is_never_a_reference(self, tmp_path: Path) -> None:
        assert build({"input": {"paths": ["${HOME}.wav"]}}, base=tmp_path).input.paths == [f"{tmp_path}/${{HOME}}.wav"]


@pytest.mark.parametrize("setting", ["diarization: true", "mode: single_shot"])
def test_what_needs_one_session_is_not_split(write, setting: str) -> None:
    config = load(write(f"input: {{paths: [x]}}\nrecognition: {{{setting}}}\n"))

    assert config.audio.split.longer_than == 0


def test_a_split_that_diarization_turns_off_is_warned_of_if_it_was_asked_for(write, caplog) -> None:
    text = "input: {paths: [x]}\nrecognition: {diarization: true}\naudio: {split: {longer_than: 5m}}\n"
    with caplog.at_level(logging.WARNING):
        load(write(text))

    assert caplog.messages == ["diarization needs one session a recording: audio.split is off"]


def test_a_config_never_changes(write) -> None:
    config = load(write("input: {paths: [x]}\n"))

    with pytest.raises(ValueError, match="frozen"):
        config.run.attempts = 3  # type: ignore[misc]
    assert isinstance(config, Config)
