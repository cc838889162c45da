"""Images for load, drawn here: noise of a seed, so that encoders have something to do."""

import random
import struct
import zlib


def _chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def noise_png(seed, width=64, height=64):
    """A PNG of smooth noise; 64×64 is about 12 KB."""
    source = random.Random(seed)
    rows = b"".join(b"\x00" + source.randbytes(width * 3) for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(rows, 1))
        + _chunk(b"IEND", b"")
    )


def fault(kind):
    """A file that asks a test build's codec program for a fault."""
    return b"CONVERTD-FAULT:" + kind.encode()
