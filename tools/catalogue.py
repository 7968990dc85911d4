"""The Korean catalogue of observatory and reports: find the messages, bring the .po file up to date, write the .mo file.

    python tools/catalogue.py

finds every message of the templates and of the Python files of the package, adds the new ones to
``locale/ko/LC_MESSAGES/django.po`` with an empty translation, takes out those that are gone, and compiles the file. No
gettext tools are needed. A test fails while a translation is missing. Texts of the package's data are in tables of their
own: tools/korean.py.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "yeonjwa"
OBSERVATORY = PACKAGE / "observatory"
PO = PACKAGE / "locale" / "ko" / "LC_MESSAGES" / "django.po"
HEAD = (
    "Project-Id-Version: yeonjwa\n"
    "Language: ko\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=1; plural=0;\n"
)
_CALLS = {
    "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "_": 1, "ngettext": 2, "ngettext_lazy": 2, "pgettext": -1,
    "pgettext_lazy": -1, "npgettext": -2, "npgettext_lazy": -2, "noop": 1,
}  # fmt: skip

Key = tuple[str, str]  # context, message


@dataclass
class Message:
    """A message: its plural, if it has one, the places where it stands, and its translation."""

    plural: str = ""
    places: list[str] = field(default_factory=list)
    text: str = ""


def found(folder: Path = PACKAGE) -> dict[Key, Message]:
    """Every message of the Python files and templates of a folder: Django's (.html) and those of reports (.html.j2)."""
    messages: dict[Key, Message] = {}
    for kind, calls in (("*.py", _python), ("*.html", _template), ("*.html.j2", _report)):
        for path in sorted(folder.rglob(kind)):
            _add(messages, calls(path.read_text(encoding="utf-8")), path, folder)
    return messages


def _add(
    messages: dict[Key, Message], calls: Iterator[tuple[str, str, str]], path: Path, folder: Path
) -> None:
    for context, message, plural in calls:
        one = messages.setdefault((context, message), Message())
        one.plural = one.plural or plural
        place = path.relative_to(OBSERVATORY if path.is_relative_to(OBSERVATORY) else folder).as_posix()
        if place not in one.places:
            one.places.append(place)


def _python(source: str) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in _CALLS or not node.args:
            continue
        number = abs(_CALLS[name]) + (1 if _CALLS[name] < 0 else 0)
        texts = [
            a.value for a in node.args[:number] if isinstance(a, ast.Constant) and isinstance(a.value, str)
        ]
        if len(texts) < number:
            continue
        context = texts.pop(0) if _CALLS[name] < 0 else ""
        yield context, texts[0], texts[1] if len(texts) > 1 else ""


_TAG = re.compile(r"\{%\s*(.*?)\s*%\}", re.DOTALL)
_STRING = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_COMMENT = re.compile(r"\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}|\{#.*?#\}", re.DOTALL)
_BLOCK = re.compile(
    r"\{%\s*blocktrans(?:late)?\b(.*?)%\}(.*?)(?:\{%\s*plural\s*%\}(.*?))?\{%\s*endblocktrans(?:late)?\s*%\}",
    re.DOTALL,
)


def _template(source: str) -> Iterator[tuple[str, str, str]]:
    source = _COMMENT.sub("", source)
    for options, one, many in _BLOCK.findall(source):
        trimmed = re.search(r"\btrimmed\b", options)
        context = re.search(rf"\bcontext\s+{_STRING}", options)
        texts = [_block(text, bool(trimmed)) for text in (one, many)]
        yield (ast.literal_eval(context[1]) if context else ""), texts[0], texts[1]
    for tag in _TAG.findall(_BLOCK.sub("", source)):
        plain = re.match(rf"trans(?:late)?\s+{_STRING}(.*)", tag, re.DOTALL)
        if plain:
            context = re.search(rf"\bcontext\s+{_STRING}", plain[2])
            # Django looks such a text up with its per cent signs doubled.
            text = ast.literal_eval(plain[1]).replace("%", "%%")
            yield (ast.literal_eval(context[1]) if context else ""), text, ""
    for tag in re.findall(r"\{[%{].*?[%}]\}", _BLOCK.sub("", source), re.DOTALL):
        for text in re.findall(rf"\b_\({_STRING}\)", tag):
            yield "", ast.literal_eval(text).replace("%", "%%"), ""


