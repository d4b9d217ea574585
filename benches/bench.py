"""How fast is remade beside the alternatives, and what was to be reached?

One process measures everything; the files beside this one have a group of benchmarks each. Every
row of the table in docs/performance.md comes from here, with a verdict::

    make bench
    make bench BENCH="--small --only scalar save --json times.json"
    make bench BENCH="--markdown docs/performance.md README.md"  # puts the numbers in their place
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import arrays
import fresh_calls
import images
import lasting
import saving
import starting
from harness import RUNS, Bench, markdown, never_watched

# What the first page of the project shows.
MAIN_ROWS = (
    "fresh call, int to float",
    "fresh call on a known",
    "unknown array",
    "run that saves",
    "loading 512 MB",
    "import remade",
)
PEERS = ("numpy", "joblib", "diskcache", "cachier", "nibabel")


def processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else platform.machine()


def machine() -> str:
    """What was measured, and on what."""
    peers = ", ".join(f"{name} {version(name)}" for name in PEERS)
    system = f"{platform.system()} {platform.release()}"
    return f"{processor()}; {system}; Python {platform.python_version()}; {peers}"


def put(path: Path, blocks: dict[str, str]) -> None:
    """Write each block between its marks in a page; a file without marks gets the first alone."""
    text = path.read_text() if path.exists() else ""
    found = False
    for name, block in blocks.items():
        begin, end = f"<!-- make bench: {name} -->\n", f"<!-- end of {name} -->"
        if begin in text:
            before, rest = text.split(begin, 1)
            text = f"{before}{begin}\n{block}\n\n{end}{rest.split(end, 1)[1]}"
            found = True
    path.write_text(text if found else f"{next(iter(blocks.values()))}\n")


def main() -> int:
    """Run every benchmark in a folder of its own, which is removed afterwards."""
    benchmarks: dict[str, Callable[[Bench], None]] = {}
    for module in (fresh_calls, arrays, saving, starting, lasting, images):
        benchmarks.update(module.GROUP)
    parser = argparse.ArgumentParser(description="Times remade beside the alternatives.")
    parser.add_argument("--small", action="store_true", help="16 MB instead of 512 MB")
    parser.add_argument("--only", nargs="+", choices=benchmarks, help="the benchmarks to run")
    parser.add_argument("--json", type=Path, help="also write rows and seconds to this file")
    parser.add_argument(
        "--markdown",
        type=Path,
        nargs="+",
        default=[],
        help="also put the table into these files: between their marks, or as the whole file",
    )
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    options = parser.parse_args()

    never_watched()
    began = time.perf_counter()
    bench = Bench(Path(), options.small)
    for name in options.only or benchmarks:
        with tempfile.TemporaryDirectory(prefix="remade-bench-", dir=options.folder) as folder:
            bench.folder = Path(folder)
            os.environ[RUNS] = str(bench.folder / "runs")
            Path(folder, "runs").touch()
            benchmarks[name](bench)
    took = time.perf_counter() - began

    table = markdown(bench.rows)
    said = f"Measured on {machine()}; load {os.getloadavg()[0]:.1f}; {took:.0f} s."
    print(f"\n{said}\n\n{table}")
    missed = [row for row in bench.rows if not row.reached]
    print(f"\n{len(bench.rows) - len(missed)} of {len(bench.rows)} rows reached")
    if options.json:
        told = {"machine": said, "rows": list(map(asdict, bench.rows)), "seconds": bench.seconds}
        options.json.write_text(json.dumps(told, indent=2) + "\n")
    main_rows = markdown([row for row in bench.rows if row.work.startswith(MAIN_ROWS)])
    for path in options.markdown:
        put(path, {"all rows": f"{said}\n\n{table}", "main rows": f"{said}\n\n{main_rows}"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
