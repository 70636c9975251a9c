"""A private line between processes of one user on one machine, and the frames on it.

On POSIX a socket file (0600) in a folder that nobody else may enter (0700); where the system tells who calls (Linux),
another user is turned away even so. On Windows a loopback port whose 256-bit token lies in the user's own folder; that
half has not been tried.

A frame is its length in four bytes, then one msgpack message.

Before and after: the two ends of `bank.agent`.
"""

import contextlib
import hmac
import os
import secrets
import socket
import stat
import struct
import tempfile
from pathlib import Path

from bank.refused import BrokenStore, Denied

LARGEST_FRAME = 1 << 30
"""A workbook of 20,000 rows with its pictures arrives in one frame; both ends are the same person's."""
LONGEST_PLACE = 60
"""Bytes. The address of a socket file holds 104 (macOS) or 108; what we add must fit as well."""
_LENGTH = struct.Struct(">I")


def place() -> Path:
    """The folder of this user's sockets, made where missing. Raises Denied where others could reach into it."""
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir())) / "examd"
        base.mkdir(parents=True, exist_ok=True)
        return base
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and len(os.fsencode(runtime)) > LONGEST_PLACE:
        runtime = None
    folder = Path(runtime) / "examd" if runtime else Path(tempfile.gettempdir()) / f"examd-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise BrokenStore("store-io", file=str(folder), error=error.strerror) from None
    # Anyone may make a folder of this name in /tmp before us.
    private = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    if not private:
        raise Denied("agent-place-open", file=str(folder))
    return folder


def address(name: str) -> Path:
    return place() / f"{name[:24]}.sock"


def listen(name: str) -> socket.socket:
    """Raises Denied("agent-already") where somebody already answers there."""
    path = address(name)
    if (other := dial(name)) is not None:
        other.close()
        raise Denied("agent-already")
    path.unlink(missing_ok=True)  # left by one that was killed
    if os.name == "nt":
        listener = socket.create_server(("127.0.0.1", 0))
        token = secrets.token_hex(32)
        path.write_text(f"{listener.getsockname()[1]} {token}")
        return listener
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        path.chmod(0o600)  # nobody else could reach into its folder before; a umask is the whole process's
    except OSError as error:
        raise BrokenStore("store-io", file=str(path), error=error.strerror) from None
    listener.listen(16)
    return listener


def hang_up(name: str, listener: socket.socket) -> None:
    listener.close()
    with contextlib.suppress(OSError):
        address(name).unlink(missing_ok=True)


def dial(name: str) -> socket.socket | None:
    """The line to whoever listens under `name`, or None where nobody does."""
    path = address(name)
    try:
        if os.name == "nt":
            port, token = path.read_text().split()
            line = socket.create_connection(("127.0.0.1", int(port)), timeout=5)
            line.sendall(bytes.fromhex(token))
        else:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.connect(os.fspath(path))
    except (OSError, ValueError):
        return None
    line.settimeout(None)
    return line if admitted(line, name, calling=True) else None


def admitted(line: socket.socket, name: str, *, calling: bool = False) -> bool:
    """Whether the other end is this user."""
    if os.name == "nt":
        return calling or hmac.compare_digest(_exactly(line, 32), bytes.fromhex(address(name).read_text().split()[1]))
    uid = peer_uid(line)
    return uid is None or uid == os.getuid()


def peer_uid(line: socket.socket) -> int | None:
    """None where the system does not say: there the folder alone keeps others out."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    credentials = line.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def send(line: socket.socket, message: bytes) -> None:
    """One frame. Raises Denied: when it is larger than a frame may be."""
    if len(message) > LARGEST_FRAME:
        raise Denied("agent-frame-too-large", bytes=len(message), most=LARGEST_FRAME)
    line.sendall(_LENGTH.pack(len(message)))
    line.sendall(message)


def receive(line: socket.socket) -> bytes:
    """Raises ConnectionError where the other end is gone."""
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size))
    if length > LARGEST_FRAME:
        raise ConnectionError
    return _exactly(line, length)


def _exactly(line: socket.socket, number: int) -> bytes:
    parts = bytearray()
    while len(parts) < number:
        part = line.recv(min(number - len(parts), 1 << 20))
        if not part:
            raise ConnectionError
        parts += part
    return bytes(parts)