def _report(source: str) -> Iterator[tuple[str, str, str]]:
    """Messages of a template of Jinja: ``{% trans %}`` blocks, and calls of ``_``, ``gettext`` and their kin."""
    import jinja2
    from jinja2.ext import extract_from_ast

    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    environment.policies["ext.i18n.trimmed"] = True
    environment.extend(newstyle_gettext=True)
    functions = ("_", *(name for name in _CALLS if name != "_"))
    for _, name, found in extract_from_ast(environment.parse(source), functions):
        texts = [text for text in (found if isinstance(found, tuple) else (found,)) if text is not None]
        if not texts:  # a value that is translated, marked elsewhere
            continue
        context = texts.pop(0) if _CALLS[name] < 0 else ""
        yield context, texts[0], texts[1] if len(texts) > 1 else ""


def _block(text: str, trimmed: bool) -> str:
    """The message as Django looks it up: names instead of values, per cent signs doubled."""
    text = re.sub(r"\{\{\s*(\w+)\s*\}\}", "\0\\1\0", text).replace("%", "%%")
    text = re.sub("\0(\\w+)\0", r"%(\1)s", text)
    if trimmed:
        text = " ".join(line.strip() for line in text.strip().splitlines())
    return text


def read(path: Path = PO) -> dict[Key, Message]:
    """The messages of a .po file; refuses fuzzy ones."""
    messages: dict[Key, Message] = {}
    if not path.is_file():
        return messages
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        parts: dict[str, str] = {}
        places: list[str] = []
        name = ""
        for line in block.splitlines():
            if line.startswith("#,") and "fuzzy" in line:
                raise SystemExit(f"a fuzzy message in {path}: {block[:80]}")
            if line.startswith("#:"):
                places += line[2:].split()
            elif line.startswith("#"):
                continue
            elif line.startswith('"'):
                parts[name] += _unquoted(line)
            elif line:
                name, _, rest = line.partition(" ")
                parts[name] = _unquoted(rest)
        if parts.get("msgid"):
            text = parts.get("msgstr", parts.get("msgstr[0]", ""))
            key = (parts.get("msgctxt", ""), parts["msgid"])
            messages[key] = Message(parts.get("msgid_plural", ""), places, text)
    return messages


def _unquoted(text: str) -> str:
    return str(ast.literal_eval(text))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def write(messages: dict[Key, Message], path: Path = PO) -> None:
    """Write the .po file, sorted by message."""
    head = "".join(f"{_quoted(line)}\n" for line in HEAD.splitlines(keepends=True))
    blocks = [
        f'# Korean words of the observatory and of reports; see tools/catalogue.py.\nmsgid ""\nmsgstr ""\n{head}'
    ]
    for (context, message), one in sorted(messages.items(), key=lambda item: (item[0][1], item[0][0])):
        lines = [f"#: {' '.join(one.places)}"]
        if context:
            lines.append(f"msgctxt {_quoted(context)}")
        lines.append(f"msgid {_quoted(message)}")
        if one.plural:
            lines += [f"msgid_plural {_quoted(one.plural)}", f"msgstr[0] {_quoted(one.text)}"]
        else:
            lines.append(f"msgstr {_quoted(one.text)}")
        blocks.append("\n".join(lines) + "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(blocks), encoding="utf-8")


def compiled(messages: dict[Key, Message]) -> bytes:
    """The .mo file of translated messages: magic number, sorted tables of originals and translations."""
    pairs = {b"": HEAD.encode()}
    for (context, message), one in messages.items():
        if one.text:
            original = (f"{context}\4" if context else "") + message
            pairs[(original + (f"\0{one.plural}" if one.plural else "")).encode()] = one.text.encode()
    ids, texts = sorted(pairs), []
    texts = [pairs[id] for id in ids]
    count = len(ids)
    start = 28 + 16 * count
    offsets: list[int] = []
    data = b""
    for text in [*ids, *texts]:
        offsets += [len(text), start + len(data)]
        data += text + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    return header + struct.pack(f"<{len(offsets)}I", *offsets) + data


def main() -> int:
    """Bring both files up to date; says what is not translated yet."""
    known, messages = read(), found()
    for key, one in messages.items():
        if key in known:
            one.text = known[key].text
    write(messages)
    PO.with_suffix(".mo").write_bytes(compiled(messages))
    missing = [message for (_, message), one in messages.items() if not one.text]
    print(f"{len(messages)} messages, {len(missing)} without a translation")
    for message in missing:
        print(f"  {message}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
