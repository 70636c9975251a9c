"""A step of the product, run in a process of its own and watched at each call by which it changes files.

`run` forks, so a step costs no start of an interpreter; the fork is traced (ptrace, Linux on x86-64), with all its
threads and children, and may be killed before its n-th change, or be told that an fsync of its failed. What it did comes
back as events in the order of the calls, for `tests.faults.disk` to make a power cut of.

After: `test_kills`, `test_power`.
"""

import contextlib
import ctypes
import os
import pickle
import platform
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bank.refused import Refused

KILLED, REFUSED, BROKE = -9, 3, 1
WATCHABLE = sys.platform == "linux" and platform.machine() == "x86_64"
needs_tracing = pytest.mark.skipif(not WATCHABLE, reason="traces system calls of Linux on x86-64")

_TRACEME, _SYSCALL, _GETREGS, _SETREGS, _SETOPTIONS = 0, 24, 12, 13, 0x4200
_OPTIONS = 1 | 2 | 4 | 8 | 16 | 0x100000  # mark syscall stops; follow fork, vfork, clone, exec; die with the tracer
_WALL = 0x40000000
_RAX, _RDX, _RSI, _RDI, _R10, _ORIG = 10, 12, 13, 14, 7, 15
_WRITE, _PWRITE, _WRITEV, _PWRITEV = 1, 18, 20, 296
_OPEN, _OPENAT, _CREAT = 2, 257, 85
_FSYNC, _FDATASYNC = 74, 75
_TRUNCATE, _FTRUNCATE, _FALLOCATE = 76, 77, 285
_RENAME, _RENAMEAT, _RENAMEAT2 = 82, 264, 316
_UNLINK, _UNLINKAT, _RMDIR = 87, 263, 84
_MKDIR, _MKDIRAT = 83, 258
_CHMOD, _FCHMOD, _FCHMODAT = 90, 91, 268
_BY_HANDLE = {_WRITE, _PWRITE, _WRITEV, _PWRITEV, _FSYNC, _FDATASYNC, _FTRUNCATE, _FALLOCATE, _FCHMOD}
_AT_CWD = -100

_ptrace = ctypes.CDLL(None, use_errno=True).ptrace
_ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_ptrace.restype = ctypes.c_long


@dataclass(frozen=True, slots=True)
class Event:
    """`what`: write, sync, syncdir, failed (an fsync), truncate, create, rename, unlink, mkdir, chmod, said."""

    what: str
    path: str = ""
    to: str = ""
    at: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Trace:
    code: int
    """0 done; KILLED; REFUSED; otherwise as the process ended."""
    events: list[Event] = field(default_factory=list)
    told: str = ""
    """The refusal or the traceback, where there was one."""

    @property
    def changes(self) -> int:
        return sum(event.what != "said" for event in self.events)


def run(
    step: Callable[[], object], root: Path, *, kill_at: int = 0, fail_sync: int = 0, of: str = "", patience_s: int = 60
) -> Trace:
    """Runs `step` in a fork, in the folder `root`. Changes below it are counted from 1; what the step writes to file
    descriptor 1 is "said".

    `kill_at`: dies before that change. `fail_sync`: that fsync of a file whose name ends with `of` gets EIO.
    """
    reading, writing = os.pipe()
    tracer = os.fork()
    if tracer == 0:
        status = 1
        try:
            os.close(reading)
            signal.alarm(patience_s)
            trace = _Tracer(root, kill_at, fail_sync, of).trace(step)
            with os.fdopen(writing, "wb") as stream:
                pickle.dump(trace, stream)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    os.waitpid(tracer, 0)
    assert data, "the tracer failed; its traceback is on standard error"
    trace = pickle.loads(data)
    assert isinstance(trace, Trace)
    return trace


