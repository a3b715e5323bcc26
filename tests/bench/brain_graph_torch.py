#!/usr/bin/env python3
"""The brain graph in torch, for comparison with graph.standardise and graph.corr_knn.

float32 throughout: centre, normalise, mm, abs, topk, threshold. Series like those of graph.synth in
shape and correlation: a few latent sources, noise, an offset a row. Prints one line of JSON: medians
in milliseconds, and how torch was set up. For the fastest torch give the allocator large thresholds
(MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_, MALLOC_TOP_PAD_), and OpenBLAS the name of the
processor where it does not know it (OPENBLAS_CORETYPE=SkylakeX on AVX-512).

    brain_graph_torch.py [--n 4096] [--t 1200] [--k 16] [--threshold 0.3] [--repeat 7] [--threads 2]
"""

import argparse
import json
import os
import resource
import statistics
import time

import torch


def series(n, t, seed):
    """Eight smooth sources, mixed; noise; an offset a row."""
    g = torch.Generator().manual_seed(seed)
    sources = torch.randn(8, t + 7, generator=g).unfold(1, 8, 1).sum(2) / 8**0.5
    mix = torch.randn(n, 8, generator=g) / 8**0.5
    noise = torch.randn(n, t, generator=g)
    offset = 1000 + 9000 * torch.rand(n, 1, generator=g)
    return offset + 30 * (mix @ sources + noise)


def brain_graph(x, k, threshold, clock):
    """Edges (source, target, weight) of x [n, t]; notes the time after each part."""
    z = x - x.mean(1, keepdim=True)
    z /= z.norm(dim=1, keepdim=True)
    clock("standardise")
    w = torch.mm(z, z.T).abs_()
    w.fill_diagonal_(-1)
    clock("correlate")
    weight, target = w.topk(min(k, w.shape[0] - 1), dim=1)
    keep = weight >= threshold
    source = keep.nonzero()[:, 0]
    edges = source, target[keep], weight[keep]
    clock("select")
    return edges


class Clock:
    """Milliseconds spent in each part, a list a part."""

    def __init__(self):
        self.ms = {}
        self.last = 0.0

    def start(self):
        self.last = time.perf_counter()

    def __call__(self, part):
        now = time.perf_counter()
        self.ms.setdefault(part, []).append(1e3 * (now - self.last))
        self.last = now


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--n", type=int, default=4096)
    p.add_argument("--t", type=int, default=1200)
    p.add_argument("--k", type=int, default=16)
    p.add_argument("--threshold", type=float, default=0.3)
    p.add_argument("--repeat", type=int, default=7)
    p.add_argument("--warmup", type=int, default=2)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    x = series(a.n, a.t, a.seed)
    clock, total, n_edges = Clock(), [], 0
    with torch.no_grad():
        for i in range(a.warmup + a.repeat):
            if i == a.warmup:
                clock, total = Clock(), []
            clock.start()
            begin = time.perf_counter()
            n_edges = len(brain_graph(x, a.k, a.threshold, clock)[0])
            total.append(1e3 * (time.perf_counter() - begin))
    print(json.dumps({
        "n": a.n, "t": a.t, "k": a.k, "threshold": a.threshold, "edges": n_edges,
        "repeat": a.repeat, "ms": round(statistics.median(total), 3), "ms_min": round(min(total), 3),
        "parts_ms": {part: round(statistics.median(ms), 3) for part, ms in clock.ms.items()},
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "torch": torch.__version__, "threads": torch.get_num_threads(),
        "openblas_coretype": os.environ.get("OPENBLAS_CORETYPE", ""),
        "malloc": {v: os.environ[v] for v in os.environ if v.startswith("MALLOC_")},
    }))


if __name__ == "__main__":
    main()
