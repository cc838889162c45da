"""What an image file says of its size and orientation, read from its bytes without decoding."""

import re
import struct

ORIENTATION_TAG = 0x0112
WIDTH_TAG, HEIGHT_TAG = 0x0100, 0x0101


class Header:
    """Width and height as stored, and the EXIF orientation; `shown` is what a viewer shows."""

    def __init__(self, width, height, orientation=1):
        self.width, self.height, self.orientation = width, height, orientation

    @property
    def shown(self):
        turned = self.orientation in (5, 6, 7, 8)
        return (self.height, self.width) if turned else (self.width, self.height)


def tiff_tags(content):
    """The short and long values of the first directory; empty for what is no TIFF."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(content[:4])
    if order is None:
        return {}
    found = {}
    (at,) = struct.unpack_from(order + "I", content, 4)
    (count,) = struct.unpack_from(order + "H", content, at)
    for i in range(min(count, 200)):
        tag, kind, _ = struct.unpack_from(order + "HHI", content, at + 2 + 12 * i)
        if kind in (3, 4):
            found[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), content, at + 10 + 12 * i)[0]
    return found


def exif_orientation(block):
    """Of an EXIF block, with or without its six bytes of prefix."""
    try:
        found = tiff_tags(block.removeprefix(b"Exif\x00\x00")).get(ORIENTATION_TAG, 1)
    except struct.error:
        return 1
    return found if 1 <= found <= 8 else 1


def jpeg(content):
    at, orientation, seen = 2, 1, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            at += 1
            continue
        marker = content[at + 1]
        if marker == 0xFF or marker == 0 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        (size,) = struct.unpack_from(">H", content, at + 2)
        body = content[at + 4 : at + 2 + size]
        if marker == 0xE1 and body.startswith(b"Exif\x00\x00") and not seen:
            orientation, seen = exif_orientation(body), True
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", body, 1)
            return Header(width, height, orientation)
        at += 2 + size
    return None


def png(content):
    width, height = struct.unpack_from(">II", content, 16)
    at, orientation = 8, 1
    while at + 12 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        if content[at + 4 : at + 8] == b"eXIf":
            orientation = exif_orientation(content[at + 8 : at + 8 + size])
        at += 12 + size
    return Header(width, height, orientation)


def webp(content):
    orientation, at = 1, 12
    kind = content[12:16]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(content[24:27], "little")
        height = 1 + int.from_bytes(content[27:30], "little")
    elif kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (x & 0x3FFF for x in struct.unpack_from("<HH", content, 26))
    while at + 8 <= len(content):
        (size,) = struct.unpack_from("<I", content, at + 4)
        if content[at : at + 4] == b"EXIF":
            orientation = exif_orientation(content[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return Header(width, height, orientation)


def bmp(content):
    (size,) = struct.unpack_from("<I", content, 14)
    if size == 12:
        return Header(*struct.unpack_from("<HH", content, 18))
    width, height = struct.unpack_from("<ii", content, 18)
    return Header(width, abs(height))


def tiff(content):
    tags = tiff_tags(content)
    if WIDTH_TAG not in tags or HEIGHT_TAG not in tags:
        return None
    orientation = tags.get(ORIENTATION_TAG, 1)
    return Header(tags[WIDTH_TAG], tags[HEIGHT_TAG], orientation if 1 <= orientation <= 8 else 1)


def gif(content):
    width, height = struct.unpack_from("<HH", content, 6)
    return Header(width, height) if width and height else None


READERS = ((b"\xff\xd8\xff", jpeg), (b"\x89PNG\r\n\x1a\n", png), (b"BM", bmp), (b"II*\x00", tiff),
           (b"MM\x00*", tiff), (b"GIF8", gif))


def read(content):
    """The Header of a file, or None where it cannot be told (AVIF, broken files, other formats)."""
    try:
        for magic, reader in READERS:
            if content.startswith(magic):
                return reader(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return webp(content)
    except (struct.error, IndexError):
        pass
    return None


def avif_sizes(content):
    """Every size that an AVIF or HEIF file names, of a picture (`ispe`) or of its part that is shown
    (`clap`), both ways round: it may turn itself (`irot`)."""
    found = set()
    for box in re.finditer(b"ispe|clap", content):
        try:
            if box.group() == b"ispe":
                width, height = struct.unpack_from(">II", content, box.end() + 4)
            else:
                width, over, height, under = struct.unpack_from(">IIII", content, box.end())
                width, height = width // (over or 1), height // (under or 1)
        except struct.error:
            continue
        found |= {(width, height), (height, width)}
    return found
