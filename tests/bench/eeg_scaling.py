#!/usr/bin/python3
"""How the cost of pipelines/autoreject.lua grows with epochs and channels (1001 samples, cv 10, six numbers of
repairs, five shares): best wall time of several runs, processor time a run, peak memory of the process.

    eeg_scaling.py TANDEM [--runs 3] [--svg FILE]

A size is timed only if native and cpu give the same bits.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

EPOCHS, CHANNELS, SAMPLES = (75, 150, 300, 600, 1200), (32, 64, 128, 256), 1001
GRID = ["-p", "n_interpolate=1,2,4,8,12,16", "-p", "consensus=0.1,0.2,0.3,0.4,0.5", "-p", "seed=42"]


def montage(path, n):
    """n places on the upper part of a sphere, along a spiral."""
    with open(path, "w") as f:
        f.write("name,x_m,y_m,z_m\n")
        for i in range(n):
            z = 1 - 1.2 * (i + 0.5) / n
            r, a = math.sqrt(1 - z * z), i * 2.399963229728653
            f.write(f"S{i},{0.095 * r * math.cos(a)!r},{0.095 * r * math.sin(a)!r},{0.095 * z!r}\n")


def run(command):
    """JSON of a run, processor seconds, peak memory in MiB."""
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    text = p.stdout.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        sys.exit(f"{' '.join(command)}: exit code {p.returncode}")
    return json.loads(text), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def size(tandem, folder, epochs, channels, runs):
    csv, x = os.path.join(folder, "c.csv"), os.path.join(folder, "x.npy")
    montage(csv, channels)
    run([tandem, "run", "tests/bench/eeg_synth.lua", "-p", f"channels={csv}", "-p", f"e={epochs}", "-p", f"t={SAMPLES}",
         "--on", "native", "--no-db", "--out", folder, "--format", "json"])
    rows, bits = [], None
    for device in "native", "cpu":
        base = [tandem, "run", "pipelines/autoreject.lua", "-p", f"epochs={x}", "-p", f"channels={csv}", *GRID, "--on", device,
                "--no-db", "--format", "json"]
        run(base)  # builds
        once = run(base)
        outputs = {name: o["sha256"] for name, o in once[0]["outputs"].items()}
        bits = bits or outputs
        if outputs != bits:
            sys.exit(f"{epochs} x {channels}: {device} has other bits")
        many = [run(base + ["--repeat", "3"]) for _ in range(runs)]
        rows.append((device, epochs, channels, min(m[0]["wall_ns"] for m in many) / 1e6,
                     min((m[1] - once[1]) / 2 for m in many), min(m[2] for m in many), once[0]["planned_peak_bytes"] / 2**20))
    return rows


def plot(path, rows):
    """Two panels, logarithmic: milliseconds over epochs and over channels."""
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="760" height="320" font-family="sans-serif" font-size="12">']
    panels = ((60, "epochs (128 channels)", EPOCHS, lambda r: r[2] == 128, 1), (430, "channels (300 epochs)", CHANNELS, lambda r: r[1] == 300, 2))
    y = lambda ms: 270 - 70 * math.log10(ms / 100)
    for left, title, ticks, mine, key in panels:
        x = lambda v: left + 290 * math.log(v / ticks[0]) / math.log(ticks[-1] / ticks[0])
        out.append(f'<text x="{left + 145}" y="312" text-anchor="middle">{title}</text>')
        for v in ticks:
            out.append(f'<path d="M{x(v):.0f} 60V270" stroke="#ddd"/><text x="{x(v):.0f}" y="288" text-anchor="middle">{v}</text>')
        for ms in (100, 1000, 10000):
            out.append(f'<path d="M{left} {y(ms):.0f}h290" stroke="#ddd"/><text x="{left - 6}" y="{y(ms) + 4:.0f}" text-anchor="end">{ms / 1000:g} s</text>')
        for device, colour in ("native", "#1f77b4"), ("cpu", "#d62728"):
            points = sorted((x(r[key]), y(r[3])) for r in rows if r[0] == device and mine(r))
            out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
            out.extend(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points)
    out.append('<text x="60" y="30">fit and apply, 1001 samples: <tspan fill="#1f77b4">native</tspan>, <tspan fill="#d62728">cpu (OpenCL)</tspan></text></svg>')
    with open(path, "w") as f:
        f.write("\n".join(out) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("tandem")
    p.add_argument("--runs", type=int, default=2)
    p.add_argument("--svg")
    a = p.parse_args()
    rows = []
    sizes = [(300, 128)] + [(e, 128) for e in EPOCHS if e != 300] + [(300, c) for c in CHANNELS if c != 128]
    with tempfile.TemporaryDirectory() as folder:
        for epochs, channels in sizes:
            for r in size(a.tandem, folder, epochs, channels, a.runs):
                rows.append(r)
                print("| %s | %d | %d | %.0f ms | %.2f s | %.0f MiB | %.0f MiB |" % r, flush=True)
    if a.svg:
        plot(a.svg, rows)


if __name__ == "__main__":
    main()
