"""Which file names are recordings, when the config does not say?"""

from __future__ import annotations

_AUDIO = """
3ga 8svx aa aac aax ac3 adts aif aifc aiff al alac alaw amb amr ape au awb caf dct dff dsf dss dts dvf eac3 f4a f4b flac
g722 g723 g729 gsm iff ima ivs l16 la lpcm m2a m4a m4b m4p m4r mka mlp mmf mogg mp1 mp2 mp3 mpa mpc mpga msv nist nmf
oga ogg oma opus qcp ra ram rf64 rm sln snd sox sph spx tak tta ul ulaw voc vox w64 wav wave wma wv
"""
_VIDEO = """
3g2 3gp 3gp2 3gpp amv asf avi divx drc dv f4p f4v flv gxf ivf m1v m2t m2ts m2v m4v mj2 mjpeg mkv mod mov mp4 mp4v mpe
mpeg mpg mpv mts mxf nsv nut ogm ogv qt rmvb roq svi tod trp ts vob webm wmv wtv xvid y4m
"""
# Left out on purpose: raw (photographs), dat, bin, nsf and mid (not speech), m3u8 and mpd (lists of other files).
SUFFIXES = frozenset((_AUDIO + _VIDEO).split())


def is_recording(name: str) -> bool:
    """Whether a file name ends like one."""
    stem, dot, suffix = name.rpartition(".")
    return bool(stem and dot) and suffix.lower() in SUFFIXES
