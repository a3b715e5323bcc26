#!/usr/bin/python3
"""Attention in torch, for bench_attention.py: one process, one arm.

The usual way: softmax(q k^T / sqrt(D) [+ mask]) v, with --backward its gradients by autograd. Prints one line of
JSON: the median in milliseconds, peak memory; with --out the results go there as .npy.

    attention_peer.py FOLDER [--causal] [--backward] [--repeat 5] [--threads 2] [--out FOLDER]
"""

import argparse
import json
import os
import resource
import statistics
import time

import numpy as np
import torch


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("folder")
    p.add_argument("--causal", action="store_true")
    p.add_argument("--backward", action="store_true")
    p.add_argument("--repeat", type=int, default=5)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--out")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    q, k, v, dout = (torch.from_numpy(np.load(f"{a.folder}/{x}.npy")) for x in ("q", "k", "v", "dout"))
    n, scale = q.shape[2], q.shape[3] ** -0.5
    mask = torch.full((n, n), float("-inf")).triu(1) if a.causal else None
    for x in (q, k, v):
        x.requires_grad_(a.backward)

    def step():
        s = torch.matmul(q, k.transpose(-1, -2)) * scale
        out = torch.matmul(torch.softmax(s if mask is None else s + mask, -1), v)
        return (out, *torch.autograd.grad(out, (q, k, v), dout)) if a.backward else (out,)

    times = []
    for _ in range(1 + a.repeat):
        begin = time.perf_counter()
        results = step()
        times.append(1e3 * (time.perf_counter() - begin))
    for name, x in zip(("out", "dq", "dk", "dv"), results):
        if a.out:
            np.save(os.path.join(a.out, f"{name}.npy"), x.detach().numpy())
    print(json.dumps({"ms": statistics.median(times[1:]),
                      "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
