#!/usr/bin/python3
"""The brain graph in numpy or torch, for bench_brain_graph.py: one process, one arm.

torch: float32, centre, normalise, mm, abs, topk, threshold. numpy: float64 corrcoef, argsort a row and a
Python loop over edges, as people write it. Prints one line of JSON: the median in milliseconds, the parts,
peak memory; with --edges, the edges go there as .npz.

    brain_graph_peer.py {torch,numpy} SERIES.npy [--k 16] [--threshold 0.3] [--repeat 5] [--threads 2]
"""

import argparse
import json
import resource
import statistics
import time

import numpy as np


class Clock:
    """Milliseconds spent in each part, a list a part."""

    def __init__(self):
        self.ms, self.last = {}, time.perf_counter()

    def __call__(self, part):
        now = time.perf_counter()
        self.ms.setdefault(part, []).append(1e3 * (now - self.last))
        self.last = now


def by_torch(x, k, threshold, clock):
    import torch
    x = torch.from_numpy(x)
    with torch.no_grad():
        z = x - x.mean(1, keepdim=True)
        z /= z.norm(dim=1, keepdim=True)
        clock("standardise")
        w = torch.mm(z, z.T).abs_()
        w.fill_diagonal_(-1)
        clock("correlate")
        weight, target = w.topk(min(k, w.shape[0] - 1), dim=1)
        keep = weight >= threshold
        edges = keep.nonzero()[:, 0].numpy(), target[keep].numpy(), weight[keep].numpy()
        clock("select")
    return edges


def by_numpy(x, k, threshold, clock):
    w = np.abs(np.corrcoef(x))
    clock("correlate")
    source, target, weight = [], [], []
    for i, row in enumerate(w):
        n = 0
        for j in np.argsort(row)[::-1]:
            if n == k or row[j] < threshold:
                break
            if j != i:
                source.append(i)
                target.append(j)
                weight.append(row[j])
                n += 1
    clock("select")
    return np.array(source), np.array(target), np.array(weight)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("peer", choices=["torch", "numpy"])
    p.add_argument("series")
    p.add_argument("--k", type=int, default=16)
    p.add_argument("--threshold", type=float, default=0.3)
    p.add_argument("--repeat", type=int, default=5)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--edges")
    a = p.parse_args()
    if a.peer == "torch":
        import torch
        torch.set_num_threads(a.threads)
    x = np.load(a.series)
    make = by_torch if a.peer == "torch" else by_numpy
    clock, total, edges = Clock(), [], None
    for i in range(a.warmup + a.repeat):
        if i == a.warmup:
            clock, total = Clock(), []
        clock.last = begin = time.perf_counter()
        edges = make(x, a.k, a.threshold, clock)
        total.append(1e3 * (time.perf_counter() - begin))
    if a.edges:
        np.savez(a.edges, src=edges[0], dst=edges[1], weight=edges[2])
    print(json.dumps({"ms": statistics.median(total), "edges": len(edges[0]),
                      "parts_ms": {part: round(statistics.median(ms), 3) for part, ms in clock.ms.items()},
                      "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
