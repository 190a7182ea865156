"""The measurements of benchmarks/, one after the other; each writes its own file of results."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial

from acceptance import corpus
from acceptance.figures import Figure, equal


def parts() -> dict[str, Callable[[], list[Figure]]]:
    names = sorted(path.stem for path in (corpus.ROOT / "benchmarks").glob("[!_]*.py"))
    return {f"benchmark {name}": partial(_measure, name) for name in names}


def _measure(name: str) -> list[Figure]:
    print(f"benchmark {name}", flush=True)
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=corpus.ROOT, check=False)
    return [equal("exit code", 0, done.returncode)]
