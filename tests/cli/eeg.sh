# shellcheck shell=bash disable=SC2154
# The EEG pipelines, and where steps run. Read by tests/cli/run.

# -- the EEG pipeline --------------------------------------------------------------------------------------
$python - "$dir" <<'PY'
import array, struct, sys
folder = sys.argv[1]
def npy(name, e, n, t, x):
    h = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d), }" % (e, n, t)
    h += " " * (63 - (10 + len(h)) % 64) + "\n"
    with open(f"{folder}/{name}.npy", "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(h)) + h.encode() + array.array("f", x[:e * n * t]).tobytes())
x = [((i * 37) % 101 - 50 + (i % 7) * (i % 13)) * 1e-6 for i in range(12 * 4 * 20)]
npy("eeg", 12, 4, 20, x), npy("eeg_few", 5, 4, 20, x), npy("eeg_two", 2, 4, 20, x), npy("eeg_one", 12, 1, 20, x), npy("eeg_three", 12, 3, 20, x)
npy("eeg_same", 12, 4, 20, x[:80] * 12), npy("eeg_flat", 12, 4, 20, [0 if i // 20 % 4 == 1 else v for i, v in enumerate(x)])
for name, bad in ("eeg_nan", float("nan")), ("eeg_inf", -float("inf")):
    npy(name, 12, 4, 20, [bad if i == (3 * 4 + 2) * 20 + 7 else v for i, v in enumerate(x)])
for name, subsets in ("s", "0 1 2 -1 1 3"), ("s_twice", "0 1 2 2 3 3"), ("s_far", "0 1 2 3 4 -1"), ("s_none", "0 1 -1 -1 1 2"):
    h = "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 2), }"
    with open(f"{folder}/{name}.npy", "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + h.encode().ljust(117) + b"\n" + array.array("i", map(int, subsets.split())).tobytes())
def csv(name, rows, names="ABCDE"):
    with open(f"{folder}/{name}.csv", "w") as f:
        f.write("name,x_m,y_m,z_m\n" + "".join("%s,%s,%s,%s\n" % (names[i], *r) for i, r in enumerate(rows)))
p = [(0, 0, 1), (0, 1, 0), (1, 0, 0), (0.5, 0.5, 0.5)]
csv("c", p), csv("c_names", p, "ABBC"), csv("c_five", p + [(1, 1, 1)]), csv("c_one", p[:1]), csv("c_three", p[:3]), csv("c_same", [p[0], *p[:1], *p[2:]])
csv("c_middle", [(0, 0, 0), *p[1:]]), csv("c_middles", [(0, 0, 0), p[1], (0, 0, 0), p[3]]), csv("c_nan", [p[0], ("nan", 0, 1), *p[2:]])
PY
eeg() { # eeg EPOCHS CHANNELS OPTION...: on $on
	"$tandem" run pipelines/autoreject.lua --quiet --no-db --on "${on:-native}" -p epochs="$dir/$1.npy" -p channels="$dir/$2.csv" -p n_interpolate=1,2 "${@:3}"
}
says 5 'tandem: pipelines/autoreject.lua:26: step check (eeg.check/native): epoch 3, channel 2 (both counted from 0) has a sample that is NaN or infinite; leave that epoch or that channel out' eeg eeg_nan c
says 5 'tandem: pipelines/autoreject.lua:26: step check (eeg.check/native): epoch 3, channel 2 (both counted from 0) has a sample that is NaN or infinite; leave that epoch or that channel out' eeg eeg_inf c
if "$tandem" devices 2>/dev/null | grep -qi pocl; then
	on=cpu says 5 'tandem: pipelines/autoreject.lua:26: step check (eeg.check/cl): epoch 3, channel 2 (both counted from 0) has a sample that is NaN or infinite; leave that epoch or that channel out' eeg eeg_nan c
fi
says 5 'tandem: input "epochs", DIR/eeg_few.npy: E is 5 here, but declared as 10 … 65535' eeg eeg_few c
says 5 'tandem: input "epochs", DIR/eeg_two.npy: E is 2 here, but declared as 3 … 65535' eeg eeg_two c -p cv=2
says 5 'tandem: input "channels", DIR/c_one.csv: C is 1 here, but declared as 2 … 4096' eeg eeg_one c_one
says 5 'tandem: input "channels", DIR/c_names.csv: two rows have the name "B"; give each a name of its own' eeg eeg c_names
says 5 'tandem: input "epochs", DIR/eeg.npy: C is 4 here, but 5 in input "channels", DIR/c_five.csv' eeg eeg c_five
says 5 'tandem: pipelines/autoreject.lua:26: step check (eeg.check/native): channels 0 and 2 (counted from 0) are both at 0, 0, 0, the middle of the head; give their places in metres, or leave them out' eeg eeg c_middles
says 5 'tandem: pipelines/autoreject.lua:26: step check (eeg.check/native): channel 1 (counted from 0) has a position that is NaN or infinite; give its place in metres, or leave the channel out' eeg eeg c_nan
says 5 'tandem: pipelines/autoreject.lua:37: step choose (eeg.choose/native): the grid has no cell: give at least one share of bad channels and one number of repairs' eeg eeg c -p consensus=
says 5 'tandem: pipelines/autoreject.lua:36: step crossval (eeg.crossval/native): 5 epochs make no 10 folds; choose a smaller cv' "$tandem" run pipelines/autoreject.lua --no-db --on native -p synth=5,100,1
for c in c_middle c_same; do says 0 '' eeg eeg $c; done
for e in eeg_same eeg_flat; do says 0 '' eeg $e c; done
for option in consensus=1.5 cv=1 n_interpolate=-1 seed=-1 method=given; do
	eeg eeg c -p $option >/dev/null 2>&1
	[ $? = 2 ] && ok || bad "-p $option"
done
says 0 'tandem: warning: no share of bad channels and number of repairs leaves epochs to learn from in every fold: the first ones are taken
tandem: warning: all 12 epochs are rejected: there is no average' "$tandem" run pipelines/autoreject.lua --no-db --on native -p epochs="$dir/eeg.npy" -p channels="$dir/c.csv" -p n_interpolate=1,2 -p consensus=0 --out "$dir/rejected"
holds "no average of nothing" grep -q '(0, 20)' "$dir/rejected/clean_average.npy"

# what would not be used is refused, and nothing that a pipeline declares goes unused by default
for p in pipelines/*.lua; do works "$tandem" check --strict "$p"; done
says 2 'tandem: pipelines/lib/epochs.lua:47: epochs come from edf or from epochs: give one of the two' eeg eeg c -p edf=x.edf
says 2 'tandem: pipelines/lib/epochs.lua:48: events are those of a recording: give edf, too' eeg eeg c -p events=T1
says 2 'tandem: pipelines/lib/epochs.lua:46: synth takes three numbers: epochs, samples and seed' "$tandem" check pipelines/ransac.lua -p synth=40
says 2 'tandem: pipelines/autoreject.lua:23: thresholds go with method=given: -p method=given -p thresholds=FILE.npy, volts, f64 [C]' eeg eeg c -p thresholds="$dir/eeg.npy"
says 2 'tandem: pipelines/lib/sequences.lua:46: data=made_up takes no x: say where data comes from, data=files or data=landmarks' "$tandem" check pipelines/encoder.lua -p x="$dir/eeg.npy"
says 2 'tandem: pipelines/lib/sequences.lua:27: label is the number of a class, from 0: it must be less than classes' "$tandem" check pipelines/encoder.lua -p data=landmarks -p label=10

few='3 channels: 1, 4, and 32 or all but one cannot be repaired; say how many are to be, as in -p n_interpolate=1'
three() { # three OPTION...: three channels
	"$tandem" run pipelines/autoreject.lua --quiet --no-db -p epochs="$dir/eeg_three.npy" -p channels="$dir/c_three.csv" "$@"
}
says 5 "tandem: pipelines/autoreject.lua:34: step rho (eeg.rho/native): $few" three --on native
says 0 '' three --on native -p n_interpolate=1,2
if "$tandem" devices 2>/dev/null | grep -qi pocl; then says 5 "tandem: pipelines/autoreject.lua:34: step rho (eeg.rho/cl): $few" three --on cpu; fi
works "$tandem" run pipelines/autoreject.lua --no-db --on native -p epochs="$dir/eeg.npy" -p channels="$dir/c.csv"

ransac() { # ransac SUBSETS OPTION...
	"$tandem" run pipelines/ransac.lua --quiet --no-db --on native -p epochs="$dir/eeg.npy" -p channels="$dir/c.csv" -p subsets="$dir/$1.npy" "${@:2}"
}
says 0 '' ransac s
for s in s_twice:1 s_far:2 s_none:1; do
	says 5 "tandem: pipelines/ransac.lua:19: step ransac (eeg.ransac/native): subset ${s#*:} (counted from 0) names no channel, a channel twice, or one that is not there; it takes different ones of 0 … 3, then -1" ransac ${s%:*}
done
says 5 'tandem: pipelines/ransac.lua:16: step check (eeg.check/native): epoch 3, channel 2 (both counted from 0) has a sample that is NaN or infinite; leave that epoch or that channel out' \
	"$tandem" run pipelines/ransac.lua --quiet --no-db --on native -p epochs="$dir/eeg_nan.npy" -p channels="$dir/c.csv"

# -- where steps run ---------------------------------------------------------------------------------------
plans() { # plans OPTION...: for a GPU without doubles
	"$tandem" plan "$dir/double.lua" --profile tests/golden/small-gpu.json "$@"
}
for option in '' ', allow_native = true' ', impl = "native"'; do
	cat >"$dir/double.lua" <<LUA
local t = require "tandem"
return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.tensor.mean { t.tensor.exp { t.tensor.cast { x, dtype = "f64"$option }$option } $option } }
  end,
}
LUA
	if [ "$option" ]; then
		works plans
		holds "a double on the host" grep -q 'exp: tensor.exp/native on the host' "$dir/stdout"
	else
		plans >"$dir/stdout" 2>&1
		holds "no double on this device" grep -q 'TD0402.*tensor.exp: the impl "cl" needs double precision' "$dir/stdout"
		works plans --impl tensor.cast=native --impl tensor.exp=native --impl tensor.mean=native
	fi
done
if "$tandem" devices 2>/dev/null | grep -qi pocl; then
	mixed() { # mixed NAME OPTION...
		"$tandem" run pipelines/autoreject.lua --quiet --no-db --on cpu -p epochs="$dir/eeg.npy" -p channels="$dir/c.csv" --out "$dir/$1" "${@:2}"
	}
	works mixed all_cl
	works mixed some_native --impl eeg.ptp=native --impl eeg.check=native --impl eeg.crossval=native
	holds "steps on the host" grep -q '"impl": *"native"' "$dir/some_native/run.json"
	for output in thresholds loss labels bad_epochs clean_average; do
		holds "the same $output" cmp "$dir/all_cl/$output.npy" "$dir/some_native/$output.npy"
	done
	eeg_nan=$("$tandem" run pipelines/autoreject.lua --quiet --no-db --on cpu --impl eeg.check=native -p epochs="$dir/eeg_nan.npy" -p channels="$dir/c.csv" 2>&1)
	holds "a check on the host" grep -q 'eeg.check/native): epoch 3, channel 2' <<<"$eeg_nan"
fi
