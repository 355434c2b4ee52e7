"""``python -m benchmarks``"""
import sys, tempfile
from pathlib import Path
from benchmarks import measures
from benchmarks.cluster import server
for name in sys.argv[1:] or ["commit_rate","latency","drain_rate","conflicts","footprint"]:
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as running:
        print(name, getattr(measures, name)(running), flush=True)
