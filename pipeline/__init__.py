"""Folders of recordings in, transcripts and subtitles out, through the Azure Speech SDK."""

__version__ = "0.1.0"