def kills(step: Callable[[], object], fresh: Callable[[], Path], every: int = 1) -> Iterator[tuple[int, Path]]:
    """Runs `step` again and again, each time in a folder that `fresh` makes, killed `every` changes later; gives which
    change it was, and the folder. Ends when the step has come to its end."""
    n = 1
    while True:
        root = fresh()
        trace = run(step, root, kill_at=n)
        if trace.code != KILLED:
            assert trace.code == 0, trace.told
            return
        yield n, root
        n += every


class _Tracer:
    def __init__(self, root: Path, kill_at: int, fail_sync: int, of: str) -> None:
        self.root, self.kill_at, self.fail_sync, self.of = str(root.resolve()), kill_at, fail_sync, of
        self.count = self.syncs = 0
        self.events: list[Event] = []
        self.inside: dict[int, int] = {}
        """Thread -> what its call is to return, where it was not made: else 1."""

    def trace(self, step: Callable[[], object]) -> Trace:
        reading, writing = os.pipe()
        said_reading, said_writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.dup2(said_writing, 1)
            _child(step, self.root, writing)
        os.close(writing)
        os.close(said_writing)
        os.waitpid(child, 0)
        _ptrace(_SETOPTIONS, child, None, _OPTIONS)
        self.alive = {child}
        _go(child, 0)
        code = self._watch(child)
        with os.fdopen(reading, "rb") as stream:
            told = stream.read().decode()
        os.close(said_reading)
        return Trace(code, self.events, told)

    def _watch(self, child: int) -> int:
        code = BROKE
        while True:
            try:
                pid, status = os.waitpid(-1, _WALL)
            except ChildProcessError:
                return code
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                self.alive.discard(pid)
                self.inside.pop(pid, None)
                if pid == child:
                    code = os.waitstatus_to_exitcode(status)
                    for left in self.alive:  # a process that the step started does not outlive it
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(left, signal.SIGKILL)
                continue
            self.alive.add(pid)
            stopped, deliver = os.WSTOPSIG(status), 0
            if stopped == signal.SIGTRAP | 0x80:
                self._call(pid, child)
            elif stopped not in (signal.SIGTRAP, signal.SIGSTOP):
                deliver = stopped
            _go(pid, deliver)

    def _call(self, pid: int, child: int) -> None:
        registers = (ctypes.c_ulonglong * 27)()
        if _ptrace(_GETREGS, pid, None, registers) != 0:
            return  # it died meanwhile
        if pid in self.inside:
            if (result := self.inside.pop(pid)) < 0:
                registers[_RAX] = result & (1 << 64) - 1
                _ptrace(_SETREGS, pid, None, registers)
            return
        self.inside[pid] = 1
        event = self._event(pid, registers[_ORIG], [registers[i] for i in (_RDI, _RSI, _RDX, _R10)])
        if event is None:
            return
        if event.what != "said":
            self.count += 1
            if self.count == self.kill_at:
                os.kill(child, signal.SIGKILL)
                return
        if event.what == "sync" and event.path.endswith(self.of):
            self.syncs += 1
            if self.syncs == self.fail_sync:
                event = Event("failed", event.path)
                self.inside[pid] = -5  # EIO
                registers[_ORIG] = (1 << 64) - 1
                _ptrace(_SETREGS, pid, None, registers)
        self.events.append(event)

    def _event(self, pid: int, call: int, args: list[int]) -> Event | None:
        if call in _BY_HANDLE:
            if call in (_WRITE, _WRITEV) and args[0] == 1:
                return Event("said", data=_gathered(pid, call, args))
            path = self._of_handle(pid, args[0])
            if path is None:
                return None
            if call in (_FSYNC, _FDATASYNC):
                return Event("syncdir" if os.path.isdir(path) else "sync", path)
            if call == _FTRUNCATE:
                return Event("truncate", path, at=args[1])
            if call == _FALLOCATE:
                return Event("truncate", path, at=max(args[2] + args[3], os.path.getsize(path)))
            if call == _FCHMOD:
                return Event("chmod", path)
            at = args[3] if call in (_PWRITE, _PWRITEV) else _position(pid, args[0], path)
            return Event("write", path, at=at, data=_gathered(pid, call, args))
        paths = self._paths(pid, call, args)
        if paths is None or not any(path.startswith(self.root) for path in paths):
            return None
        what = {
            _OPEN: "create", _OPENAT: "create", _CREAT: "create", _RENAME: "rename", _RENAMEAT: "rename",
            _RENAMEAT2: "rename", _UNLINK: "unlink", _UNLINKAT: "unlink", _RMDIR: "unlink", _MKDIR: "mkdir",
            _MKDIRAT: "mkdir", _CHMOD: "chmod", _FCHMODAT: "chmod", _TRUNCATE: "truncate",
        }[call]  # fmt: skip
        if what == "create" and os.path.lexists(paths[0]):
            flags = args[1] if call == _OPEN else args[2]
            return Event("truncate", paths[0]) if flags & os.O_TRUNC else None
        if what in ("unlink", "rename") and not os.path.lexists(paths[0]):
            return None
        if what == "mkdir" and os.path.lexists(paths[0]):
            return None
        return Event(what, paths[0], paths[1] if len(paths) > 1 else "", args[1] if call == _TRUNCATE else 0)

    def _of_handle(self, pid: int, handle: int) -> str | None:
        try:
            path = os.readlink(f"/proc/{pid}/fd/{handle}")
        except OSError:
            return None
        return path if path.startswith(self.root) and not path.endswith(" (deleted)") else None

    def _paths(self, pid: int, call: int, args: list[int]) -> list[str] | None:
        here = _AT_CWD & (1 << 32) - 1
        match call:
            case 2 | 85:
                return [_path(pid, here, args[0])] if call == _CREAT or args[1] & os.O_CREAT else None
            case 257:
                return [_path(pid, args[0], args[1])] if args[2] & os.O_CREAT else None
            case 82:
                return [_path(pid, here, args[0]), _path(pid, here, args[1])]
            case 264 | 316:
                return [_path(pid, args[0], args[1]), _path(pid, args[2], args[3])]
            case 87 | 84 | 83 | 90 | 76:
                return [_path(pid, here, args[0])]
            case 263 | 258 | 268:
                return [_path(pid, args[0], args[1])]
        return None


