"""The real autoreject on a recording, for bench_autoreject.py: one process, one arm. Needs autoreject, mne and numpy.

    autoreject_peer.py FOLDER [--out FOLDER]     FOLDER holds x.npy (epochs x channels x samples, V) and c.csv

Times fit and transform with its default method (Bayesian optimisation), and prints {"ms"} as JSON. With --out its
thresholds, labels, bad epochs, choice and average go there as .npy.
"""

import argparse
import csv
import json
import time
import warnings

import autoreject
import mne
import numpy as np

REPAIRS, SHARES = [1, 2, 4, 8, 12, 16], [0.1, 0.2, 0.3, 0.4, 0.5]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("folder")
    p.add_argument("--out")
    a = p.parse_args()
    warnings.simplefilter("ignore")
    mne.set_log_level("ERROR")
    with open(f"{a.folder}/c.csv") as f:
        rows = list(csv.DictReader(f))
    names = [r["name"] for r in rows]
    info = mne.create_info(names, 500.0, "eeg")
    for channel, r in zip(info["chs"], rows):  # as they stand, to the last bit
        channel["loc"][:3] = [float(r[k]) for k in ("x_m", "y_m", "z_m")]
    epochs = mne.EpochsArray(np.load(f"{a.folder}/x.npy").astype("f8"), info, baseline=None)
    begin = time.perf_counter()
    ar = autoreject.AutoReject(n_interpolate=np.array(REPAIRS), consensus=np.array(SHARES), cv=10, random_state=42, verbose=False)
    ar.fit(epochs)
    clean, log = ar.transform(epochs, return_log=True)
    ms = 1e3 * (time.perf_counter() - begin)
    if a.out:
        np.save(f"{a.out}/t.npy", np.array([ar.threshes_[n] for n in names]))
        np.save(f"{a.out}/labels.npy", log.labels.astype("u1"))
        np.save(f"{a.out}/bad_epochs.npy", log.bad_epochs.astype("u1"))
        np.save(f"{a.out}/best.npy", np.array([ar.consensus_["eeg"], ar.n_interpolate_["eeg"]], "f8"))
        np.save(f"{a.out}/clean_average.npy", clean.get_data().mean(0))
    print(json.dumps({"ms": ms, "version": autoreject.__version__}))


main()
