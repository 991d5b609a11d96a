"""Is anything lost, doubled or changed when everything that can fail does?

    python benchmarks/stress.py [--files 5000] [--kill-every 20] [--crash-every 33] [--in FOLDER]

Thousands of short recordings (and some long ones, in chunks) against hosts that misbehave: of a hundred sessions 5 are
dropped, 5 get an error phrase, 5 an HTTP 429 or 503, 5 silence, 5 malformed JSON, 2 no answer at all; half of the
hosts are gone, the other half every five seconds. The runner is killed with SIGKILL and started again, and now and
then it gets a SIGSEGV of its own. The peer's own test of this kind (batchkit, tests/test_e2e_stress_mock_speechsdk.py)
mocks the SDK and kills nothing; this one has the real SDK, real sockets and real signals.

Then: every recording is done; every output is byte for byte that of a run without faults (JSON but for `sessions`,
which names the sessions that were really held); what the ledger once acknowledged is never recognised again; nothing
is left in the scratch folder; memory is flat. Exit code 0 only if all of that holds.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil
from measuring import PIPELINE, PROJECT, host, machine, table
from stress_proof import Acknowledged, differences, faults_struck, left_over, make_recordings, sessions_heard

HOSTS = 4
SESSIONS = 8
OUTAGE_S = 5
RULES = """\
seed: {seed}
rules:
  - {{fault: drop, after_audio: 500ms, chance: 5%}}
  - {{fault: phrase, status: Error, chance: 5%}}
  - {{fault: status, status: 429, chance: 2.5%}}
  - {{fault: status, status: 503, chance: 2.5%}}
  - {{fault: silent, chance: 5%}}
  - {{fault: malformed, chance: 5%}}
  - {{fault: hang, chance: 2%}}
outages:
  - {{every: {every}s, lasts: {lasts}s, starts: {starts}s, answer: reset}}
"""
CONFIG = """\
input: {{paths: [{inbox}]}}
output: {{folder: {output}, formats: [json, srt, txt]}}
audio: {{split: {{longer_than: 11s, target: 10s}}}}
service:
  kind: azure
  upload_speed: 100
  patience: 3s
  sessions: {sessions}
  endpoints: [{endpoints}]
