"""What every contract test shares. Each test holds the built server to a sentence of docs/api.md or to a request
that official clients send; its name says the sentence."""

import base64
import json
import os
import pathlib
import struct
import sys
import unittest
import zlib

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

import images  # noqa: E402
import server  # noqa: E402

PNG = images.png(40, 30)
DATA_URL = "data:"


class ContractTest(unittest.TestCase):
    """`self.api` is a running server, one for all tests of a class."""

    FLAGS = ()

    @classmethod
    def setUpClass(cls):
        cls.api = server.Server(*cls.FLAGS).__enter__()
        cls.addClassCleanup(cls.api.__exit__, None, None, None)

    def post(self, path, fields=(), files=(), **more):
        """`files` are (part name, file name, bytes)."""
        return self.api.post_form(path, list(fields), list(files), **more)

    def convert(self, fields=(), files=(("files", "a.png", PNG),), **more):
        return self.post("/api/convert", fields, files, **more)

    def make_job(self, fields=(), files=(("files", "a.png", PNG),), **more):
        defaults = {"format": "webp", "saveToStorage": "true"}
        given = dict(fields)
        return self.post("/api/jobs", [*((k, v) for k, v in defaults.items() if k not in given), *fields],
                         files, **more)

    def finished(self, fields=(), files=(("files", "a.png", PNG),)):
        answer = self.make_job(fields, files)
        self.assertEqual(answer.status, 200, answer.body)
        return self.api.wait_for(answer.json()["jobId"])

    def assert_error(self, answer, status, code=None, field=None):
        body = answer.json()  # fails unless it is JSON
        self.assertEqual(answer.status, status, body)
        self.assertIsInstance(body["error"], str)
        self.assertRegex(body["code"], r"\A[a-z][a-z0-9_]*\Z")
        if code:
            self.assertEqual(body["code"], code, body)
        if field:
            self.assertEqual(body.get("field"), field, body)
        return body

    def content_of(self, entry):
        """The bytes of one of `files` or `results`: of its data URL, or fetched without a key."""
        url = entry["downloadUrl"]
        if url.startswith(DATA_URL):
            return base64.b64decode(url.partition(",")[2], validate=True)
        return self.api.fetch(url).body

    def only_file(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        files = answer.json()["files"]
        self.assertEqual(len(files), 1)
        return files[0]

    def size_after(self, width, height, **settings):
        """What becomes of the size of a picture."""
        entry = self.only_file(self.convert([("format", "png"), *settings.items()],
                                            [("files", "a.png", images.png(width, height))]))
        self.assertEqual(png_size(self.content_of(entry)), (entry["width"], entry["height"]))
        return entry["width"], entry["height"]


def json_text(value):
    return json.dumps(value)


def png_size(content):
    return struct.unpack(">II", content[16:24])


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png_of(width, height, pixel, depth=8, colour=2):
    """A PNG in which every pixel has those bytes."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = (b"\x00" + pixel * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_exif(png, tiff):
    """A PNG with an EXIF block."""
    return png[:33] + chunk(b"eXIf", tiff) + png[33:]


def exif_orientation(value):
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, value, 0, 0)


def noise_png(width, height, seed=1):
    """Does not get smaller by itself."""
    import random
    source = random.Random(seed)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\x00" + source.randbytes(width * 3) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def files_below(folder):
    return sorted(str(pathlib.Path(root, name)) for root, _, names in os.walk(folder) for name in names)
