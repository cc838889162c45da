"""Whether two PNG files show the same picture: both are averaged to a few tiles and compared."""

import struct
import zlib

SIDE = 6
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _chunks(content):
    at = 8
    while at + 12 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        at += 12 + size


def _paeth(left, up, corner):
    guess = left + up - corner
    far = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[far.index(min(far))]


def _unfilter(kind, line, before, step):
    if kind == 2:
        return bytes((x + y) & 255 for x, y in zip(line, before))
    out = bytearray(line)
    if kind == 0:
        return out
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        if kind == 1:
            out[i] = (value + left) & 255
        elif kind == 3:
            out[i] = (value + (left + before[i]) // 2) & 255
        else:
            corner = before[i - step] if i >= step else 0
            out[i] = (value + _paeth(left, before[i], corner)) & 255
    return out


def _greens(line, kind, palette):
    """One byte for each pixel: green, or grey."""
    if kind == 3:
        return bytes(palette[3 * x + 1] for x in line)
    return {0: line, 4: line[::2], 2: line[1::3], 6: line[1::4]}[kind]


def tiles(content):
    """SIDE×SIDE averages of the green (or grey) channel of an 8-bit PNG without interlace."""
    parts = list(_chunks(content))
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", parts[0][1])
    if depth != 8 or interlace or kind not in CHANNELS:
        raise ValueError(f"a PNG of depth {depth}, kind {kind}, interlace {interlace} is not read here")
    step = CHANNELS[kind]
    raw = zlib.decompress(b"".join(body for name, body in parts if name == b"IDAT"))
    palette = next((body for name, body in parts if name == b"PLTE"), b"")
    sums, counts = [0] * SIDE**2, [0] * SIDE**2
    before = bytes(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        before = _unfilter(raw[start], raw[start + 1 : start + 1 + width * step], before, step)
        channel = _greens(before, kind, palette)
        for x in range(SIDE):
            part = channel[x * width // SIDE : (x + 1) * width // SIDE]
            tile = y * SIDE // height * SIDE + x
            sums[tile] += sum(part)
            counts[tile] += len(part)
    return [total / max(1, count) for total, count in zip(sums, counts)]


def difference(one, other):
    """The mean distance of the tiles of two PNG files, 0 to 255."""
    pairs = list(zip(tiles(one), tiles(other)))
    return sum(abs(a - b) for a, b in pairs) / len(pairs)
