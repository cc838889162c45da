"""Tells whether bytes are an image that other programs can read, with the tools that are there."""

import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

MAGIC = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
    "image/gif": b"GIF8",
    "image/avif": b"\x00\x00\x00",
    "image/tiff": b"II*\x00",
    "image/heic": b"\x00\x00\x00",
    "application/pdf": b"%PDF-1.",
    "image/vnd.microsoft.icon": b"\x00\x00\x01\x00",
}

# By media type: a program that fails on a broken file; {} is the file, {}.out an output to drop.
DECODERS = {
    "image/jpeg": ["djpeg", "-fast", "-outfile", "{}.out", "{}"],
    "image/webp": ["dwebp", "-quiet", "{}", "-o", "{}.out"],
    "image/avif": ["avifdec", "--info", "{}"],
    "application/pdf": ["qpdf", "--check", "{}"],
}


def complaint(mime_type, content):
    """What is wrong with `content` as an image of that type; empty if nothing is."""
    if not content.startswith(MAGIC.get(mime_type, b"")):
        return f"does not start like {mime_type}: {content[:12]!r}"
    command = DECODERS.get(mime_type)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "image"
        path.write_bytes(content)
        if shutil.which("file"):
            told = subprocess.run(["file", "-b", "--mime-type", path], capture_output=True,
                                  text=True, timeout=60, check=False).stdout.strip()
            if told != mime_type:
                return f"file(1) says {told}, not {mime_type}"
        if command and shutil.which(command[0]):
            done = subprocess.run([word.format(path) for word in command], capture_output=True,
                                  text=True, timeout=60, check=False)
            if done.returncode != 0:
                return f"{command[0]}: {done.stderr.strip()}"
    return ""


def png(width, height, colour=(200, 40, 40)):
    """A plain PNG."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    row = b"\x00" + bytes(colour) * width
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


def webp_size(content):
    """Width and height of a WebP file, from its first chunk."""
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", content[26:30])
    return width & 0x3FFF, height & 0x3FFF
