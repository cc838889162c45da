#!/usr/bin/env python3
"""Checks that no C++ file has more than 400 lines and no function more than 70.

Functions are found by their braces: a brace that opens at the depth of namespaces and classes, after
a closing parenthesis, begins one. Tables, classes and namespaces are no functions.

Usage: scripts/check_sizes.py ROOT       prints what is too long; fails if there is something
       scripts/check_sizes.py --self-test
"""

import pathlib
import re
import sys

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FOLDERS = ["job", "imaging", "codec", "storage", "webhooks", "actors", "http", "config", "app", "bench", "tests"]

# Strings, characters and comments, which may hold braces.
NOISE = re.compile(
    r'R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"'
    r'|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def without_noise(text):
    """The text with strings and comments blanked, line for line."""
    return NOISE.sub(lambda m: "\n" * m.group(0).count("\n"), text)


def is_function(head):
    """Whether the text before a brace begins a function."""
    head = re.sub(r"^\s*template\s*<.*?>\s*(?=\w)", "", head, flags=re.DOTALL)
    if "(" not in head:
        return False
    before = head[: head.index("(")]
    return "=" not in before.replace("operator=", "") and not SCOPE.match(before.strip())


def is_initializer(head):
    """Whether the brace after `head` is a member's in a constructor's list: `a(int x) : b_{`."""
    return bool(re.search(r"\)[^;{]*[^:]:[^:](.*[\w>])?$", head, re.DOTALL)) and head[-1:].strip() != ""


def functions(text):
    """Yields (first line, number of lines) of each function."""
    text = without_noise(text)
    # Of each open brace: None for a scope, the first line of a function, INNER within functions
    # and tables, INITIALIZER before the body of a constructor.
    INNER, INITIALIZER = "inner", "initializer"
    stack = []
    head_from = 0
    line = 1
    for place, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char == "{":
            inside = any(x is not None for x in stack)
            head = text[head_from:place]
            if INITIALIZER in stack or (not inside and is_function(head) and is_initializer(head)):
                stack.append(INITIALIZER)
                continue
            if inside:
                stack.append(INNER)
            elif is_function(head):
                stack.append(line - head.lstrip().count("\n"))
            else:
                stack.append(None if SCOPE.search(head) else INNER)
            head_from = place + 1
        elif char == "}":
            top = stack.pop() if stack else None
            if top == INITIALIZER:
                continue
            if isinstance(top, int):
                yield top, line - top + 1
            head_from = place + 1
        elif char == ";" or (char == "#" and not text[:place].rpartition("\n")[2].strip()):
            head_from = place + 1


def complaints(name, text):
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield f"{name}: {lines} lines, more than {FILE_LINES_MAX}"
    for first, count in functions(text):
        if count > FUNCTION_LINES_MAX:
            yield f"{name}:{first}: a function of {count} lines, more than {FUNCTION_LINES_MAX}"


def self_test():
    def body(n):
        return "  x();\n" * n

    cases = [
        ("short function", "int f() {\n" + body(3) + "}\n", 0),
        ("function of exactly 70 lines", "int f() {\n" + body(68) + "}\n", 0),
        ("function of 71 lines", "int f() {\n" + body(69) + "}\n", 1),
        ("long member function", "namespace a {\nclass b {\n  void f() const {\n" + body(80) + "  }\n};\n}\n", 1),
        ("long template", "template <class T, class U>\nstd::vector<T> f(T x) noexcept {\n" + body(80) + "}\n", 1),
        ("long constructor", "a::a(int x) :\n  b_{x}, c_{} {\n" + body(80) + "}\n", 1),
        ("long constructor with nested braces", "a::a(b x) :\n  c_{{1, d(x)}},\n  e_{x} {\n" + body(80) + "}\n", 1),
        ("long constructor with a call", "a::a(int x) : b_(x) {\n" + body(80) + "}\n", 1),
        ("long function with a parameter object", "int f(const struct stat& x) {\n" + body(80) + "}\n", 1),
        ("many short functions", ("int f() {\n" + body(3) + "}\n") * 50, 0),
        ("long namespace", "namespace a {\n" + "int x();\n" * 100 + "}\n", 0),
        ("long class", "class a {\n" + "  int x();\n" * 100 + "};\n", 0),
        ("long table", "constexpr std::array rows{\n" + "  row(1),\n" * 100 + "};\n", 0),
        ("long table with an equals sign", "const auto rows = make({\n" + "  row(1),\n" * 100 + "});\n", 0),
        ("braces in text", 'int f() {\n  s("{{{");\n  c(\'{\');\n  // {\n}\n' + "int x();\n" * 100, 0),
        ("digit separators", "int f() {\n  x(1'000'000);\n}\n" + "int x();\n" * 100, 0),
        ("file of 401 lines", "int x;\n" * 401, 1),
        ("file of 400 lines", "int x;\n" * 400, 0),
    ]
    failed = 0
    for name, text, wanted in cases:
        found = list(complaints("case.cpp", text))
        if len(found) != wanted:
            failed += 1
            print(f"self-test: {name}: wanted {wanted} complaints, got {found}")
    print(f"self-test: {len(cases) - failed} of {len(cases)} cases as they should be")
    return failed


def main(words):
    if words == ["--self-test"]:
        return 1 if self_test() else 0
    if len(words) != 1 or words[0].startswith("-"):
        print(__doc__)
        return 0 if words in (["-h"], ["--help"]) else 2
    root = pathlib.Path(words[0]).resolve()
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            found += complaints(str(path.relative_to(root)), path.read_text())
    print("\n".join(found) if found else "sizes: nothing is too long")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