run: {{attempts: 30, backoff: 100ms, max_backoff: 1s}}
"""
# A worker may grow by so much over its life before it counts as a leak.
FLAT_SHARE, FLAT_MB = 1.15, 25


@dataclass
class Story:
    """What happened to the runner."""

    kills: int = 0
    crashes: int = 0
    starts: int = 0
    exit_codes: list[int] = field(default_factory=list)
    wall_s: float = 0.0
    memory_mb: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Blows:
    """How often the runner is hit; None: never."""

    kill_every_s: float | None
    crash_every_s: float | None
    most: int = 1_000_000
    """kills, and crashes: a recording that is in flight at three crashes is rightly blamed for them"""


def main() -> int:
    asked = arguments()
    with ExitStack() as stack:
        top = Path(asked.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="stress-")))
        inbox = top / "inbox"
        chunks = make_recordings(inbox, asked.files, asked.long)
        with hosts(top, None) as (urls, _):
            calm = follow(config(top, inbox, top / "calm", urls), top / "calm", Blows(None, None), Acknowledged())
        acknowledged = Acknowledged()
        with hosts(top, asked.outage) as (urls, journals):
            blows = Blows(asked.kill_every, asked.crash_every, asked.most_blows)
            story = follow(config(top, inbox, top / "ill", urls), top / "ill", blows, acknowledged)
            struck = faults_struck(urls)
        complete = sessions_heard(journals)
        return verdict(asked, top, chunks, calm, story, acknowledged, struck, complete)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--long", type=int, default=20, help="recordings of 40 s, each in four chunks")
    parser.add_argument("--kill-every", type=float, default=20.0)
    parser.add_argument("--crash-every", type=float, default=33.0)
    parser.add_argument("--most-blows", type=int, default=1_000_000, help="kills, and crashes, at most")
    parser.add_argument("--outage", type=int, default=OUTAGE_S)
    parser.add_argument("--in", dest="folder", help="an empty folder to work in; left out: a temporary one")
    return parser.parse_args()


@contextmanager
def hosts(top: Path, outage_s: int | None) -> Iterator[tuple[list[str], list[Path]]]:
    """Addresses of healthy hosts, or of ill ones of which half are gone at any time; and what they write down."""
    with ExitStack() as stack:
        urls, journals = [], []
        for number in range(HOSTS):
            options = []
            if outage_s is not None:
                faults, journal = top / f"faults-{number}.yaml", top / f"journal-{number}.jsonl"
                starts = outage_s * (number % 2)
                faults.write_text(RULES.format(seed=number, every=2 * outage_s, lasts=outage_s, starts=starts))
                options = ["--faults", str(faults), "--record", str(journal)]
                journals.append(journal)
            urls.append(stack.enter_context(host(*options)))
        yield urls, journals


def config(top: Path, inbox: Path, output: Path, urls: Sequence[str]) -> Path:
    endpoints = ", ".join(f"{{name: host-{number}, host: '{url}'}}" for number, url in enumerate(urls))
    path = top / f"{output.name}.yaml"
    path.write_text(CONFIG.format(inbox=inbox, output=output, sessions=SESSIONS, endpoints=endpoints))
    return path


def follow(path: Path, output: Path, blows: Blows, acknowledged: Acknowledged) -> Story:
    """Run to the end, hitting the runner as often as asked and starting it again."""
    story = Story()
    began = crashed_at = time.monotonic()
    while not story.exit_codes or story.exit_codes[-1] < 0:
        process = subprocess.Popen(
            [*PIPELINE, "run", str(path), "--progress", "none", "-q"],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"},
        )
        story.starts += 1
        started = time.monotonic()
        while process.poll() is None:
            time.sleep(0.2)
            worker = _worker(process)
            story.memory_mb.append(_memory_mb(worker))
            now = time.monotonic()
            if blows.crash_every_s and worker and story.crashes < blows.most and now - crashed_at > blows.crash_every_s:
                crashed_at = now
                story.crashes += 1
                with suppress(psutil.NoSuchProcess):
                    worker.send_signal(signal.SIGSEGV)
            elif blows.kill_every_s and story.kills < blows.most and now - started > blows.kill_every_s:
                story.kills += 1
                process.kill()
                process.wait()
                _gone(worker)
                acknowledged.look(output)
        story.exit_codes.append(process.returncode)
    acknowledged.look(output)
    story.wall_s = time.monotonic() - began
    return story


def _worker(process: subprocess.Popen[bytes]) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children()
        return children[0] if children else None
    return None


def _memory_mb(worker: psutil.Process | None) -> float:
    with suppress(psutil.Error):
        return worker.memory_info().rss / 1e6 if worker else 0.0
    return 0.0


def _gone(worker: psutil.Process | None) -> None:
    """A killed supervisor takes its worker along."""
    if worker is not None and psutil.wait_procs([worker], timeout=10)[1]:
        raise SystemExit("the worker outlived its supervisor")


def verdict(
    asked: argparse.Namespace,
    top: Path,
    chunks: int,
    calm: Story,
    story: Story,
    acknowledged: Acknowledged,
    struck: Counter[str],
    complete: int,
) -> int:
    """Print what happened, then every promise that was not kept."""
    manifest = json.loads((top / "ill" / "manifest.json").read_text("utf-8"))
    states = Counter(entry["reason"] or entry["status"] for entry in manifest["files"])
    most_doubled = (story.kills + story.crashes) * HOSTS * SESSIONS
    rows = [
        ("recordings, chunks", f"{asked.files + asked.long}, {chunks}"),
        ("without faults", f"{calm.wall_s:.0f} s"),
        ("with faults", f"{story.wall_s:.0f} s, {story.starts} starts: {story.kills} SIGKILL, {story.crashes} SIGSEGV"),
        ("faults that struck", ", ".join(f"{count} {name}" for name, count in sorted(struck.items()))),
        ("last run", ", ".join(f"{count} {name}" for name, count in states.items())),
        ("exit codes", ", ".join(map(str, story.exit_codes))),
        ("sessions heard to the end", f"{complete}: {complete - chunks} more than chunks, in flight at a blow"),
        (
            "chunks acknowledged, looked at after each kill",
            f"{acknowledged.count}, recognised again: {acknowledged.changed}",
        ),
        ("memory of the worker, MB", f"{_thirds(calm.memory_mb)} without faults, {_thirds(story.memory_mb)} with"),
    ]
    broken = [
        *_unless(story.exit_codes[-1] == 0, f"the last run ended with {story.exit_codes[-1]}"),
        *_unless(set(states) <= {"done", "unchanged"}, f"not every file is done: {dict(states)}"),
        *_unless(sum(states.values()) == asked.files + asked.long, "files are missing from the manifest"),
        *differences(top / "calm", top / "ill"),
        *_unless(acknowledged.changed == 0, f"{acknowledged.changed} acknowledged chunks were recognised again"),
        *_unless(complete - chunks <= most_doubled, f"{complete - chunks} sessions too many"),
        *left_over(top / "ill"),
        *_unless(_flat(calm.memory_mb), "memory grows without faults"),
        *_unless(_flat(story.memory_mb), "memory grows with faults"),
        *_unless(subprocess.run([*PIPELINE, "verify", top / "ill"], cwd=PROJECT, stdout=-3).returncode == 0, "verify"),
    ]
    print(f"{machine()}\n\n{table(('stress', ''), rows)}\n")
    print("\n".join(f"BROKEN: {promise}" for promise in broken) or "every promise kept")
    return 1 if broken else 0


def _unless(kept: bool, promise: str) -> list[str]:
    return [] if kept else [promise]


def _thirds(values: Sequence[float]) -> str:
    """Memory in the first, second and last third of the time."""
    return " - ".join(f"{median(third):.0f}" for third in _split(values))


def _flat(values: Sequence[float]) -> bool:
    _, second, last = (median(third) for third in _split(values))
    return last <= second * FLAT_SHARE + FLAT_MB


def _split(values: Sequence[float]) -> list[list[float]]:
    working = [value for value in values if value > 30] or [0.0]  # what has not loaded the SDK yet says nothing
    size = max(1, len(working) // 3)
    return [working[:size], working[size : 2 * size] or working, working[2 * size :] or working]


if __name__ == "__main__":
    sys.exit(main())
