"""The process ends at once on SIGTERM and SIGINT, but never halfway through what it publishes, nor in a core dump."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_publishing = threading.Lock()


def end_on_signals() -> None:
    """From now on, end the process on SIGTERM with exit code 143, and on SIGINT with 130.

    A thread waits for the signals, since a handler would run only after the call that the main thread is in, and a
    look-up of a host name takes its time. As a container's first process this one has no default handling either.
    Windows has no such thread, and SIGINT alone (Ctrl+C); whoever sent it ends by force what is in a call for long.
    """
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, _end_from_handler)
    else:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            threading.Thread(target=lambda: _end(signal.sigwait(_SIGNALS)), daemon=True).start()
        except RuntimeError:  # as with `docker run --pids-limit 1`: better a login that is slow to end than none
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def leave_no_core_dump() -> None:
    """From now on, let no crash write the key to a disk.

    The limit is one byte: no file is as small as that, and a program that takes core dumps in the kernel's place is
    given none either, which 0 would not prevent (Linux, fs/coredump.c).
    """
    if sys.platform != "win32":  # which has no core dumps
        import resource  # noqa: PLC0415 -- nor this module

        with suppress(ValueError):  # the limit is 0 already, and may not be raised
            resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let signals wait until the block ends; it should take no more than a moment."""
    with _publishing:
        yield


def _end_from_handler(number: int, _frame: FrameType | None) -> None:
    # The handler interrupts the main thread, so it cannot wait for what that thread is about to finish.
    threading.Thread(target=_end, args=(number,), daemon=True).start()


def _end(number: int) -> None:
    with _publishing:
        os.write(2, f"Interrupted by {signal.Signals(number).name}.\n".encode())
        os._exit(128 + number)
