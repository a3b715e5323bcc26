#!/usr/bin/python3
"""pipelines/brain_graph.lua against torch and numpy: series to edges, paired.

    bench_brain_graph.py TANDEM [--pairs 6] [--sizes 400x1200,4096x1200,16384x512]

Ours: wall time of a repeat, inputs on the host to edges on the host. Theirs: the same, in the process's
own clock. torch gets the allocator settings it is fastest with; OpenBLAS the kernels of this processor.
Edges must be the same but for weights nearer to each other than 4e-6.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile

import numpy as np

import paired

HERE = os.path.dirname(os.path.abspath(__file__))
K, THRESHOLD = 16, 0.3


def series(n, t, seed=1):
    """Eight smooth sources, mixed; noise; an offset a row."""
    g = np.random.default_rng(seed)
    sources = np.convolve(g.standard_normal(8 * (t + 7)), np.ones(8) / 8**0.5, "same").reshape(8, -1)[:, :t]
    mix = g.standard_normal((n, 8)) / 8**0.5
    x = 1000 + 9000 * g.random((n, 1)) + 30 * (mix @ sources + g.standard_normal((n, t)))
    return x.astype("<f4")


def fast_env():
    env = dict(os.environ, MALLOC_TRIM_THRESHOLD_="4000000000", MALLOC_MMAP_THRESHOLD_="4000000000",
               MALLOC_TOP_PAD_="67108864")
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        if "avx512f" in f.read():
            env["OPENBLAS_CORETYPE"] = "SkylakeX"
    return env


def same_edges(ours, theirs):
    """Rule of the golden cases: an edge that one side lacks must be a near tie with the weakest it kept."""
    sets = [{(s, d): w for s, d, w in zip(*e)} for e in (ours, theirs)]
    weakest = [{}, {}]
    for side, edges in enumerate(sets):
        for (s, _), w in edges.items():
            weakest[side][s] = min(weakest[side].get(s, 2), w)
    for side in (0, 1):
        for (s, d), w in sets[side].items():
            other = sets[1 - side].get((s, d))
            if other is None:
                if abs(w - THRESHOLD) >= 4e-6 and abs(w - weakest[1 - side].get(s, -1)) >= 4e-6:
                    return False
            elif abs(w - other) >= 4e-6:
                return False
    return True


def our_command(tandem, device, path):
    return [tandem, "run", "pipelines/brain_graph.lua", "-p", f"series={path}", "-p", f"k={K}", "-p",
            f"threshold={THRESHOLD}", "--on", device, "--no-db", "--quiet", "--format", "json"]


def peak_rss(command):
    """Largest memory of a whole process, bytes."""
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=True, text=True)
    return int(done.stderr.split()[-1]) * 1024


def bench(tandem, peer, device, shape, folder, pairs):
    n, t = map(int, shape.split("x"))
    path, out, edges = f"{folder}/{shape}.npy", f"{folder}/{shape}", f"{folder}/{peer}-{shape}.npz"
    if not os.path.exists(path):
        np.save(path, series(n, t))
    theirs = ["/usr/bin/python3", f"{HERE}/brain_graph_peer.py", peer, path, "--k", str(K), "--threshold",
              str(THRESHOLD), "--repeat", "1" if peer == "numpy" else "5"]
    env = fast_env()
    paired.run_json([*our_command(tandem, device, path), "--out", out])
    paired.run_json([*theirs, "--warmup", "0", "--repeat", "1", "--edges", edges], env)
    with np.load(edges) as e:
        agree = same_edges([np.load(f"{out}/edge_{x}.npy") for x in ("src", "dst", "w")],
                           [e["src"], e["dst"], e["weight"]])
    ours = [*our_command(tandem, device, path), "--warmup", "1", "--repeat", "5"]
    result = paired.compare(lambda: paired.run_json(ours)["wall_ns"] / 1e6,
                            lambda: paired.run_json(theirs, env)["ms"], pairs)
    paired.row("brain_graph", shape, device, peer, result, agree)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("tandem")
    p.add_argument("--pairs", type=int, default=6)
    p.add_argument("--sizes", default="400x1200,4096x1200,16384x512")
    p.add_argument("--devices", default="cpu,native")
    p.add_argument("--peers", default="torch,numpy")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for shape in a.sizes.split(","):
            for peer in a.peers.split(","):
                if importlib.util.find_spec(peer) is None:
                    print(f"skipped: {peer} is not installed (python3-{peer})", file=sys.stderr)
                    continue
                for device in a.devices.split(","):
                    bench(a.tandem, peer, device, shape, folder, 2 if peer == "numpy" else a.pairs)
            command = our_command(a.tandem, "cpu", f"{folder}/{shape}.npy")
            print(f"{shape}: peak memory of the whole process on cpu {peak_rss(command) / 2**20:.0f} MiB",
                  file=sys.stderr)


if __name__ == "__main__":
    main()
