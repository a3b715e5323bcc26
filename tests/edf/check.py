"""What tandem made of a recording (folder) beside what EDFlib makes of it (text of tests/edf/peer.c read), and what EDFlib
makes of the recordings that tandem wrote."""
import struct, subprocess, sys
import numpy as np

peer, path, folder = sys.argv[1:4]
bad = sys.argv[4:]


def strict(path):
    """EDFlib takes a filter in the header of annotations for a format error: a copy without."""
    b = bytearray(open(path, "rb").read())
    n = int(b[252:256])
    b[256 + 136 * n : 256 + 216 * n] = b" " * 80 * n
    with open(f"{folder}/strict.edf", "wb") as f:
        f.write(b)
    return f.name


def read(path):
    signals, annotations, samples = [], [], None
    for line in subprocess.run([peer, "read", path], capture_output=True, text=True, check=True).stdout.split("\n"):
        word, _, rest = line.partition(" ")
        if word == "records":
            duration = int(rest.split()[1]) * 1e-9
        elif word == "annotation":
            onset, length, text = rest.split("|", 2)
            annotations.append((int(onset) * 1e-9, float(length or 0), text))
        elif word == "signal":
            label, unit, per_record, _ = rest.split("|")
            samples = []
            signals.append((label.strip().rstrip("."), unit.strip(), samples))
            rate = round(int(per_record) / duration, 9)
        elif word:
            samples.append((int(word), float(rest)))
    scale = {"V": 1, "mV": 1e-3, "uV": 1e-6}
    keep = [s for s in signals if s[0] not in bad]
    digital = np.array([[d for d, _ in s[2]] for s in keep])
    volts = np.array([[v * scale[s[1]] for _, v in s[2]] for s in keep])
    return digital, volts, annotations, rate


def load(name):
    return np.load(f"{folder}/{name}.npy")


digital, volts, annotations, rate = read(strict(path))
assert (load("counts") == digital).all()
assert np.allclose(load("volts"), volts, rtol=1e-12, atol=1e-18)
start, time, epochs = load("start"), load("time"), load("epochs")
T = len(time)
assert np.allclose(np.diff(time), 1 / rate)
if time[0] < 0:  # around events
    want = [round(a[0] * rate) + round(-0.2 * rate) for a in annotations if a[2] in ("T1", "T2")]
    want = [s for s in want if s >= 0 and s + T <= digital.shape[1]]
else:
    want = list(range(0, digital.shape[1] - T + 1, T))
assert start.tolist() == want, (start, want)
for i, s in enumerate(want):
    cut = volts[:, s : s + T]
    assert np.allclose(load("plain")[i], cut, rtol=1e-12, atol=1e-18)
    assert np.allclose(epochs[i], cut - cut.mean(1, keepdims=True), rtol=1e-6, atol=1e-6 * abs(cut).max())

# what tandem wrote: the last record may be filled up, and says so
_, back, _, back_rate = read(f"{folder}/volts.edf")
n, step = volts.shape[1], abs(volts).max(1, keepdims=True) * 1.01 / 32767
assert back_rate == rate and (abs(back[:, :n] - volts) <= 0.51 * step).all()
_, back, notes, back_rate = read(f"{folder}/epochs.edf")
flat = epochs.transpose(1, 0, 2).reshape(epochs.shape[1], -1)
n, step = flat.shape[1], abs(flat).max(1, keepdims=True) * 1.01 / 32767
assert back_rate == rate and (abs(back[:, :n] - flat) <= 0.51 * step).all()
names = [(a[0], a[2]) for a in notes if a[2] != "BAD_ACQ_SKIP"]
assert [x[1] for x in names] == [f"epoch {i}" for i in range(len(want))]
assert np.allclose([x[0] for x in names], np.arange(len(want)) * T / rate, atol=2e-7)
assert (back.shape[1] > n) == any(a[2] == "BAD_ACQ_SKIP" for a in notes)
print(f"{path}: {digital.shape[0]} channels, {len(annotations)} annotations, {len(want)} epochs of {T}: the same")
