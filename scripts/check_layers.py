#!/usr/bin/env python3
"""Checks which folder includes which, and who owns the heavy headers.

Usage: scripts/check_layers.py ROOT      prints each breach; fails if there is one
       scripts/check_layers.py --self-test
"""

import pathlib
import re
import sys
import tempfile

# What each folder may include besides itself: job <- imaging, codec, storage, webhooks <- actors <- http <- app.
MAY_INCLUDE = {
    "job": set(),
    "imaging": {"job"},
    "codec": {"job"},
    "storage": {"job"},
    "webhooks": {"job"},
    "actors": {"job", "codec", "storage", "webhooks"},
    "http": {"job", "storage", "webhooks", "actors"},
    "config": {"job"},
    "app": {"job", "codec", "storage", "webhooks", "actors", "http", "config"},
}

# The files of codec/ that make up the program convertd-codec; only they see image bytes.
CODEC_PROGRAM = {"child", "fault_hooks", "main", "sample_pictures", "samples"}

# A heavy header, and the folders that may include it.
OWNERS = [
    (r"Magick\+\+|MagickCore/|magick/|MagickWand/", {"imaging"}),
    (r"avif/|gif_lib|hwy/|libheif/|webp/", {"imaging"}),
    (r"jpeglib\.h|jerror\.h|turbojpeg\.h|png\.h|libimagequant\.h", {"imaging"}),
    (r"libdeflate\.h", {"imaging", "storage"}),
    (r"lmdb\.h", {"storage"}),
    (r"curl/", {"webhooks"}),
    (r"httplib\.h", {"http"}),
    (r"caf/", {"actors", "app"}),
    (r"simdjson", {"http", "app"}),
    (r"toml\+\+/", {"config", "app"}),
    (r"CLI/", {"config", "app"}),
    (r"prometheus/", {"app"}),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def breaches_of_line(folder, path, target):
    """Yields what is wrong with one include of `target` in `path`, a file of `folder`."""
    for pattern, owners in OWNERS:
        if re.match(pattern, target) and folder not in owners:
            yield f"<{target}> belongs to {', '.join(sorted(owners))}"
    other = target.split("/")[0]
    if "/" not in target or other not in MAY_INCLUDE or other == folder:
        return
    allowed = set(MAY_INCLUDE[folder])
    if folder == "codec" and path.stem in CODEC_PROGRAM:
        allowed.add("imaging")
    if other not in allowed:
        yield f"{folder}/ may not include {other}/ ({target})"


def breaches(root):
    found = []
    for folder in MAY_INCLUDE:
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if match:
                    for text in breaches_of_line(folder, path, match.group(2)):
                        found.append(f"{path.relative_to(root)}:{number}: {text}")
    return found


def self_test():
    cases = [
        ("job/a.hpp", '#include "job/b.hpp"', True),
        ("job/a.hpp", '#include "storage/store.hpp"', False),
        ("job/a.hpp", "#include <vector>", True),
        ("storage/a.cpp", '  #  include "actors/x.hpp"', False),
        ("storage/a.cpp", "#include <lmdb.h>", True),
        ("actors/a.cpp", "#include <lmdb.h>", False),
        ("webhooks/a.cpp", "#include <curl/curl.h>", True),
        ("webhooks/a.cpp", '#include "storage/store.hpp"', False),
        ("storage/a.cpp", '#include "webhooks/poster.hpp"', False),
        ("http/a.cpp", "#include <curl/curl.h>", False),
        ("actors/a.cpp", "#include <caf/fwd.hpp>", True),
        ("http/a.cpp", "#include <caf/fwd.hpp>", False),
        ("http/a.cpp", '#include "codec/client.hpp"', False),
        ("http/a.cpp", '#include "config/settings.hpp"', False),
        ("http/a.cpp", "#include <simdjson.h>", True),
        ("job/a.cpp", "#include <simdjson.h>", False),
        ("config/a.cpp", "#include <toml++/toml.h>", True),
        ("config/a.cpp", '#include "storage/fd.hpp"', False),
        ("codec/child.cpp", '#include "imaging/engine.hpp"', True),
        ("codec/client.hpp", '#include "imaging/engine.hpp"', False),
        ("codec/child.cpp", "#include <Magick++.h>", False),
        ("imaging/a.cpp", "#include <Magick++.h>", True),
        ("app/a.cpp", '#include "imaging/engine.hpp"', False),
        ("app/a.cpp", "#include <httplib.h>", False),
        ("http/a.cpp", "#include <prometheus/registry.h>", False),
    ]
    failed = 0
    for name, line, good in cases:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.parent.mkdir()
            path.write_text(line + "\n")
            if (breaches(pathlib.Path(folder)) == []) != good:
                failed += 1
                print(f"self-test: {name} with {line} should be {'right' if good else 'wrong'}")
    print(f"self-test: {len(cases) - failed} of {len(cases)} cases as they should be")
    return failed


def main(words):
    if words == ["--self-test"]:
        return 1 if self_test() else 0
    if len(words) != 1 or words[0].startswith("-"):
        print(__doc__)
        return 0 if words in (["-h"], ["--help"]) else 2
    found = breaches(pathlib.Path(words[0]).resolve())
    print("\n".join(found) if found else "layers: no breach")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
