"""Which parts of GStreamer does the SDK need for compressed recordings, and which are not on this machine?

The library itself is asked, as the SDK asks it; its command-line tools are another package, which few have.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

_LIBRARY = "libgstreamer-1.0.so.0"
LIBRARY_PACKAGE = "libgstreamer1.0-0"
_BASE, _GOOD, _BAD = (f"gstreamer1.0-plugins-{name}" for name in ("base", "good", "bad"))

# What for, then each element with its package in Debian and Ubuntu. The names are those in the SDK's own library, and
# for "any other format" those that decodebin takes.
NEEDED: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "everything",
        (
            ("appsrc", _BASE),
            ("appsink", _BASE),
            ("decodebin", _BASE),
            ("audioconvert", _BASE),
            ("audioresample", _BASE),
        ),
    ),
    ("MP3", (("mpegaudioparse", _GOOD), ("mpg123audiodec", _GOOD))),
    ("OGG/Opus and WebM", (("oggdemux", _BASE), ("matroskademux", _GOOD), ("opusparse", _BAD), ("opusdec", _BASE))),
    ("OGG/Vorbis", (("vorbisdec", _BASE),)),
    ("FLAC", (("flacparse", _GOOD), ("flacdec", _GOOD))),
    ("M4A and MP4", (("qtdemux", _GOOD), ("aacparse", _GOOD), ("faad", _BAD))),
    ("WAV", (("wavparse", _GOOD),)),
)
# Any of these decodes AAC.
_INSTEAD = {"faad": ("avdec_aac", "fdkaacdec")}


@dataclass(frozen=True, slots=True)
class Lacking:
    """An element that is missing: what for, and the package that has it."""

    what_for: str
    element: str
    package: str


def version() -> str | None:
    """`1.22.0`, or None where there is no GStreamer."""
    library = _library()
    if library is None:
        return None
    numbers = [ctypes.c_uint() for _ in range(4)]
    library.gst_version(*(ctypes.byref(number) for number in numbers))
    return ".".join(str(number.value) for number in numbers[:3])


def lacking() -> tuple[Lacking, ...]:
    """Every element that is missing; the library itself stands for all of them."""
    library = _library()
    if library is None:
        return (Lacking("everything", "GStreamer", LIBRARY_PACKAGE), Lacking("everything", "plug-ins", _BASE))
    return tuple(
        Lacking(what_for, element, package)
        for what_for, elements in NEEDED
        for element, package in elements
        if not any(_has(library, name) for name in (element, *_INSTEAD.get(element, ())))
    )


def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    library.gst_element_factory_find.restype = ctypes.c_void_p
    return library if library.gst_init_check(None, None, None) else None


def _has(library: ctypes.CDLL, element: str) -> bool:
    return bool(library.gst_element_factory_find(element.encode()))
