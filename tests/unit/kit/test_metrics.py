"""Metrics of processes that share a folder are shown together."""

import os
import subprocess
import sys
from pathlib import Path


def run(folder: Path, code: str) -> str:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", f"from synnefo.kit import metrics\n{code}"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return done.stdout


def test_whoever_is_asked_tells_of_all(tmp_path: Path) -> None:
    count = "metrics.ERRANDS.labels('cyclades.sample', 'done').inc()"
    run(tmp_path, count)
    run(tmp_path, count)
    told = run(tmp_path, "print(metrics.exposition().decode())")
    assert 'synnefo_errands_total{errand="cyclades.sample",outcome="done"} 2.0' in told
