#!/usr/bin/python3
"""Do verdicts mean what they say? A device beside itself must never be called faster or slower; a kernel
slowed by 10 % must be found slower, one slowed by 1 % must not be called anything but the same or undecided.

    bench_verdicts.py TANDEM [--sessions 20]

Rows hold the speed-ups that the sessions stated; a wrong verdict ends the script with exit code 1.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import paired

PIPELINE = "tests/bench/slow.lua"

# Stands for the program in the workers: plan 0 is the baseline's, plan 1 the candidate's.
WRAPPER = """#!/bin/sh
case "$1 $2" in "worker $TMPDIR/tandem-1-"*) export SLOW_PERCENT={percent} ;; esac
exec {tandem} "$@"
"""


def session(tandem, plugin, folder, percent):
    wrapper = os.path.join(folder, "wrapper")
    with open(wrapper, "w", encoding="utf-8") as f:
        f.write(WRAPPER.format(percent=percent, tandem=os.path.abspath(tandem)))
    os.chmod(wrapper, 0o755)
    plans = tempfile.mkdtemp(dir=folder)
    env = dict(os.environ, TANDEM_PROGRAM=wrapper, TMPDIR=plans)
    command = [tandem, "compare", PIPELINE, "--plugin", plugin, "--on", "cpu,cpu", "--pairs", "10", "--no-db", "--quiet",
               "--format", "json"]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
    answer = json.loads(done.stdout)
    return answer["verdict"] == "AGREE", answer["candidates"][0]["speedup"]["end_to_end"]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("tandem")
    p.add_argument("--sessions", type=int, default=20)
    a = p.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        plugin = os.path.join(folder, "slow.so")
        subprocess.run(["cc", "-std=c11", "-fPIC", "-shared", "-Iengine", "tests/bench/slow.c", "-o", plugin], check=True)
        cases = [("beside itself", 0, {"SAME", "UNDECIDED"})] * a.sessions
        cases += [("10 % slower", 10, {"SLOWER"}), ("1 % slower", 1, {"SAME", "UNDECIDED"})]
        for name, percent, right in cases:
            agree, s = session(a.tandem, plugin, folder, percent)
            ok = s["verdict"] in right
            wrong += not ok
            print(f"{name}: {s['value']:.4f} ({s['low']:.4f} to {s['high']:.4f}) {s['verdict']}{'' if ok else ': WRONG'}", file=sys.stderr)
            paired.row("verdicts", f"{name}: {s['verdict']}", "cpu", "cpu",
                       {"a_ms": 1, "b_ms": s["value"], "ratio": s["value"], "low": s["low"], "high": s["high"], "pairs": s["pairs"]}, agree)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
