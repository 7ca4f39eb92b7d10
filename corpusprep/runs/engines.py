"""Engines: each maps a named piece of work over numbers and yields the results as they come.

The work is always the same function of the plan and a number (`corpusprep.runs.shards`), so that
what an engine writes does not depend on it. Local workers are processes that read one line a task;
they are started as programs of their own, so that a user's script needs no ``__main__`` guard and
nothing is copied between processes but numbers and file names.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import orjson

from corpusprep.errors import CorpusprepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Engine = Callable[[str, str, Sequence[int]], Iterator[dict[str, Any]]]

WORK = {  # each with its home in `corpusprep.runs`
    "sketch_shard": "templates",
    "find_templates": "templates",
    "sketch_against": "sketching",
    "run_shard": "shards",
    "hash_inputs": "inputs",
    "group_rows": "grouping",
    "collect_rows": "duplicates",
    "verify_part": "duplicates",
    "find_passages": "passages",
    "index_shard": "index",
    "write_shard": "output",
}
# One thread a worker: the workers are the parallelism, and a core's speed stays a core's speed.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS"), "1")


class WorkerError(CorpusprepError):
    """A worker failed or was killed; what is finished is kept."""


def do(plan: str, work: str, index: int) -> dict[str, Any]:
    """Do one piece of *work* of the run planned in *plan*; return its seconds by stage."""
    if work not in WORK:
        raise WorkerError(f"no work named {work!r}")
    function = getattr(import_module(f"corpusprep.runs.{WORK[work]}"), work)
    with _without_collector():
        result: dict[str, Any] = function(plan, index)
    return result


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch the cycle collector off for the time of one shard.

    Documents and edits hold no cycles, yet the collector walks all of them time and again: a tenth
    of the job. What cycles there are go between shards, and a shard is small (RANGE_BYTES).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def local(workers: int) -> Engine:
    """Return an engine of *workers* processes on this machine; 1 works in this process."""

    def run(plan: str, work: str, indices: Sequence[int]) -> Iterator[dict[str, Any]]:
        if workers == 1 or len(indices) < 2:
            for index in indices:
                yield do(plan, work, index)
            return
        yield from _spread(plan, work, indices, min(workers, len(indices)))

    return run


def ray(address: str | None = None, workers: int | None = None) -> Engine:
    """Return an engine of Ray tasks: a cluster at *address*, or one of its own on this machine.

    The files of the run must be reachable under the same paths from every node.
    """

    def run(plan: str, work: str, indices: Sequence[int]) -> Iterator[dict[str, Any]]:
        try:
            import ray
        except ImportError as error:
            raise WorkerError('the Ray engine needs: pip install "corpusprep[ray]"') from error
        started = not ray.is_initialized()
        if started:
            # Never a cluster that happens to run here: only the one that was named.
            cpus = workers if address is None else None
            ray.init(
                address=address or "local",
                num_cpus=cpus,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
                runtime_env={"env_vars": {**ONE_THREAD, "PYTHONPATH": os.pathsep.join(sys.path)}},
            )
        try:
            task = ray.remote(max_retries=3)(do)
            waiting = [task.remote(plan, work, index) for index in indices]
            while waiting:
                done, waiting = ray.wait(waiting, num_returns=1)
                yield from ray.get(done)
        finally:
            if started:
                ray.shutdown()

    return run


def _spread(plan: str, work: str, indices: Sequence[int], n: int) -> Iterator[dict[str, Any]]:
    tasks: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in indices:
        tasks.put(index)
    results: queue.SimpleQueue[dict[str, Any] | BaseException] = queue.SimpleQueue()
    processes = [_start(plan) for _ in range(n)]
    threads = [
        threading.Thread(target=_feed, args=(process, work, tasks, results), daemon=True)
        for process in processes
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in indices:
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        for thread in threads:
            thread.join()
        for process in processes:
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with suppress(BrokenPipeError):  # a killed worker left its task unread
                        pipe.close()


def _start(plan: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-m", "corpusprep.runs.engines", plan],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        start_new_session=True,  # Ctrl-C is the parent's to handle
    )


def _feed(
    process: subprocess.Popen[bytes],
    work: str,
    tasks: queue.SimpleQueue[int],
    results: queue.SimpleQueue[dict[str, Any] | BaseException],
) -> None:
    if process.stdin is None or process.stdout is None:
        return
    while True:
        try:
            index = tasks.get_nowait()
        except queue.Empty:
            return
        try:
            process.stdin.write(f"{work} {index}\n".encode())
            process.stdin.flush()
            line = process.stdout.readline()
        except (OSError, ValueError):
            line = b""
        if not line:
            code = process.wait()
            how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
            hint = " (out of memory? try fewer workers)" if code == -signal.SIGKILL else ""
            results.put(WorkerError(f"a worker {how}{hint}; start again with --resume"))
            return
        answer = orjson.loads(line)
        if "error" in answer:
            results.put(WorkerError(f"{work} {index} failed: {answer['error']}"))
            return
        results.put(answer)


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however it ends."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _serve(plan: str) -> None:
    _die_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up among the answers
    for line in sys.stdin:
        work, index = line.split()
        try:
            answer = do(plan, work, int(index))
        except Exception as error:  # noqa: BLE001 - told to the parent, which raises
            import traceback

            traceback.print_exc() if not isinstance(error, CorpusprepError | OSError) else None
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(orjson.dumps(answer) + b"\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
