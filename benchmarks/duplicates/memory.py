"""Print the most memory that finding the copies takes, of the texts in a file, as JSON.

    python -m benchmarks.duplicates.memory TEXTS.json [WARM]

In a process of its own: the texts are loaded, the kernel's mark of the highest use is reset, and
what `near_duplicates` adds to the memory at its peak is read off. A call on WARM texts before takes
the tables that are built once out of the count; without it they are in.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import re
import sys
from pathlib import Path

STATUS, MARKS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def kilobytes(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text("ascii"))
    if found is None:
        raise SystemExit(f"{STATUS} has no {name}: this is measured on Linux")
    return int(found[1])


def reset_peak() -> int:
    """Return the memory in use, in kilobytes, and let the highest be counted from here.

    What loading the texts has left free goes back first, or it would be used again uncounted.
    """
    gc.collect()
    with contextlib.suppress(AttributeError):  # of glibc
        ctypes.CDLL(None).malloc_trim(0)
    MARKS.write_text("5", "ascii")
    return kilobytes("VmRSS")


def peak_above(before: int) -> int:
    """Return how many bytes more than *before* were in use at the highest."""
    return (kilobytes("VmHWM") - before) * 1024


def main() -> None:
    from corpusprep.steps.duplicates import near_duplicates

    texts = json.loads(Path(sys.argv[1]).read_bytes())
    if len(sys.argv) > 2:
        near_duplicates(texts[: int(sys.argv[2])])
    before = reset_peak()
    near_duplicates(texts)
    print(json.dumps({"bytes": peak_above(before)}))


if __name__ == "__main__":
    main()
