#!/usr/bin/python3
"""tensor.matmul and nn.linear against OpenBLAS, one compute unit and one thread: kernel times, paired.

    bench_matmul.py TANDEM [--pairs 5] [--shapes NAME,...]

Every arm is `tandem run` of tests/bench/matmul.lua in a fresh process, with another impl; the time is that
of the step `product`, median of the repeats. OpenBLAS runs with the kernels of this processor
(OPENBLAS_CORETYPE=SkylakeX on AVX-512, where it would guess wrong) and with those it takes by itself. A layer has a
bias, which OpenBLAS's time leaves out; f16 and bf16 have the same numbers widened to f32 as their opponent.
Agreement: every element within the limit of a sum of OpenBLAS's (k terms of at most 1) and of one rounding to
f16 or bf16, and native and cpu have the same bits.
"""

import argparse
import os
import tempfile

import numpy as np

import paired

SHAPES = {
    "f32 256": dict(m=256, n=256, k=256), "f32 512": dict(m=512, n=512, k=512), "f32 1024": dict(m=1024, n=1024, k=1024),
    "f32 2048": dict(m=2048, n=2048, k=2048), "f32 1024 NT": dict(m=1024, n=1024, k=1024, tb="true"),
    "f64 1024": dict(m=1024, n=1024, k=1024, dtype="f64"),
    "f32 128x 64x64x64": dict(batch=128, m=64, n=64, k=64), "f32 128x 1000x30x270": dict(batch=128, m=1000, n=30, k=270),
    "f32 300x10x128000 NT": dict(m=300, n=10, k=128000, tb="true"),
    **{f"linear {n}": dict(m=n, n=n, k=n, tb="true", bias="true") for n in (256, 512, 1024, 2048)},
    **{f"linear {dtype} 1024": dict(m=1024, n=1024, k=1024, tb="true", bias="true", dtype=dtype) for dtype in ("f16", "bf16")},
    "linear 64": dict(m=64, n=64, k=64, tb="true", bias="true"), "linear f16 64": dict(m=64, n=64, k=64, tb="true", bias="true", dtype="f16"),
}
SMALL = ("linear 64", "linear f16 64")  # to see that it runs: not among those made by default
REPEATS = {"f32 2048": 3, "linear 2048": 3, "f32 128x 1000x30x270": 4, "f32 300x10x128000 NT": 4}


def environment(coretype=None):
    env = dict(os.environ, POCL_MAX_PTHREAD_COUNT="1", TANDEM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        if coretype and "avx512f" in f.read():
            env["OPENBLAS_CORETYPE"] = coretype
    return env


def command(tandem, shape, device, impl, repeat, out=None):
    given = dict(SHAPES[shape])
    given["widened" if impl == "openblas" else "fused"] = "true"
    params = [x for k, v in given.items() for x in ("-p", f"{k}={v}")]
    return [tandem, "run", "tests/bench/matmul.lua", *params, "--on", device, "--impl", f"tensor.matmul={impl}", "--no-db",
            "--quiet", "--format", "json", "--warmup", "1", "--repeat", str(repeat), *(["--out", out] if out else [])]


def kernel_ms(cmd, env):
    steps = paired.run_json(cmd, env)["steps"]
    return next(s["kernel_ns"] for s in steps if s["name"] == "product") / 1e6


def agrees(tandem, shape, folder):
    c = {}
    for device, impl in ("cpu", "cl"), ("native", "native"), ("native", "openblas"):
        paired.run_json(command(tandem, shape, device, impl, 1, folder), environment("SkylakeX"))
        c[impl] = np.load(f"{folder}/c.npy")
    u = 2.0**-53 if c["cl"].dtype == np.float64 else 2.0**-24
    k = SHAPES[shape]["k"]
    once = {"f16": 2.0**-11, "bf16": 2.0**-8}.get(SHAPES[shape].get("dtype"), 0) * np.abs(c["openblas"].astype("f8"))
    near = np.all(np.abs(c["cl"].astype("f8") - c["openblas"].astype("f8")) <= 2 * (8 + 2 * k**0.5) * u * k + once)
    return bool(near) and c["cl"].tobytes() == c["native"].tobytes()


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("tandem")
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--shapes", default=",".join(x for x in SHAPES if x not in SMALL))
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for shape in a.shapes.split(","):
            agree = agrees(a.tandem, shape, folder)
            repeat = REPEATS.get(shape, 15)
            for device, impl in ("cpu", "cl"), ("native", "native"):
                for other, coretype in ("OpenBLAS SkylakeX", "SkylakeX"), ("OpenBLAS auto", None):
                    r = paired.compare(
                        lambda: kernel_ms(command(a.tandem, shape, device, impl, repeat), environment()),
                        lambda: kernel_ms(command(a.tandem, shape, "native", "openblas", repeat), environment(coretype)),
                        a.pairs)
                    paired.row("matmul", shape, device, other, r, agree)


if __name__ == "__main__":
    main()
