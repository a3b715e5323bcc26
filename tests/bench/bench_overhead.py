#!/usr/bin/python3
"""What the engine costs: time a step in a chain of 1000 tiny kernels, with and without recording; wall
time of a whole second start (kernels in the cache); `check` of 1000 and 99 999 steps.

    bench_overhead.py TANDEM [--pairs 6]

Rows compare tandem with itself (recording on, then off); the goals of the design are printed beside them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import paired

CHAIN = "tests/bench/chain.lua"


def wall(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1e3 * (time.perf_counter() - begin)


def step_us(tandem, device, record):
    command = [tandem, "run", CHAIN, "--on", device, "--warmup", "2", "--repeat", "20", "--quiet", "--format",
               "json", *record]
    return paired.run_json(command)["wall_ns"] / 1e6  # ms a repeat = us a step: 1000 steps


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("tandem")
    p.add_argument("--pairs", type=int, default=6)
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        db = ["--db", os.path.join(folder, "x.db")]
        for device, goal in ("cpu", 10), ("native", 10):
            step_us(a.tandem, device, db)  # builds
            r = paired.compare(lambda: step_us(a.tandem, device, db), lambda: step_us(a.tandem, device, ["--no-db"]),
                               a.pairs)
            paired.row("overhead: us a step, recorded / not", "1000 steps", device, "not recorded", r, True)
            print(f"{device}: {r['a_ms']:.2f} us a step with recording (goal < {goal})", file=sys.stderr)
        # what recording a run costs is the same for a short run and a long one: a hundredth of a second is 1 % of a second
        run = [a.tandem, "run", "pipelines/smoke.lua", "--on", "native"]
        wall([*run, *db])  # the first one probes the device
        r = paired.compare(lambda: wall([*run, *db]), lambda: wall([*run, "--no-db"]), 5 * a.pairs)
        paired.row("overhead: a whole run, recorded / not", "smoke", "native", "not recorded", r, True)
        print(f"recording a run: {r['a_ms'] - r['b_ms']:.1f} ms (goal < 10: 1 % of a run of one second)", file=sys.stderr)
        start = [a.tandem, "run", "pipelines/smoke.lua", "--on", "cpu", *db]
        wall(start)
        times = [wall(start) for _ in range(2 * a.pairs)]
        print(f"second start of a run on cpu: {statistics.median(times):.0f} ms (goal < 100)", file=sys.stderr)
        for steps, goal in (1000, 50), (99999, 5000):
            times = [wall([a.tandem, "check", CHAIN, "-p", f"steps={steps}"]) for _ in range(a.pairs)]
            print(f"check of {steps} steps: {statistics.median(times):.0f} ms (goal < {goal})", file=sys.stderr)


if __name__ == "__main__":
    main()
