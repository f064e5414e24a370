"""What the numbers were measured on."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("neurosim", "numpy", "scipy", "numba", "torch", "jax", "jaxlib")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


def described() -> dict[str, Any]:
    """The date, the machine and the packages."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "shared_cache": shared_cache(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
    }


def told(machine: dict[str, Any]) -> str:
    """The same in two sentences."""
    cache = f", {machine['shared_cache'] / 2**20:.0f} MiB last cache" if machine["shared_cache"] else ""
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores{cache}, {machine['memory'] / 2**30:.0f} GiB, "
        f"{machine['system']}. Python {machine['python']}, {packages}."
    )


def processor() -> str:
    """The processor's name as it gives it itself."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text(encoding="utf-8", errors="replace").splitlines() if table.is_file() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()


def shared_cache() -> int | None:
    """Bytes of the last level of cache, if the system says so."""
    sizes = [path.read_text(encoding="ascii").strip() for path in _CACHES.glob("index*/size")]
    units = {"K": 2**10, "M": 2**20}
    found = [int(size[:-1]) * units[size[-1]] for size in sizes if size[-1:] in units]
    return max(found, default=None)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
