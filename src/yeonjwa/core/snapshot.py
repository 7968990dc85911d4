"""The state of a computation as one file: complete or absent, checked when it is read, without code in it.

The file is a line that says what it is, a header in JSON and then the arrays as they lie in memory. The header holds the
object as a tree of lists, dictionaries, named tuples and data classes of this package, whose arrays are numbered, a
checksum of each, and an *identity*: what the state belongs to. A state of anything else is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError, RunError
from yeonjwa.core.files import atomic

_MAGIC: Final = b"YEONJWA-STATE-1\n"
_PACKAGE: Final = "yeonjwa."
_ALIGN: Final = 64


def save(path: Path, identity: Mapping[str, str], content: Any) -> None:
    """Write a state; the one that was there before is replaced at once, when all of the new one is on the disk.

    Parameters
    ----------
    path : Path
        The file.
    identity : mapping of str to str
        What the state belongs to; asked for again by :func:`load`.
    content : object
        Numbers, text, arrays, lists, tuples, dictionaries, and data classes, named tuples and plain objects of this package.

    Raises
    ------
    InputError
        The file cannot be written, or the disk is full.
    RunError
        Something in the content is of no such kind: a defect of the caller.
    """
    arrays: list[NDArray[Any]] = []
    tree = _pack(content, arrays)
    place = 0
    entries: list[list[Any]] = []
    for array in arrays:
        place = -(-place // _ALIGN) * _ALIGN
        entries.append([array.dtype.str, list(array.shape), place, zlib.crc32(_raw(array))])
        place += array.nbytes
    header = json.dumps({"identity": dict(identity), "arrays": entries, "tree": tree}).encode()
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.write(_MAGIC)
        file.write(len(header).to_bytes(8, "little"))
        file.write(hashlib.sha256(header).digest())
        file.write(header)
        start = file.tell()
        for array, (_, _, offset, _) in zip(arrays, entries, strict=True):
            file.seek(start + offset)
            file.write(_raw(array))
        file.truncate(start + place)


def load(path: Path, identity: Mapping[str, str]) -> Any:
    """The content of a state that belongs to ``identity``.

    Raises
    ------
    InputError
        There is no such file, it is damaged, or it belongs to something else: the message says what differs.
    """
    try:
        with path.open("rb") as file:
            header = _header(file, path)
            _compare(header["identity"], identity, path)
            start = file.tell()
            arrays = [_read(file, start, entry, path) for entry in header["arrays"]]
    except OSError as error:
        raise InputError("state of a run", str(path), "a file that can be read", str(error)) from error
    return _unpack(header["tree"], arrays)


def identity_of(path: Path) -> dict[str, str]:
    """What a state belongs to."""
    try:
        with path.open("rb") as file:
            found: dict[str, str] = _header(file, path)["identity"]
    except OSError as error:
        raise InputError("state of a run", str(path), "a file that can be read", str(error)) from error
    return found


def _damaged(path: Path, what: str) -> InputError:
    return InputError("state of a run", str(path), "a whole state; start the run anew", what)


def _header(file: BinaryIO, path: Path) -> dict[str, Any]:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise _damaged(path, "this is no state, or one of another version")
    size, digest = int.from_bytes(file.read(8), "little"), file.read(32)
    text = file.read(size)
    if hashlib.sha256(text).digest() != digest:
        raise _damaged(path, "its header is damaged")
    header: dict[str, Any] = json.loads(text)
    return header


def _compare(found: Mapping[str, str], wanted: Mapping[str, str], path: Path) -> None:
    for name in sorted({*found, *wanted}):
        if found.get(name) != wanted.get(name):
            raise InputError(
                f"{name} of the state of a run",
                found.get(name, "none"),
                f"the one of this run, {wanted.get(name, 'none')}; start the run anew, or resume it with what began it",
                str(path),
            )


def _read(file: BinaryIO, start: int, entry: list[Any], path: Path) -> NDArray[Any]:
    kind, shape, offset, checksum = entry
    array: NDArray[Any] = np.empty(tuple(shape), np.dtype(kind))
    file.seek(start + offset)
    raw = _raw(array)
    if file.readinto(raw) != array.nbytes or zlib.crc32(raw) != checksum:  # type: ignore[attr-defined]
        raise _damaged(path, "it is cut off or damaged")
    return array


def _raw(array: NDArray[Any]) -> memoryview:
    flat: Any = array.reshape(-1).view(np.uint8) if array.size else bytearray()
    return memoryview(flat)


def _pack(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """The value as JSON; arrays are put into the list and numbered."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return {"array": _add(np.asarray(value), arrays), "scalar": isinstance(value, np.generic)}
    if isinstance(value, dict):
        return _pack_dict(value, arrays)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return {"tuple": [_pack(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_pack(item, arrays) for item in value]
    kind = type(value)
    if not kind.__module__.startswith(_PACKAGE):
        raise RunError(f"a {kind.__module__}.{kind.__qualname__} cannot be kept in the state of a run")
    if hasattr(value, "_fields"):
        fields = {name: getattr(value, name) for name in value._fields}
    elif dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    else:
        fields = vars(value)
    packed = {name: _pack(item, arrays) for name, item in fields.items()}
    return {"class": f"{kind.__module__}:{kind.__qualname__}", "fields": packed}


def _add(array: NDArray[Any], arrays: list[NDArray[Any]]) -> int:
    if array.dtype.kind not in "biuf":
        raise RunError(f"an array of {array.dtype} cannot be kept in the state of a run")
    arrays.append(np.asarray(array, order="C"))
    return len(arrays) - 1


def _pack_dict(value: dict[Any, Any], arrays: list[NDArray[Any]]) -> Any:
    """Dictionaries from persons to numbers or lists of persons may be long: they become two or three arrays."""
    whole = all(type(key) is int for key in value)
    if value and whole and all(type(item) is int for item in value.values()):
        keys, numbers = np.array(list(value), np.int64), np.array(list(value.values()), np.int64)
        return {"numbers": [_add(keys, arrays), _add(numbers, arrays)]}
    if value and whole and all(_is_list_of_ids(item) for item in value.values()):
        lists = list(value.values())
        parts = (
            np.array(list(value), np.int64),
            np.array([len(item) for item in lists]),
            np.concatenate(lists),
        )
        return {"lists": [_add(part, arrays) for part in parts]}
    return {"dict": [[_pack(key, arrays), _pack(item, arrays)] for key, item in value.items()]}


def _is_list_of_ids(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.int32 and value.ndim == 1


def _unpack(tree: Any, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(tree, list):
        return [_unpack(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        array = arrays[tree["array"]]
        return array[()] if tree["scalar"] else array
    if "tuple" in tree:
        return tuple(_unpack(item, arrays) for item in tree["tuple"])
    if "dict" in tree:
        return {_unpack(key, arrays): _unpack(item, arrays) for key, item in tree["dict"]}
    if "numbers" in tree:
        keys, numbers = (arrays[i].tolist() for i in tree["numbers"])
        return dict(zip(keys, numbers, strict=True))
    if "lists" in tree:
        keys, sizes, items = (arrays[i] for i in tree["lists"])
        ends = np.cumsum(sizes)
        pieces = [items[end - size : end].copy() for size, end in zip(sizes, ends, strict=True)]
        return dict(zip(keys.tolist(), pieces, strict=True))
    return _rebuild(tree["class"], {name: _unpack(item, arrays) for name, item in tree["fields"].items()})


def _rebuild(name: str, fields: dict[str, Any]) -> Any:
    module, _, path = name.partition(":")
    if not module.startswith(_PACKAGE):
        raise RunError(f"{name} is no class of this package")
    kind: Any = getattr(importlib.import_module(module), path)
    if hasattr(kind, "_fields"):
        return kind(**fields)
    made = kind.__new__(kind)
    vars(made).update(fields)
    return made
