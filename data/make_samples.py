"""How were the recordings in data/samples made?

By text-to-speech, from the sentences below: flite for English, espeak-ng for German, French and Spanish, ffmpeg for the
formats. `python data/make_samples.py` makes them again (apt-get install flite espeak-ng ffmpeg; pip install pydub).
samples.csv says what is spoken in each file, options.csv in which language: the latter serves as `input.options`.
"""

from __future__ import annotations

import csv
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydub import AudioSegment

DATA = Path(__file__).parent
SAMPLES = DATA / "samples"
# Silence before the first word of each sample, and between its sentences.
LEAD_MS, PAUSE_MS = 300, 500


@dataclass(frozen=True)
class Sample:
    path: str
    language: str
    voice: str
    sentences: tuple[str, ...]
    encoding: tuple[str, ...]


SPOKEN = [
    Sample(
        "weather.wav",
        "en-US",
        "slt",
        (
            "Good morning. This is the weather report for the coast.",
            "The fog will be gone by lunch time, and the afternoon will be warm and dry.",
        ),
        ("-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le"),
    ),
    Sample(
        "market.mp3",
        "en-US",
        "rms",
        (
            "The market opens at seven every Saturday.",
            "Please bring your own bags, because the farmers no longer give away plastic ones.",
        ),
        ("-ac", "1", "-ar", "22050", "-c:a", "libmp3lame", "-b:a", "48k"),
    ),
    Sample(
        "library.opus",
        "en-US",
        "slt",
        (
            "The library has moved to a new building near the river.",
            "All books that you borrowed before March can be returned there.",
        ),
        ("-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "24k"),
    ),
    Sample(
        "museum.flac",
        "en-US",
        "rms",
        (
            "Welcome to the museum of clocks.",
            "The oldest clock in this room was built by a blacksmith, and it still tells the right time.",
        ),
        ("-ac", "1", "-ar", "16000", "-c:a", "flac"),
    ),
    Sample(
        "notes/reminder.m4a",
        "en-US",
        "slt",
        (
            "Remember to water the plants on Wednesday.",
            "The small one on the kitchen window needs only half a cup.",
        ),
        ("-ac", "1", "-ar", "44100", "-c:a", "aac", "-b:a", "48k"),
    ),
    Sample(
        "telephone/answering machine.wav",
        "en-US",
        "rms",
        (
            "Thank you for calling. Our office is closed today.",
            "Please leave your name and number, and we will call you back tomorrow.",
        ),
        ("-ac", "1", "-ar", "8000", "-c:a", "pcm_alaw"),
    ),
    Sample(
        "studio.wav",
        "en-US",
        "slt",
        ("Two microphones recorded this sentence in a very quiet room.",),
        ("-ac", "2", "-ar", "48000", "-c:a", "pcm_s16le"),
    ),
    Sample(
        "Grüße aus Köln.mp3",
        "de-DE",
        "de+m3",
        ("Guten Morgen, meine Damen und Herren. Willkommen in unserer Stadt. Wir haben viel Zeit.",),
        ("-ac", "1", "-ar", "22050", "-c:a", "libmp3lame", "-b:a", "48k"),
    ),
    Sample(
        "languages/bonjour.ogg",
        "fr-FR",
        "fr+m3",
        ("Bonjour à tous.", "Je suis très content de vous voir.", "Merci beaucoup et à demain."),
        ("-ac", "1", "-ar", "22050", "-c:a", "libvorbis", "-q:a", "2"),
    ),
    Sample(
        "languages/casa con jardín.webm",
        "es-ES",
        "es+m3",
        ("Buenos días. Mi casa es muy grande y tiene dos puertas. Muchas gracias.",),
        ("-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "24k"),
    ),
]

VIDEO = Sample(
    "video/late sound.mp4",
    "en-US",
    "rms",
    ("The picture began two seconds ago.", "If the subtitles are right, they come with the voice."),
    (),
)
VIDEO_LATE_MS = 2_000

INTERVIEW = Sample("interview.ogg", "en-US", "slt and rms, a channel each", (), ())
# Who speaks, and the silence before.
TURNS = [
    ("slt", 500, "Good evening, and welcome to our program about the sea."),
    ("slt", 600, "Our guest tonight has worked in a lighthouse for thirty years."),
    ("rms", 900, "Thank you for the invitation. It is a pleasure to be here."),
    ("slt", 800, "How did you come to live in a lighthouse?"),
    ("rms", 1_500, "My father was a fisherman, and every night he came home by that light."),
    ("rms", 700, "When the old keeper retired, I asked for the job the same day."),
    ("slt", 900, "Were you ever afraid during a storm?"),
    ("rms", 2_500, "Only once. The waves broke a window in the middle of the night."),
    ("rms", 600, "The water came down the stairs, but the lamp kept burning until the morning."),
    ("slt", 1_200, "What does a keeper do on a quiet day?"),
    ("rms", 800, "You clean the glass. You paint the walls. You write down the wind and the weather."),
    ("rms", 700, "And you drink a great deal of tea."),
    ("slt", 900, "Today the light is turned on by a computer."),
    ("slt", 500, "Do you miss the work?"),
    ("rms", 3_000, "I miss the silence. In the city there is always somebody talking."),
    ("slt", 900, "Then we will be silent now. Thank you, and good night."),
]


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for sample in SPOKEN:
            spoken = sentences(sample, Path(folder))
            encode(spoken, sample.path, sample.encoding)
            rows.append((sample.path, sample.language, " ".join(sample.sentences)))
        video(sentences(VIDEO, Path(folder)))
        rows.append((VIDEO.path, VIDEO.language, " ".join(VIDEO.sentences)))
        encode(interview(Path(folder)), INTERVIEW.path, ("-c:a", "libvorbis", "-q:a", "1", "-ar", "22050"))
        rows.append((INTERVIEW.path, INTERVIEW.language, " ".join(text for _, _, text in TURNS)))
    table(DATA / "samples.csv", ("path", "language", "text"), sorted(rows))
    table(DATA / "options.csv", ("path", "language"), [row[:2] for row in sorted(rows)])


def sentences(sample: Sample, folder: Path) -> AudioSegment:
    spoken = AudioSegment.silent(LEAD_MS, frame_rate=16_000)
    for number, text in enumerate(sample.sentences):
        spoken += AudioSegment.silent(PAUSE_MS if number else 0, frame_rate=16_000)
        spoken += say(text, sample.voice, folder)
    return spoken + AudioSegment.silent(LEAD_MS, frame_rate=16_000)


def interview(folder: Path) -> AudioSegment:
    """Two voices on two channels, each silent while the other speaks."""
    left = right = AudioSegment.silent(0, frame_rate=16_000)
    for voice, pause_ms, text in TURNS:
        spoken = AudioSegment.silent(pause_ms, frame_rate=16_000) + say(text, voice, folder)
        quiet = AudioSegment.silent(len(spoken), frame_rate=16_000)
        left, right = (left + spoken, right + quiet) if voice == "slt" else (left + quiet, right + spoken)
    shortest = min(len(left), len(right))
    return AudioSegment.from_mono_audiosegments(left[:shortest], right[:shortest])


def say(text: str, voice: str, folder: Path) -> AudioSegment:
    spoken = folder / "spoken.wav"
    if "+" in voice:
        command = ["espeak-ng", "-v", voice, "-s", "135", "-w", str(spoken), text]
    else:
        command = ["flite", "-voice", voice, "-t", text, "-o", str(spoken)]
    subprocess.run(command, check=True)
    return AudioSegment.from_wav(spoken).set_frame_rate(16_000).set_channels(1)


def encode(spoken: AudioSegment, path: str, encoding: tuple[str, ...]) -> None:
    ffmpeg(spoken, [*encoding, str(target(path))])


def video(spoken: AudioSegment) -> None:
    """A picture from the first moment, sound from VIDEO_LATE_MS on."""
    length_s = (len(spoken) + VIDEO_LATE_MS) / 1000
    picture = f"testsrc2=size=320x180:rate=10:duration={length_s}"
    late = ["-itsoffset", f"{VIDEO_LATE_MS / 1000}"]
    encoding = ["-map", "1:v", "-map", "0:a", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k"]
    ffmpeg(spoken, ["-f", "lavfi", "-i", picture, *encoding, "-crf", "40", str(target(VIDEO.path))], late)


def ffmpeg(spoken: AudioSegment, arguments: list[str], before: list[str] | None = None) -> None:
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        spoken.export(wav.name, format="wav")
        reproducible = ["-fflags", "+bitexact", "-flags", "+bitexact", "-map_metadata", "-1"]
        head = ["ffmpeg", "-nostdin", "-y", "-v", "error", *(before or []), "-i", wav.name]
        subprocess.run([*head, *arguments[:-1], *reproducible, arguments[-1]], check=True)


def target(path: str) -> Path:
    whole = SAMPLES / path
    whole.parent.mkdir(parents=True, exist_ok=True)
    return whole


def table(path: Path, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([head, *rows])


if __name__ == "__main__":
    main()
