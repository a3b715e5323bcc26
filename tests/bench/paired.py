"""Pairs of measurements, for the scripts beside this one.

Two arms take turns, AB BA or BA AB by a seeded coin a block, so that slow drift cancels. Each arm is a
function that runs a fresh process and returns milliseconds. The ratio b / a (above 1: a is faster) comes
with the 95 % t interval of the mean log ratio. Method and reasons: docs/measuring.md.
"""

import json
import math
import random
import statistics
import subprocess
import sys

# quantiles of Student's t, 0.975, by degrees of freedom
T975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
        2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045]


def compare(a, b, pairs=6, seed=1):
    """{"a_ms", "b_ms", "ratio", "low", "high", "pairs"} of the arms a and b."""
    coin, d, times = random.Random(seed), [], ([], [])
    first = True
    for pair in range(pairs):
        first = coin.random() < 0.5 if pair % 2 == 0 else not first
        ta, tb = None, None
        for arm in ("ab" if first else "ba"):
            if arm == "a":
                ta = a()
            else:
                tb = b()
        times[0].append(ta)
        times[1].append(tb)
        d.append(math.log(tb / ta))
    mean = statistics.mean(d)
    half = T975[min(pairs - 2, len(T975) - 1)] * statistics.stdev(d) / math.sqrt(pairs) if pairs > 1 else math.inf
    return {"a_ms": statistics.median(times[0]), "b_ms": statistics.median(times[1]),
            "ratio": math.exp(mean), "low": math.exp(mean - half), "high": math.exp(mean + half), "pairs": pairs}


def run_json(command, env=None):
    """What a program prints, as JSON. Its messages go where ours go; a failure ends the script."""
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
    return json.loads(done.stdout)


def row(bench, shape, device, other, result, agree):
    """Prints one row for `tests/bench/run`. No ratio is printed without agreement."""
    if not agree:
        sys.exit(f"{bench} {shape}: {device} and {other} do not agree, so nothing is said about speed")
    print(json.dumps({"bench": bench, "shape": shape, "device": device, "ours_ms": round(result["a_ms"], 4),
                      "other": other, "other_ms": round(result["b_ms"], 4), "ratio": round(result["ratio"], 4),
                      "low": round(result["low"], 4), "high": round(result["high"], 4),
                      "pairs": result["pairs"], "agree": agree}), flush=True)