def _child(step: Callable[[], object], root: str, told: int) -> None:
    """In the process that is watched: never returns."""
    code = BROKE
    try:
        signal.alarm(0)
        os.chdir(root)
        _ptrace(_TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        step()
        code = 0
    except Refused as refused:
        os.write(told, f"{refused.code} {refused.facts}".encode())
        code = REFUSED
    except BaseException:
        os.write(told, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _go(pid: int, deliver: int) -> None:
    _ptrace(_SYSCALL, pid, None, deliver)


def _memory(pid: int, at: int, size: int) -> bytes:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(at)
        return memory.read(size)


def _gathered(pid: int, call: int, args: list[int]) -> bytes:
    if call in (_WRITE, _PWRITE):
        return _memory(pid, args[1], args[2])
    pieces = struct.unpack(f"{2 * args[2]}Q", _memory(pid, args[1], 16 * args[2]))
    return b"".join(_memory(pid, pieces[i], pieces[i + 1]) for i in range(0, len(pieces), 2))


def _position(pid: int, handle: int, path: str) -> int:
    facts = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/fdinfo/{handle}").read_text().splitlines() if ":" in line
    )
    return os.path.getsize(path) if int(facts["flags"], 8) & os.O_APPEND else int(facts["pos"])


def _path(pid: int, folder: int, at: int) -> str:
    name, page = b"", 256
    while b"\0" not in name:
        name += _memory(pid, at + len(name), page - (at + len(name)) % page)
    text = os.fsdecode(name.split(b"\0", 1)[0])
    here = "cwd" if folder & 0xFFFFFFFF == _AT_CWD & 0xFFFFFFFF else f"fd/{folder}"
    whole = os.path.normpath(os.path.join(os.readlink(f"/proc/{pid}/{here}"), text))
    return os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
