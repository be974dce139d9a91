# Copyright (c) mmfer contributors.
"""Processes that end with the one that started them, however it ends.

Run as a file, ``python processes.py PID COMMAND...`` is the bound form of
``COMMAND``, see :func:`bound`; it imports the standard library only.
"""
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from threading import Lock
from typing import Any, List, Optional, Sequence

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_POLL_SECONDS = 0.2


def end_with_parent(parent: Optional[int] = None) -> None:
    """Let the kernel kill this process as soon as its parent has ended.

    On Linux, by its parent-death signal; elsewhere nothing happens. Linux
    counts the thread that started this process as the parent.

    Args:
        parent (int, optional): The process ID that the parent had; if it has
            ended before this call, so does this process. Defaults to None,
            not compared.
    """
    if sys.platform != 'linux':
        return
    from ctypes import CDLL
    CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent not in (None, os.getppid()):
        os._exit(1)


def bind_forks() -> None:
    """Let processes that are forked from here on, such as loader workers,
    end with the process that forks them, also if that ends meanwhile."""
    parent = [os.getpid()]

    def note() -> None:
        parent[0] = os.getpid()

    os.register_at_fork(
        before=note, after_in_child=lambda: end_with_parent(parent[0]))


def end_on_interrupt() -> None:
    """Let Ctrl-C end this process at once, as SIGTERM does.

    For a training: Python would raise an exception, which waits for the end
    of native code and which libraries may swallow; whatever a training
    writes is whole at any moment. Where interrupts are ignored, as in a
    background job of a script, they stay so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def bound(command: Sequence[str]) -> List[str]:
    """Return a command whose process ends when this process does.

    Also while it still imports, and if this process is killed. On Linux the
    process becomes that of ``command``; on macOS it watches over it.

    Args:
        command (Sequence[str]): A program and its arguments.
    """
    return [sys.executable, '-I', '-S', __file__, str(os.getpid()),
            *map(os.fspath, command)]


class ProcessGroup:
    """A context whose processes end with this one, and with the context if
    an error or a signal ends that.

    Enter it inside the executor whose threads wait for the processes: they
    are then released before the executor waits for its threads. A thread
    that starts a process must outlive it.

    Examples:
        >>> with ThreadPoolExecutor(2) as pool, ProcessGroup() as processes:
        ...     for done in [pool.submit(task, processes) for task in tasks]:
        ...         done.result()
    """

    def __init__(self) -> None:
        self._processes: List[subprocess.Popen] = []
        self._lock = Lock()
        self._ended = False

    def __enter__(self) -> 'ProcessGroup':
        return self

    def __exit__(self, kind: Optional[type], *_: Any) -> None:
        with self._lock:
            self._ended = True
            running = list(self._processes)
        if kind is not None:
            for process in running:
                process.terminate()

    def start(self, command: Sequence[str],
              **options: Any) -> subprocess.Popen:
        """Start a process.

        Args:
            command (Sequence[str]): A program and its arguments.
            **options: See :class:`subprocess.Popen`.

        Raises:
            CancelledError: If the context has ended.
        """
        with self._lock:
            if self._ended:
                raise CancelledError
            process = subprocess.Popen(bound(command), **options)
            self._processes.append(process)
        return process

    def wait(self, process: subprocess.Popen) -> int:
        """Return the exit code of a process once it has ended.

        Args:
            process (subprocess.Popen): From :meth:`start`.

        Raises:
            CancelledError: If the context has ended meanwhile.
        """
        code = process.wait()
        with self._lock:
            self._processes.remove(process)
            if self._ended:
                raise CancelledError
        return code


def _watch(parent: int, command: Sequence[str]) -> int:
    """Run a command until it, or the parent of this process, ends; return
    its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    process = subprocess.Popen(command)
    try:
        while process.poll() is None and os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
    finally:
        process.kill()
    return process.wait()


def _main(parent: int, command: Sequence[str]) -> None:
    if sys.platform == 'linux':
        end_with_parent(parent)
        os.execvp(command[0], command)
    sys.exit(_watch(parent, command))


if __name__ == '__main__':
    _main(int(sys.argv[1]), sys.argv[2:])
