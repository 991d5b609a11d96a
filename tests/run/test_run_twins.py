"""Jobs with the same bytes go one after another; a recording read in place is watched."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import SourceGone
from pipeline.run.steady import watched
from pipeline.run.twins import Twins
from pipeline.values import Source


def test_the_same_key_is_held_by_one_at_a_time_and_other_keys_do_not_wait() -> None:
    twins = Twins()
    inside: list[str] = []
    most: dict[str, int] = {}

    def work(key: str) -> None:
        with twins.alone(key):
            inside.append(key)
            most[key] = max(most.get(key, 0), inside.count(key))
            most["all"] = max(most.get("all", 0), len(inside))
            time.sleep(0.05)
            inside.remove(key)

    threads = [threading.Thread(target=work, args=(key,)) for key in ("a", "b") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == {"a": 1, "b": 1, "all": 2}
    assert twins._queues == {}, "nothing is remembered of keys that nobody holds"


def test_a_job_that_fails_lets_the_next_one_in() -> None:
    twins = Twins()
    with pytest.raises(ValueError, match="failed"), twins.alone("a"):
        raise ValueError("failed")
    with twins.alone("a"):
        pass


@pytest.mark.parametrize("change", ["none", "longer", "touched", "replaced", "gone"])
def test_a_recording_that_is_not_what_it_was_is_noticed(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound")
    check = watched(Source(str(path), "a.wav", "a", 5, 1))
    if change == "longer":
        path.write_bytes(b"longer sound")
    elif change == "touched":
        os.utime(path, (1, 1))
    elif change == "replaced":
        before = path.stat()
        (tmp_path / "new").write_bytes(b"other")
        (tmp_path / "new").replace(path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "gone":
        path.unlink()
    if change == "none":
        check()
        return
    with pytest.raises(SourceGone) as caught:
        check()
    assert caught.value.code == ("source-gone" if change == "gone" else "source-changed")
