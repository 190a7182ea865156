"""The measurements of benchmarks/, one after the other; each writes its own file of results."""

from __future__ import annotations

import subprocess
import sys

from acceptance import corpus
from acceptance.figures import Figure, equal


def measure() -> list[Figure]:
    figures = []
    for path in sorted((corpus.ROOT / "benchmarks").glob("*.py")):
        if path.name.startswith("_"):
            continue
        print(f"benchmark {path.stem}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{path.stem}"], cwd=corpus.ROOT, check=False)
        figures.append(equal(f"benchmark {path.stem}", 0, done.returncode))
    return figures
