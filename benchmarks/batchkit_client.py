"""How is batchkit 0.10.4 made to run at all, as shipped or mended?

    python benchmarks/batchkit_client.py URL FOLDER OUT --at-once 32 [--mended] [--uncapped]

Its wheel holds the speech examples but not the entry script, which this stands for; it is run by the Python of an
environment of batchkit's own. Needed in any case: a `gi` that can be imported (it is, even for WAV), no assertion of
half a million open files, and an endpoint check that does not insist on a metered container's words. `--mended` takes
the blocking stop() out of its canceled callback, which costs ten seconds a file; `--uncapped` lifts its limit of seven
times real time.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import types
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from urllib.parse import urlsplit

RTF_CAP = 7.0
RTF_FREE = 1000.0
RECOGNISE = "batchkit_examples.speech_sdk.recognize"
BLOCKING_STOP = "            speech_recognizer.stop_continuous_recognition()\n            if evt.result"


def without_gi() -> None:
    """A GStreamer binding that is never called for WAV files."""
    gi = types.ModuleType("gi")
    gi.require_version = lambda name, version: None  # type: ignore[attr-defined]
    repository = types.ModuleType("gi.repository")
    names = types.SimpleNamespace(threads_init=lambda: None, init=lambda arguments: None)
    repository.GObject = repository.Gst = names  # type: ignore[attr-defined]
    sys.modules |= {"gi": gi, "gi.repository": repository}


def mend() -> ModuleType:
    """Its recogniser without the stop() that waits in a callback for that callback's end."""
    spec = importlib.util.find_spec(RECOGNISE)
    assert spec is not None and spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert BLOCKING_STOP in source
    module = importlib.util.module_from_spec(spec)
    sys.modules[RECOGNISE] = module
    exec(compile(source.replace(BLOCKING_STOP, "            if evt.result"), spec.origin, "exec"), module.__dict__)
    return module


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--mended", action="store_true")
    parser.add_argument("--uncapped", action="store_true")
    asked = parser.parse_args()
    without_gi()
    if asked.mended:
        mend()
    import yaml
    from batchkit import client, endpoint_config
    from batchkit_examples.speech_sdk.batch_config import SpeechSDKBatchConfig
    from batchkit_examples.speech_sdk.endpoint_status import SpeechSDKEndpointStatusChecker
    from batchkit_examples.speech_sdk.parser import parse_cmdline

    client.assert_sufficient_openfd_rlimit = lambda: None
    SpeechSDKEndpointStatusChecker.check_endpoint = lambda *ignored: True
    if asked.uncapped:
        endpoint_config.endpoint_schema["rtf"]["max"] = RTF_FREE
    address = urlsplit(asked.url)
    endpoint = {"host": address.hostname, "port": address.port, "isCloudService": False, "isSecure": False}
    endpoint |= {"concurrency": asked.at_once, "rtf": RTF_FREE if asked.uncapped else RTF_CAP}
    endpoint |= {"subscription": "none", "language": "en-US"}
    with TemporaryDirectory() as scratch:
        config = Path(scratch, "config.yaml")
        config.write_text(yaml.safe_dump({"local": endpoint}), encoding="utf-8")
        logs = Path(scratch, "logs")
        logs.mkdir()
        options = ["-config", str(config), "-input_folder", asked.folder, "-output_folder", str(asked.out)]
        options += ["-scratch_folder", str(Path(scratch, "scratch")), "-log_folder", str(logs)]
        options += ["-console_log_level", "ERROR", "-file_log_level", "ERROR", "-m", "ONESHOT"]
        arguments = parse_cmdline(options)
        # Its entry script takes the one language out of the list that its parser makes.
        (arguments.language,) = arguments.language
        client.run(arguments, SpeechSDKBatchConfig)


if __name__ == "__main__":
    main()
