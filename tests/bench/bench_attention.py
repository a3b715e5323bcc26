#!/usr/bin/python3
"""pipelines/attention.lua against torch, and against the peak of the processor, paired.

    bench_attention.py TANDEM [--pairs 6] [--shapes NAME,...]

Ours: the kernels of attention and, where gradients are asked for, of attention_grad, median of the repeats.
Theirs: the same operations in memory, in torch's own clock, with the allocator settings it is fastest with.
"FMA peak" is the time that the useful operations would take at the rate of peak.c, measured in each pair: the ratio
is the fraction of the peak that is reached. f16 and bf16 are how q, k, v and out are stored; torch has the f32 of the same.
Agreement: every number within 2e-5 (gradients 1e-4 + 1e-4 |x|) of torch's, f16 and bf16 as a whole within two of their roundings;
and native and cpu have the same bits.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

import paired
from bench_brain_graph import fast_env

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {
    "1x8x1024x64": dict(shape=(1, 8, 1024, 64)), "1x8x1024x64 causal": dict(shape=(1, 8, 1024, 64), causal=True),
    "1x8x1024x64 backward": dict(shape=(1, 8, 1024, 64), backward=True),
    "1x8x4096x64": dict(shape=(1, 8, 4096, 64)), "1x8x4096x64 causal": dict(shape=(1, 8, 4096, 64), causal=True),
    "4x8x2048x64": dict(shape=(4, 8, 2048, 64)),
    "1x8x1024x64 f16": dict(shape=(1, 8, 1024, 64), storage="f16"), "1x8x1024x64 bf16": dict(shape=(1, 8, 1024, 64), storage="bf16"),
    "1x2x64x64": dict(shape=(1, 2, 64, 64)), "1x2x64x64 backward": dict(shape=(1, 2, 64, 64), backward=True),
    "1x2x64x64 f16": dict(shape=(1, 2, 64, 64), storage="f16"),
}
SMALL = [x for x in SHAPES if x.startswith("1x2x64")]  # to see that it runs: not among those made by default
OUTPUTS = {False: ("out",), True: ("out", "dq", "dk", "dv")}


def make(folder, shape):
    g = np.random.default_rng(1)
    for name in ("q", "k", "v", "dout"):
        np.save(f"{folder}/{name}.npy", g.standard_normal(shape, dtype="f4"))


def command(tandem, folder, job, device, repeat, out=None):
    names = ["q", "k", "v"] + ["dout"] * job.get("backward", False)
    params = [x for n in names for x in ("-p", f"{n}={folder}/{n}.npy")]
    return [tandem, "run", "pipelines/attention.lua", *params, "-p", f"causal={str(job.get('causal', False)).lower()}",
            "-p", f"storage={job.get('storage', 'f32')}", "--on", device,
            "--no-db", "--quiet", "--format", "json", "--warmup", "2", "--repeat", str(repeat), *(["--out", out] if out else [])]


def kernels(cmd):
    """Milliseconds and useful operations of attention and its gradient (others: casts of what is read as f32)."""
    steps = [s for s in paired.run_json(cmd)["steps"] if s["node"].startswith("attention.")]
    return sum(s["kernel_ns"] for s in steps) / 1e6, sum(s["flops"] for s in steps)


def torch(folder, job, repeat, out=None):
    flags = [f"--{x}" for x in ("causal", "backward") if job.get(x)]
    return paired.run_json(["/usr/bin/python3", f"{HERE}/attention_peer.py", folder, *flags, "--repeat", str(repeat),
                            *(["--out", out] if out else [])], fast_env())["ms"]


def agrees(tandem, folder, job):
    for device in ("native", "cpu"):
        kernels(command(tandem, folder, job, device, 1, f"{folder}/{device}"))
    torch(folder, job, 1, folder)
    for name in OUTPUTS[job.get("backward", False)]:
        theirs, ours, native = (np.load(f"{f}/{name}.npy") for f in (folder, f"{folder}/cpu", f"{folder}/native"))
        off, limit = np.abs(ours - theirs), 2e-5 if name == "out" else 1e-4 + 1e-4 * np.abs(theirs)
        if "storage" in job:
            off, limit = np.linalg.norm(off), 2 * {"f16": 2.0**-11, "bf16": 2.0**-8}[job["storage"]] * np.linalg.norm(theirs)
        if ours.tobytes() != native.tobytes() or not np.all(off <= limit):
            return False
    return True


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("tandem")
    p.add_argument("--pairs", type=int, default=6)
    p.add_argument("--shapes", default=",".join(x for x in SHAPES if x not in SMALL))
    a = p.parse_args()
    threads = str(os.cpu_count())
    with tempfile.TemporaryDirectory() as folder:
        peak = f"{folder}/peak"
        if subprocess.run(["cc", "-O2", "-march=native", "-ffp-contract=fast", "-pthread", f"{HERE}/peak.c", "-o", peak], check=False).returncode:
            sys.exit("peak.c does not compile")
        for shape in a.shapes.split(","):
            job = SHAPES[shape]
            make(folder, job["shape"])
            repeat = 3 if job["shape"][0] * job["shape"][2] > 1024 else 15
            agree = agrees(a.tandem, folder, job)
            for device in ("cpu", "native"):
                cmd = command(a.tandem, folder, job, device, repeat)
                flops = kernels(cmd)[1]
                paired.row("attention", shape, device, "torch",
                           paired.compare(lambda: kernels(cmd)[0], lambda: torch(folder, job, repeat), a.pairs), agree)
                paired.row("attention", shape, device, "FMA peak",
                           paired.compare(lambda: kernels(cmd)[0], lambda: flops / 1e6 / paired.run_json([peak, threads]), a.pairs), agree)


if __name__ == "__main__":
    main()
