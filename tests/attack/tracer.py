"""What a process and its children opened, made and connected to, read from strace.

Python's audit hooks do not see what a C++ library does by itself, so the kernel is asked: `strace -f` with a filter in
the kernel, which costs the traced processes little.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.template import ROOT

STRACE = shutil.which("strace")
_OPENS = ("open", "openat", "openat2")
_MAKES = ("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat")
_SOCKETS = ("socket", "connect", "bind")
_LINE = re.compile(
    r"^\d+ +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)(?:<(?P<opened>[^>]*)>)?(?: (?P<error>E\w+))?"
)
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FOLDER = re.compile(r"^(?:AT_FDCWD|\d+)<([^>]*)>")
_ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")')
# The C library asks it for the name of 127.0.0.1 before it reads /etc/hosts; a name server would be a datagram.
_NAME_CACHE = "/var/run/nscd/socket"
_MACHINE = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev", "/run/systemd/resolve")


def traced(command: Sequence[str], folder: Path, environment: Mapping[str, str], timeout_s: float = 120) -> list[str]:
    """Run a command with a home and a temporary folder of its own below `folder`; what it touched outside, once each.

    Its folders are those, this project (to read; to write `build` alone), and the machine's own (to read); its sockets
    are the ports of this machine that it or a child of it serves. Raises `CalledProcessError` when the command fails.
    """
    assert STRACE is not None
    home, temporary, record = folder / "home", folder / "tmp", folder / "strace.txt"
    home.mkdir(parents=True)
    temporary.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    surroundings = {**kept, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    options = [
        "--follow-forks",
        "--seccomp-bpf",
        "--decode-fds=path",
        "-s",
        "512",
        "--quiet=attach,exit",
        "--signal=none",
    ]
    subprocess.run(
        [STRACE, *options, f"--trace={','.join(_OPENS + _MAKES + _SOCKETS)}", "--output", str(record), *command],
        cwd=ROOT,
        env=surroundings,
        check=True,
        capture_output=True,
        timeout=timeout_s,
    )
    return touched_outside(record.read_text(encoding="utf-8", errors="replace").splitlines(), temporary)


def touched_outside(record: Sequence[str], temporary: Path) -> list[str]:
    """Each file and socket of a record that is not the product's own, in the order of the first time."""
    lines = list(_whole_lines(record))
    served = {
        address
        for match in lines
        if match["call"] == "bind"
        for address in _addresses(match["arguments"])
        if address[0] == "127.0.0.1"
    }
    found: dict[str, None] = {}
    for match in lines:
        seen = _socket(match, served) if match["call"] in _SOCKETS else _file(match, temporary)
        if seen:
            found[seen] = None
    return list(found)


def _whole_lines(record: Sequence[str]) -> Iterator[re.Match[str]]:
    """The calls; one that another thread interrupted is put together again."""
    unfinished: dict[str, str] = {}
    for line in record:
        thread = line.partition(" ")[0]
        if line.endswith("<unfinished ...>"):
            unfinished[thread] = line.removesuffix("<unfinished ...>")
            continue
        resumed = re.match(r"^\d+ +<\.\.\. \w+ resumed>(.*)$", line)
        whole = unfinished.pop(thread, "") + resumed[1] if resumed else line
        match = _LINE.match(whole)
        if match:
            yield match


def _socket(match: re.Match[str], served: set[tuple[str, int]]) -> str | None:
    """A socket that is not one of the product's services."""
    arguments = match["arguments"]
    if match["call"] == "socket":
        # A datagram is a question to a name server.
        return f"socket {arguments}" if re.match(r"AF_INET6?, SOCK_DGRAM", arguments) else None
    if "AF_UNIX" in arguments:
        path = _PATH.search(arguments)
        return f"{match['call']} {path[1]}" if path and path[1] != _NAME_CACHE else None
    for host, port in _addresses(arguments):
        own = (host, port) in served or (match["call"] == "bind" and (host, port) in {("127.0.0.1", 0), ("::1", 0)})
        if not own:
            return f"{match['call']} {host}:{port}"
    return None


def _addresses(arguments: str) -> list[tuple[str, int]]:
    return [(four or six, int(port)) for port, four, six in _ADDRESS.findall(arguments)]


def _file(match: re.Match[str], temporary: Path) -> str | None:
    """A file that was opened, or a name that was made, outside of the product's folders."""
    if match["error"]:
        return None
    arguments = match["arguments"]
    writes = match["call"] in _MAKES or bool(re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)", arguments))
    for path in _paths(match):
        places = [str(temporary), str(ROOT / "build"), "/dev/null", "/dev/shm"] if writes else _readable(temporary)
        if not any(path == place or path.startswith(f"{place}/") for place in places):
            return f"{'write' if writes else 'read'} {path}"
    return None


def _paths(match: re.Match[str]) -> list[str]:
    """What the kernel says was opened; of a name that was made, the name below its folder."""
    if match["opened"]:
        return [match["opened"].removesuffix(" (deleted)")]
    folder = _FOLDER.match(match["arguments"])
    below = folder[1] if folder else str(ROOT)
    return [os.path.normpath(os.path.join(below, path)) for path in _PATH.findall(match["arguments"])]  # noqa: PTH118


def _readable(temporary: Path) -> list[str]:
    python = {sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix)}
    return [*_MACHINE, *python, str(ROOT), os.path.realpath(ROOT), str(temporary)]
