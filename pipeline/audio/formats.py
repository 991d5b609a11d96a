"""Which of the usual formats can the installed ffmpeg not decode?

Some distributions ship an ffmpeg without patented decoders. pydub knows how to ask; it asks the ffmpeg on PATH.
"""

from __future__ import annotations

import warnings

# Name in ffmpeg -> what people call it.
USUAL = {
    "aac": "AAC (m4a, mp4)",
    "amr_nb": "AMR",
    "flac": "FLAC",
    "gsm": "GSM",
    "h264": "H.264 video",
    "mp3": "MP3",
    "opus": "Opus (ogg, webm)",
    "pcm_alaw": "A-law",
    "vorbis": "Vorbis (ogg)",
    "wmav2": "WMA",
}


def missing_decoders() -> list[str]:
    """The usual formats that cannot be decoded, as people call them. Raises OSError where ffmpeg does not start."""
    with warnings.catch_warnings():
        # It warns on import where there is no ffmpeg; the doctor says that better.
        warnings.simplefilter("ignore")
        from pydub.utils import get_supported_decoders
    found = get_supported_decoders()
    return [title for name, title in USUAL.items() if name not in found]
