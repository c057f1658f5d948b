"""Read a pickle's instructions without running them, and refuse those that could do harm.

The scan simulates only the *size* of each stack item. It bounds what the unpickler will allocate
(memo slots, number of objects) and the cost of dictionary keys: a few bytes of nested tuples can
stand for 2^60 items, and numbers, unlike texts, can be chosen to have the same hash. Texts count
as size 0, so that as keys they are told from numbers.
"""

from __future__ import annotations

import pickletools
import warnings

from audit.load.problems import LoadError, first_line, refused, unreadable

MAX_OPCODES = 8_000_000
MAX_KEY_ITEMS = 1_000
MAX_KEYS = 20_000
_INF = 1 << 40
# fmt: off
_ALLOWED = frozenset(
    {
        "PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "MEMOIZE", "PUT", "BINPUT",
        "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET", "NONE", "NEWTRUE", "NEWFALSE", "INT",
        "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
        "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE",
        "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
        "BYTEARRAY8", "EMPTY_LIST", "LIST", "APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE",
        "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_DICT", "DICT", "SETITEM", "SETITEMS", "GLOBAL",
        "STACK_GLOBAL", "REDUCE", "NEWOBJ", "BUILD",
    }
)
# fmt: on
_TUPLES = frozenset({"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"})
_TEXTS = frozenset(
    {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"}
    | {"BINUNICODE8"}
)
_KEYED = frozenset({"SETITEM", "SETITEMS", "DICT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
# Per opcode: pops everything to the mark, items popped (besides those), items pushed.
_EFFECTS: dict[str, tuple[bool, int, int]] = {}
for _op in pickletools.opcodes:
    _mark = pickletools.markobject in _op.stack_before
    _fixed = [
        item
        for item in _op.stack_before
        if item not in (pickletools.markobject, pickletools.stackslice)
    ]
    _pushed = 0 if _op.stack_after == [pickletools.markobject] else len(_op.stack_after)
    _EFFECTS[_op.name] = (_mark, 0 if _op.name == "DICT" else len(_fixed), _pushed)


def scan(data: bytes) -> None:
    """Check the instructions of a pickle.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    LoadError
        If it is truncated, or holds an instruction that data never need.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _scan(data)
    except LoadError:
        raise
    except (ValueError, IndexError, KeyError, OverflowError, AttributeError) as error:
        raise unreadable(f"not a complete pickle: {first_line(error)}") from error


def _scan(data: bytes) -> None:
    stack: list[int] = []
    marks: list[int] = []
    memo: dict[int, int] = {}
    keyed = 0
    for count, (op, argument, _) in enumerate(pickletools.genops(data)):
        name = op.name
        if name not in _ALLOWED:
            raise refused(f"the pickle uses the instruction {name}, which data do not need", STEP)
        if count >= MAX_OPCODES:
            raise refused(f"the pickle has more than {MAX_OPCODES:,} instructions", STEP)
        if name in _TEXTS:
            str(argument).encode()  # halves of characters (surrogates) cannot be written
        if name == "MARK":
            marks.append(len(stack))
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in _PUTS:
            slot = int(str(argument))
            # The unpickler allocates an array up to the highest slot.
            if not 0 <= slot <= count:
                raise refused(f"the pickle memorises into slot {slot}, far beyond its size", STEP)
            memo[slot] = stack[-1]
        elif name in _GETS:
            stack.append(memo[int(str(argument))])
        elif name == "POP" and marks and marks[-1] == len(stack):
            marks.pop()
        else:
            to_mark, fixed, pushed = _EFFECTS[name]
            popped: list[int] = []
            if to_mark:
                start = marks.pop()
                popped = stack[start:]
                del stack[start:]
            if fixed:
                if fixed > len(stack):
                    raise IndexError("the stack is empty")
                popped = stack[-fixed:] if not to_mark else popped
                kept = stack[-fixed] if name in ("APPENDS", "SETITEMS", "APPEND", "SETITEM") else 1
                del stack[-fixed:]
            else:
                kept = 1
            if name in _KEYED:
                keys = popped[1:2] if name == "SETITEM" else popped[::2]
                if keys and max(keys) > MAX_KEY_ITEMS:
                    raise refused("a dictionary key of the pickle is a huge nested tuple", STEP)
                keyed += sum(size > 0 for size in keys)
                if keyed > MAX_KEYS:
                    reason = f"the pickle has more than {MAX_KEYS:,} keys that are no text"
                    raise refused(reason, STEP)
            if pushed:
                kept = 0 if name in _TEXTS else kept
                stack.append(min(sum(popped) + 1, _INF) if name in _TUPLES else kept)


STEP = "Save the data as .npz or .parquet instead."
