"""Which microphones are there, and how does the SDK hear one?

ALSA's own list of devices is read, the one `arecord -L` prints: it knows what /proc/asound does not, such as a sound
server or a device of the user's asound.conf.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARDS = Path("/proc/asound/cards")
_LIBRARY = "libasound.so.2"
_NOT_A_MICROPHONE = "null"  # it is in every list, and gives zeros for ever
_ErrorHandler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)


@dataclass(frozen=True, slots=True)
class Microphone:
    """A capture device: `name` is what ALSA and `--device` call it."""

    name: str
    description: str


def microphones() -> tuple[Microphone, ...]:
    """Every capture device ALSA knows of; empty where there is none, or no ALSA."""
    library = _alsa()
    if library is None:
        return ()
    return tuple(found for found in _hints(library) if found.name != _NOT_A_MICROPHONE)


def sound_cards() -> str:
    """What the kernel says of its sound cards, in its own words; empty where it has none."""
    try:
        text = CARDS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "" if "no soundcards" in text else text.strip()


def microphone_audio(name: str | None = None) -> Any:
    """The SDK's audio input for a microphone by name; None: the default one."""
    from azure.cognitiveservices.speech.audio import AudioConfig

    silence_alsa()
    return AudioConfig(device_name=name) if name else AudioConfig(use_default_microphone=True)


def silence_alsa() -> None:
    """ALSA prints a dozen lines to standard error where a device is missing; ours is the one that helps."""
    library = _alsa()
    if library is not None:
        library.snd_lib_error_set_handler(_NO_WORDS)


# ALSA keeps the address: the object must live as long as the process.
_NO_WORDS = _ErrorHandler(lambda *words: None)


def _alsa() -> Any:
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError:
        return None


def _hints(library: Any) -> Iterator[Microphone]:
    hints = ctypes.POINTER(ctypes.c_void_p)()
    if library.snd_device_name_hint(-1, b"pcm", ctypes.byref(hints)) != 0:
        return
    try:
        number = 0
        while hint := hints[number]:
            number += 1
            # No direction means both.
            if _of(library, hint, b"IOID") in ("", "Input") and (name := _of(library, hint, b"NAME")):
                yield Microphone(name, " ".join(_of(library, hint, b"DESC").split()))
    finally:
        library.snd_device_name_free_hint(hints)


def _of(library: Any, hint: int, key: bytes) -> str:
    """One fact of a hint; ALSA hands over the memory it stands in."""
    get = library.snd_device_name_get_hint
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_char_p)
    free = ctypes.CDLL(None).free
    free.argtypes = (ctypes.c_void_p,)
    address = get(hint, key)
    if not address:
        return ""
    try:
        return os.fsdecode(ctypes.string_at(address))
    finally:
        free(address)
