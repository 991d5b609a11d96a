"""How is a block of Microsoft ADPCM (WAVE format 2) decoded?

Plain integers: each sample depends on the two before it, so there is nothing for numpy to do at once.
"""

from __future__ import annotations

import struct

from pipeline.host.riff import BadAudio

_ADAPT = (230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230)
_COEFFICIENTS = ((256, 0), (512, -256), (0, 0), (192, 64), (240, 0), (460, -208), (392, -232))


def decode_block(block: bytes, channels: int) -> list[int]:
    """Interleaved 16-bit samples of one block. Raises BadAudio."""
    predictors = block[:channels]
    if any(predictor >= len(_COEFFICIENTS) for predictor in predictors):
        raise BadAudio("an MS ADPCM block names an unknown predictor")
    heads = struct.unpack_from(f"<{3 * channels}h", block, channels)
    deltas = list(heads[:channels])
    newer = list(heads[channels : 2 * channels])
    older = list(heads[2 * channels :])
    samples = [*older, *newer]
    pairs = [_COEFFICIENTS[predictor] for predictor in predictors]
    channel = 0
    for byte in block[7 * channels :]:
        for nibble in (byte >> 4, byte & 15):
            first, second = pairs[channel]
            guess = (newer[channel] * first + older[channel] * second) >> 8
            signed = nibble - 16 if nibble >= 8 else nibble
            sample = max(-32768, min(32767, guess + signed * deltas[channel]))
            older[channel], newer[channel] = newer[channel], sample
            deltas[channel] = max(16, (_ADAPT[nibble] * deltas[channel]) >> 8)
            samples.append(sample)
            channel = (channel + 1) % channels
    return samples
