"""What a figure depends on besides the systems. No names of hosts."""

from __future__ import annotations

import os
import platform
import statistics
import time
from pathlib import Path


def facts(folder: Path) -> dict[str, str]:
    """Cores, memory, kernel, Python, and the file system of ``folder``."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "Cores": str(len(os.sched_getaffinity(0))),
        "Memory": f"{memory:.0f} GiB",
        "Kernel": f"{platform.system()} {platform.release()}",
        "Architecture": platform.machine(),
        "Python": platform.python_version(),
        "File system": _file_system(folder),
        "An fsync": f"{_fsync(folder):.1f} ms",
    }


def load() -> float:
    """Processes that ran or wanted to, on average over the last minute."""
    return os.getloadavg()[0]


def _file_system(folder: Path) -> str:
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    return max((mount for mount in mounts if folder.resolve().is_relative_to(mount[0])), key=lambda m: len(m[0]))[1]


def _fsync(folder: Path, count: int = 50) -> float:
    """Milliseconds in median to add some bytes to a file and to have them on the disk."""
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(bytes(500))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)
