#!/usr/bin/python3
"""pipelines/autoreject.lua beside the real autoreject, fit and apply, paired.

    bench_autoreject.py TANDEM [--pairs 2] [--sizes 64x60x321,...] [--devices cpu,native]

AUTOREJECT_PYTHON names a Python that has autoreject and mne (from pip; Debian has none). Without it there is nothing
to measure against, and the script says so. Sizes are epochs x channels x samples of the generated recording.
Ours searches all candidates for thresholds; theirs does its default, a Bayesian optimisation over a few of them, so
thresholds may differ. Agreement: with their thresholds given, ours must find their labels, their bad epochs, their
share and number of repairs, and the same average to 1e-9 of its largest value, on both devices.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

import paired
from eeg_scaling import GRID, montage

HERE = os.path.dirname(os.path.abspath(__file__))


def ours(tandem, folder, device, *more):
    return paired.run_json([tandem, "run", "pipelines/autoreject.lua", "-p", f"epochs={folder}/x.npy", "-p", f"channels={folder}/c.csv", *GRID,
                            "--on", device, "--no-db", "--quiet", "--format", "json", *more])


def theirs(python, folder, *more):
    return paired.run_json([python, f"{HERE}/autoreject_peer.py", folder, *more])["ms"]


def agrees(tandem, folder, there):
    for device in ("native", "cpu"):
        here = f"{folder}/{device}"
        ours(tandem, folder, device, "-p", "method=given", "-p", f"thresholds={there}/t.npy", "--out", here)
        for name in ("labels", "bad_epochs", "best"):
            if not np.array_equal(np.load(f"{here}/{name}.npy"), np.load(f"{there}/{name}.npy")):
                return False
        a, b = np.load(f"{here}/clean_average.npy"), np.load(f"{there}/clean_average.npy")
        if not np.max(np.abs(a - b)) <= 1e-9 * np.max(np.abs(b)):
            return False
    return True


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("tandem")
    p.add_argument("--pairs", type=int, default=2)
    p.add_argument("--sizes", default="60x64x321,300x128x1001")
    p.add_argument("--devices", default="cpu,native")
    a = p.parse_args()
    python = os.environ.get("AUTOREJECT_PYTHON")
    if not python:
        print("no AUTOREJECT_PYTHON: nothing is measured beside autoreject", file=sys.stderr)
        return
    for shape in a.sizes.split(","):
        e, c, t = map(int, shape.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            montage(f"{folder}/c.csv", c)
            subprocess.run([a.tandem, "run", "tests/bench/eeg_synth.lua", "-p", f"channels={folder}/c.csv", "-p", f"e={e}", "-p", f"t={t}",
                            "--on", "native", "--no-db", "--quiet", "--out", folder], check=True, stdout=subprocess.DEVNULL)
            there = f"{folder}/there"
            os.mkdir(there)
            theirs(python, folder, "--out", there)
            agree = agrees(a.tandem, folder, there)
            for device in a.devices.split(","):
                paired.row("autoreject", shape, device, "autoreject", paired.compare(
                    lambda: ours(a.tandem, folder, device, "--warmup", "1", "--repeat", "3")["wall_ns"] / 1e6, lambda: theirs(python, folder), a.pairs), agree)


if __name__ == "__main__":
    main()
