"""The process itself: its streams, its signals and its core dumps."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_publishing = threading.Lock()


# OpenSSL runs what these name: a configuration file loads providers and engines, which are code.
_LOAD_CODE = ("OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "OPENSSL_CONF_INCLUDE")
# urllib3 writes the keys of TLS connections there.
_LEAK_KEYS = ("SSLKEYLOGFILE",)
# The variables that child processes need. The rest of the environment may contain the private key.
_CHILD_VARIABLES = (
    *("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "XDG_CONFIG_HOME"),
    *("APPDATA", "PATHEXT", "SYSTEMROOT", "TEMP", "USERPROFILE"),
)


def harden() -> None:
    """Prepare the process to hold a private key. Call this before anything loads OpenSSL.

    Write no core dump, load no code that the environment names, and exit without a traceback on SIGINT and SIGTERM
    until `exit_on_signals`.
    """
    disable_core_dumps()
    for name in (*_LOAD_CODE, *_LEAK_KEYS):
        os.environ.pop(name, None)
    for number in _SIGNALS:
        signal.signal(number, _exit_at_once)


def child_environment(environ: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """Return the environment for a child process: the variables that it needs, and nothing secret.

    Args:
        environ: This process's environment.
        prefix: The prefix of further variables that it needs; empty for none.
    """
    return {
        name: value
        for name, value in environ.items()
        if name in _CHILD_VARIABLES or (prefix and name.startswith(prefix))
    }


def discard_output() -> None:
    """Drop what is left to write to standard output, whose reader has gone."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_missing_streams() -> None:
    """Replace closed standard streams by the null device: sockets and files would get their numbers.

    Standard output has to be open, because CI systems read from it what to mask. Without it the process exits with 2.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 -- until the process ends
    if sys.stdout is None:
        with suppress(OSError):
            os.write(2, b"sfjwt: standard output is closed. Give it a file or a pipe.\n")
        os._exit(2)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- likewise


def use_utf8() -> None:
    """Print UTF-8 with LF, which CI systems read. On Windows, Python does neither to a pipe.

    What isn't UTF-8, such as a byte in a path, is escaped.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def exit_on_signals() -> None:
    """From now on, exit with 143 on SIGTERM and with 130 on SIGINT.

    A thread waits for the signals, because a handler runs only after the main thread's current call returns, and
    resolving a host name can take long. A container's first process has no default handling either. Windows can't do
    that and has SIGINT (Ctrl+C) only.
    """
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, _exit_from_handler)
    else:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            threading.Thread(target=lambda: _exit(signal.sigwait(_SIGNALS)), daemon=True).start()
        except RuntimeError:  # with `docker run --pids-limit 1`, a login that stops slowly is better than no login
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def disable_core_dumps() -> None:
    """From now on, write no core dump, which would hold the key.

    The limit is one byte: no dump is that small, and a program that receives core dumps from the kernel gets none
    either, which a limit of 0 doesn't prevent (Linux, fs/coredump.c).
    """
    if sys.platform != "win32":  # which writes none
        import resource  # noqa: PLC0415 -- nor this module

        with suppress(ValueError):  # the limit is 0 already and may not be raised
            resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


@contextmanager
def defer_signals() -> Iterator[None]:
    """Defer SIGTERM and SIGINT until the block ends. It should take no more than a moment."""
    with _publishing:
        yield


def _exit_at_once(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)


def _exit_from_handler(number: int, _frame: FrameType | None) -> None:
    # The handler interrupts the main thread, so it can't wait for that thread.
    threading.Thread(target=_exit, args=(number,), daemon=True).start()


def _exit(number: int) -> None:
    with _publishing:
        os.write(2, f"Interrupted by {signal.Signals(number).name}.\n".encode())
        os._exit(128 + number)
