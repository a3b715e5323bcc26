# shellcheck shell=bash disable=SC2154
# Files, pipelines, data, recordings and weights that are wrong. Read by tests/cli/run.

# -- files ---------------------------------------------------------------------------------------
$python - "$dir" <<'PY'
import array, struct, sys
folder = sys.argv[1]
def npy(name, shape, numbers, code="f", descr="<f4"):
    h = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (descr, shape)
    h += " " * (63 - (10 + len(h)) % 64) + "\n"
    with open(f"{folder}/{name}.npy", "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(h)) + h.encode() + array.array(code, numbers).tobytes())
rows = [((i * 7) % 11) + i % 3 for i in range(150)]
npy("good", "5, 30", rows)
npy("short", "5, 30", rows[:100])
npy("rank", "150,", rows)
npy("wide", "5, 30", rows, "d", "<f8")
npy("nan", "5, 30", [float("nan") if 30 <= i < 60 else x for i, x in enumerate(rows)])
open(f"{folder}/junk.npy", "w").write("hello")
open(f"{folder}/junk.db", "w").write("this is no database, and it is long enough to be looked at\n" * 40)
PY
printf 'return 1 +\n' >"$dir/syntax.lua"
printf 'local t = require "tandem"\nreturn t.pipeline { build = function() return { y = t.tensor.neg { nil } } end }\n' >"$dir/nil.lua"
db=$dir/a.db

# -- help and usage --------------------------------------------------------------------------------
works "$tandem" --help
works "$tandem" --version
for command in $("$tandem" --help | sed -n 's/^  tandem \([a-z]*\) .*/\1/p'); do
	works "$tandem" "$command" --version
	works "$tandem" "$command" --help
	holds "help of $command names it" grep -q "tandem $command" "$dir/stdout"
done
says 2 'tandem: there is no command "rum", did you mean run; `tandem --help` lists them' "$tandem" rum
says 2 'tandem: there is no command "rum", did you mean run; `tandem --help` lists them' "$tandem" help rum
"$tandem" nodes --format md >"$dir/nodes.md"
holds "a shape with a | keeps the table whole" grep -q '^| `mask` | u8 | `\[1\\|B 1\\|H 1\\|S 1\\|T\]` |' "$dir/nodes.md"
says 2 'tandem: --format luals is of all nodes: leave out tensor.add' "$tandem" nodes tensor.add --format luals
says 2 'tandem: --db and --no-db exclude each other' "$tandem" run $pipeline --db "$db" --no-db
says 2 'tandem: doctor takes one device' "$tandem" doctor --on native,ref
says 2 'tandem: plan takes one device: --on DEVICE or --profile FILE' "$tandem" plan $pipeline --on native --profile tests/golden/h200.json
says 2 'tandem: usage: tandem run PIPELINE|PLAN' "$tandem" run
says 2 'tandem: run takes no option --frob; `tandem run --help` lists them' "$tandem" run $pipeline --frob
says 2 'tandem: --repeat takes a whole number from 1 to 1000000000, not "0"' "$tandem" run $pipeline --repeat 0
says 2 'tandem: --repeat takes a whole number from 1 to 1000000000, not "4294967296"' "$tandem" run $pipeline --repeat 4294967296
says 2 'tandem: --pairs takes a whole number from 0 to 1000, not "4294967296"' "$tandem" compare $pipeline --pairs 4294967296
says 2 'tandem: --seed takes a whole number from 0, not "-1"' "$tandem" run $pipeline --seed -1
# shellcheck disable=SC2046
says 2 'tandem: more than 64 parameters' "$tandem" run $pipeline $(for i in $(seq 64); do echo "-p x$i=1"; done) --seed 1
"$tandem" run pipelines/smoke.lua --on native --db "$dir/line.db" --out "$dir/it's \$1" -p turns=3 >"$dir/stdout" 2>&1
eval "set -- $(sqlite3 "$dir/line.db" 'SELECT arguments FROM session')"
[ "$*" = "tandem run pipelines/smoke.lua --on native --db $dir/line.db --out $dir/it's \$1 -p turns=3" ] && ok || bad "the recorded command line is one for a shell: $*"
says 2 'tandem: --impl tensor.affine=ref: tensor.affine has no such impl; `tandem nodes tensor.affine` lists them' "$tandem" run pipelines/smoke.lua --on native --no-db --impl tensor.affine=ref
says 2 'tandem: --impl tensor.affine=cl comes after --impl tensor.affine=native: one a node' "$tandem" plan pipelines/smoke.lua --impl tensor.affine=native --impl tensor.affine=cl
cat >"$dir/oracle.lua" <<'LUA'
local t = require "tandem"
return t.pipeline { build = function() return { y = t.tensor.neg { t.const({ 1 }), impl = "ref" } } end }
LUA
"$tandem" check "$dir/oracle.lua" >"$dir/stdout" 2>&1
[ $? = 2 ] && grep -q 'TD0104.*: ref is the oracle of tensor.neg, and no impl to choose' "$dir/stdout" && ok || { bad "impl = ref"; cat "$dir/stdout"; }
cat >"$dir/d3.lua" <<'LUA'
local t = require "tandem"
return t.pipeline { determinism = "D3", build = function()
  local x = t.input { t.synth.series { n = 8, t = 8, seed = 1 }, dtype = "f32", shape = "8 8" }
  return { y = t.tensor.matmul { x, x } }
end }
LUA
works "$tandem" plan "$dir/d3.lua" --profile tests/golden/h200.json
"$tandem" plan "$dir/d3.lua" --profile tests/golden/h200.json --impl tensor.matmul=clblast >/dev/null 2>"$dir/stderr"
[ $? = 4 ] && grep -q 'd3.lua:4:18: error\[TD0601\]: tensor.matmul: the impl "clblast" promises D1, the pipeline demands D3' "$dir/stderr" && ok || { bad "a library in a pipeline that demands D3"; cat "$dir/stderr"; }
says 2 'tandem: compare needs 2 to 8 devices: --on native,cpu' "$tandem" compare $pipeline --on native
says 2 'tandem: run takes one device; `tandem compare` takes several' "$tandem" run $pipeline --on native,cpu --no-db

# -- files by URL --------------------------------------------------------------------------------------
sum=$(sha256sum "$dir/good.npy" | cut -c-64)
cat >"$dir/url.lua" <<LUA
local t = require "tandem"
return t.pipeline { build = function()
  return { y = t.tensor.neg { t.input { t.fetch { url = "file://$dir/good.npy", sha256 = "$sum", bytes = $(stat -c%s "$dir/good.npy") }, name = "x", dtype = "f32", shape = "N T" } } }
end }
LUA
by_url() { XDG_CACHE_HOME=$dir/xdg "$tandem" "$1" "$dir/url.lua" "${@:2}"; }
says 0 '' by_url fetch
says 0 '' by_url run --on native --no-db
printf '?' | dd of="$dir/xdg/tandem/fetch/$sum" bs=1 seek=140 conv=notrunc 2>/dev/null
says 5 "tandem: input \"x\", DIR/xdg/tandem/fetch/$sum: its SHA-256 is $(sha256sum "$dir/xdg/tandem/fetch/$sum" | cut -c-64), the pin says $sum; it is damaged: \`tandem fetch\` brings it again" by_url run --on native --no-db
says 0 "tandem: DIR/xdg/tandem/fetch/$sum is damaged and is fetched again" by_url fetch
says 0 '' by_url run --on native --no-db

"$tandem" fetch pipelines/smoke.lua -p nosuch=3 >"$dir/stdout" 2>"$dir/stderr"
[ $? = 2 ] && grep -q 'TD0104.*no parameter "nosuch"' "$dir/stderr" && ! [ -s "$dir/stdout" ] && ok || bad "fetch of a pipeline that is wrong"

# -- pipelines that are wrong ------------------------------------------------------------------------
says 5 'tandem: cannot open DIR/none.lua: No such file or directory' "$tandem" run "$dir/none.lua"
says 2 'tandem: DIR/syntax.lua:2: unexpected symbol near <eof>' "$tandem" check "$dir/syntax.lua"
"$tandem" check "$dir/nil.lua" >"$dir/stdout" 2>&1
[ $? = 2 ] && grep -q 'TD0102' "$dir/stdout" && ok || bad "a missing input is a finding"
"$tandem" run $pipeline -p k=0 --no-db >/dev/null 2>"$dir/stderr"
[ $? = 2 ] && grep -q 'brain_graph.lua:7:19: error\[TD0107\]: -p k=0: k = 0 is out of range' "$dir/stderr" && ok || bad "k=0"

# -- far too large: refused at once, not tried --------------------------------------------------------------
cat >"$dir/huge.lua" <<'LUA'
local t = require "tandem"
return t.pipeline { build = function()
  local a = t.input { t.synth.series { n = 16777216, t = 2, seed = 1 }, dtype = "f32", shape = "N T" }
  local rows = t.tensor.gather { t.tensor.matmul { a, a, tb = true }, t.tensor.iota { n = 1073741824 } }
  return { y = t.tensor.matmul { rows, rows, tb = true } }
end }
LUA
huge() { (ulimit -v 4000000 && "$tandem" plan "$dir/huge.lua" --profile tests/golden/small-gpu.json); }
huge >/dev/null 2>"$dir/stderr"
[ $? = 4 ] && grep -q 'TD0404.*needs 4194304.0 TiB in one buffer, Small GPU allows 512.0 MiB' "$dir/stderr" &&
	grep -q 'TD0405.*the plan needs 4259840.0 TiB at its peak' "$dir/stderr" && ok || { bad "a plan that is far too large"; cat "$dir/stderr"; }

# -- a graph text, which names no files --------------------------------------------------------------
printf 'tandem graph 1\nname "t"\ndeterminism D0\n%%0 = input "x" f32 [2 75]\n%%1 = tensor.square@1(%%0)\noutput "y" = %%1\n' >"$dir/t.graph"
says 2 'tandem: the graph has no input "y" for -p; it has x' "$tandem" check "$dir/t.graph" -p y=1
says 5 'tandem: input "x", DIR/none.npy: cannot open DIR/none.npy: No such file or directory' "$tandem" run "$dir/t.graph" -p x="$dir/none.npy" --on native --no-db
says 5 'tandem: input "x", DIR/nan.npy: its shape is "5 30", the input declares "2 75"' "$tandem" run "$dir/t.graph" -p x="$dir/nan.npy" --on native --no-db

# -- data that is wrong ------------------------------------------------------------------------------
run() { "$tandem" run $pipeline -p series="$dir/$1.npy" --on native --no-db "${@:2}"; }
says 5 'tandem: input "series", DIR/none.npy: cannot open DIR/none.npy: No such file or directory' run none
says 5 'tandem: input "series", DIR/short.npy: it is cut off: its header promises 600 bytes of data, 400 are there' run short
says 5 'tandem: input "series", DIR/rank.npy: its shape is "150", the input declares "N T"' run rank
says 5 'tandem: input "series", DIR/wide.npy: it holds f64, the input declares f32; declare dtype = "f64" and convert it with t.tensor.cast { x, dtype = "f32" }' run wide
says 5 'tandem: input "series", DIR/junk.npy: it is no .npy file: it does not start with \x93NUMPY' run junk
works run nan --out "$dir/nan" -p k=2
holds "the row of NaN is reported, and nobody's neighbour" $python - "$dir/nan" <<'PY'
import sys, struct
def ints(path):
    b = open(path, "rb").read()
    return list(struct.unpack("<%di" % ((len(b) - 128) // 4), b[128:]))
d = sys.argv[1]
assert ints(d + "/bad_rows.npy") == [1], ints(d + "/bad_rows.npy")
assert 1 not in ints(d + "/edge_dst.npy") + ints(d + "/edge_src.npy")
PY
works run good -p k=99 --out "$dir/all" # k >= N: all others
holds "k beyond N gives N - 1 neighbours" test "$(stat -c %s "$dir/all/edge_src.npy")" = $((128 + 5 * 4 * 4))

# -- recordings that are wrong -------------------------------------------------------------------------
$python - "$dir" <<'PY'
import struct, sys
folder = sys.argv[1]
def edf(name, kind="EDF+C", times=(0, 1, 2), labels=("Fc5.", "Cz..", "O1"), units=("uV", "uV", "uV"), samples=10, records=None):
    n = len(labels) + 1
    f = lambda width, *texts: "".join(t.ljust(width) for t in texts)
    each = lambda width, x, last: f(width, *[x] * (n - 1), last)
    head = f(8, "0") + f(80, "X X X X", "Startdate X X X X") + f(8, "01.01.00", "00.00.00", str(256 * (n + 1))) + f(44, kind)
    head += f(8, str(records or len(times)), "1") + f(4, str(n)) + f(16, *labels, "EDF Annotations") + " " * 80 * n + f(8, *units, "")
    head += each(8, "-3276.8", "-1") + each(8, "3276.7", "1") + each(8, "-32768", "-32768") + each(8, "32767", "32767") + " " * 80 * n
    head += each(8, str(samples), "30") + " " * 32 * n
    with open(f"{folder}/{name}.edf", "wb") as out:
        out.write(head.encode())
        for r, t in enumerate(times):
            out.write(struct.pack(f"<{samples * (n - 1)}h", *range(samples * (n - 1))))
            out.write((f"+{t}\x14\x14\0" + (f"+{t}.2\x150.5\x14go\x14\0" if r else "")).encode().ljust(60, b"\0"))
edf("rec")
edf("gap", times=(0, 1, 5))
edf("parts", kind="EDF+D", times=(0, 1, 5))
edf("lying", records=9)
edf("degrees", units=("uV", "degC", "uV"))
edf("other", labels=("Fc5.", "C4..", "O1"))
whole = open(folder + "/rec.edf", "rb").read()
open(folder + "/cut.edf", "wb").write(whole[:-100])
open(folder + "/head.edf", "wb").write(whole[:700])
open(folder + "/bdf.edf", "wb").write(b"\xffBIOSEMI" + whole[8:])
open(folder + "/text.edf", "w").write("a,b\n1,2\n" * 99)
open(folder + "/good.csv", "w").write("name,x_m,y_m,z_m\nO1,1,2,3\ncz,4,5,6\nOz,0,0,1\nFC5,7,8,9\n")
open(folder + "/less.csv", "w").write("name,x_m,y_m,z_m\nO1,1,2,3\nC3,4,5,6\nFC5,7,8,9\n")
open(folder + "/nameless.csv", "w").write("label,x_m,y_m,z_m\nO1,1,2,3\n")
PY
cat >"$dir/epochs.lua" <<'LUA'
local t = require "tandem"
return t.pipeline {
  params = { edf = t.param.file {}, second = t.param.file { optional = true }, channels = t.param.file { default = "good.csv" }, event = t.param.text { default = "" }, samples = t.param.int { default = 10 } },
  build = function(p)
    local r = t.recording { p.edf, epochs = p.event ~= "" and { events = { p.event }, tmin = -0.1, tmax = 0.2 } or { samples = p.samples } }
    local out = { epochs = t.edf { r.epochs, like = r }, at = t.tensor.copy { r.positions(p.channels) } }
    if p.second then out.second = t.recording { p.second, like = r, shape = "E2 C T", epochs = { samples = p.samples } }.epochs end
    return out
  end,
}
LUA
edf() { "$tandem" run "$dir/epochs.lua" -p edf="$dir/$1.edf" --on native --no-db "${@:2}" 2>&1 >/dev/null | grep -v -e 'warning\[TD0801' -e '^    ' -e '^[0-9]* warning' >&2; return "${PIPESTATUS[0]}"; }
works edf rec --out "$dir/rec"
holds "positions in the order of the recording" $python -c 'import struct, sys; assert struct.unpack("<9d", open(sys.argv[1], "rb").read()[-72:]) == (7, 8, 9, 4, 5, 6, 1, 2, 3)' "$dir/rec/at.npy"
works "$tandem" run "$dir/epochs.lua" -p edf="$dir/rec/epochs.edf" --on native --no-db
says 5 'tandem: input "recording", DIR/cut.edf: it is cut off: its header promises 3 records of 120 bytes, the file ends at byte 1540, in record 3' edf cut
says 5 'tandem: input "recording", DIR/head.edf: it is cut off: its header has 1280 bytes, the file ends at byte 700' edf head
says 5 'tandem: input "recording", DIR/lying.edf: it is cut off: its header promises 9 records of 120 bytes, the file ends at byte 1640, in record 4' edf lying
says 5 'tandem: input "recording", DIR/parts.edf: byte 192: it is discontinuous (EDF+D): records do not follow one another; split it at its gaps into continuous files (EDF+C)' edf parts
says 5 'tandem: input "recording", DIR/gap.edf: byte 1580: record 3 starts at 5 s, not at 2 s: there is a gap; split the file there' edf gap
says 5 'tandem: input "recording", DIR/bdf.edf: it is a BDF file (24-bit samples); save it as EDF' edf bdf
says 5 'tandem: input "recording", DIR/text.edf: it is no EDF file: it does not start with the version, a 0 and seven blanks' edf text
says 5 'tandem: input "recording_calibration", DIR/degrees.edf: channel "Cz" is in "degC", not in V, mV, uV or nV: leave it out with except = { "Cz" }' edf degrees
says 5 'tandem: input "recording_starts", DIR/rec.edf: it has 30 samples a channel: room for 0 epochs of 31, not for 1' edf rec -p samples=31
says 5 'tandem: input "recording_starts", DIR/rec.edf: it has no annotation stop; its annotations are go (2)' edf rec -p event=stop
works edf rec -p event=go
works edf rec -p second="$dir/rec.edf"
says 5 'tandem: input "recording2", DIR/other.edf: it has no channel "Cz", did you mean C4?; its channels are Fc5, C4, O1' edf rec -p second="$dir/other.edf"
says 5 'tandem: input "channels", DIR/less.csv: it has no row for 1 channel of the recording: Cz; its rows without a channel: C3' edf rec -p channels="$dir/less.csv"
says 5 'tandem: input "channels", DIR/nameless.csv: it has no column "name"; its columns are label, x_m, y_m, z_m' edf rec -p channels="$dir/nameless.csv"
sed 's|p.edf,|t.file { path = "rec.edf", sha256 = ("0"):rep(64) },|' "$dir/epochs.lua" >"$dir/pinned.lua"
sum=$(sha256sum "$dir/rec.edf" | cut -c1-64)
says 5 "tandem: input \"recording\", DIR/rec.edf: its SHA-256 is $sum, the pin says $(printf '0%.0s' {1..64}); the file has changed, or the pin is wrong" "$tandem" run "$dir/pinned.lua" --on native --no-db
sed "s|(\"0\"):rep(64)|\"$sum\"|" "$dir/pinned.lua" >"$dir/right.lua"
works "$tandem" run "$dir/right.lua" --on native --no-db

# -- weights that are wrong --------------------------------------------------------------------------
$python - "$dir" <<'PY'
import json, struct, sys
def st(name, head, data=b""):
    h = head if isinstance(head, bytes) else json.dumps(head).encode()
    open(f"{sys.argv[1]}/{name}.safetensors", "wb").write(struct.pack("<Q", len(h)) + h + data)
t = lambda dtype, shape, a, b: {"dtype": dtype, "shape": shape, "data_offsets": [a, b]}
numbers = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
st("w", {"__metadata__": {"format": "pt"}, "out.weight": t("F32", [2, 3], 0, 24), "out.bias": t("F16", [2], 24, 28), "odd": t("I16", [1], 28, 30)}, numbers + b"\0\x3c\0\xc0xx")
st("overlap", {"out.weight": t("F32", [2, 3], 0, 24), "out.bias": t("F32", [2], 20, 28)}, numbers + b"1234")
st("lying", {"out.weight": t("F32", [2, 3], 0, 24), "out.bias": t("F32", [2], 24, 28)}, numbers + b"1234")
st("outside", {"out.weight": t("F32", [2, 3], 0, 24), "out.bias": t("F32", [2], 24, 32)}, numbers + b"1234")
st("shape", {"out.weight": t("F32", [3, 2], 0, 24), "out.bias": t("F32", [1], 24, 28)}, numbers + b"1234")
st("twice", b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', b"12")
open(f"{sys.argv[1]}/huge.safetensors", "wb").write(struct.pack("<Q", 1 << 62) + b"{}")
PY
cat >"$dir/linear.lua" <<'LUA'
local t = require "tandem"
return t.pipeline {
  params = { weights = t.param.file {}, bias = t.param.text { default = "out.bias" } },
  build = function(p)
    local w = t.weights { p.weights }
    return { ["out.y"] = t.nn.linear { t.const({ { 1, 1, 1 } }), w:get("out.weight", "2 3"), w:get(p.bias, "2") } }
  end,
}
LUA
linear() { "$tandem" run "$dir/linear.lua" -p weights="$dir/$1.safetensors" --on native --no-db "${@:2}"; }
works linear w --out "$dir/made.safetensors"
"$tandem" check "$dir/linear.lua" -p weights="$dir/w.safetensors" >"$dir/stdout" 2>&1
[ "$(grep -c 'w.safetensors) is not pinned' "$dir/stdout")" = 1 ] && ok || { bad "a file of weights is unpinned once"; cat "$dir/stdout"; }
holds "weights from a file, outputs into one" $python - "$dir" <<'PY'
import json, struct, sys
b = open(sys.argv[1] + "/made.safetensors", "rb").read()
n = struct.unpack("<Q", b[:8])[0]
assert json.loads(b[8:8 + n]) == {"out.y": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}
assert struct.unpack("<2f", b[8 + n:]) == (7.0, 13.0), struct.unpack("<2f", b[8 + n:])
PY
cat >"$dir/half.lua" <<'LUA'
local t = require "tandem"
return t.pipeline {
  params = { weights = t.param.file {} },
  build = function(p)
    local h = t.input { p.weights, tensor = "out.bias", dtype = "f16", shape = "2" }
    local w = t.weights { p.weights, dtype = "f16" }
    return { h = h, b = t.tensor.cast { h, dtype = "bf16" }, y = w:get("out.bias", "2") * 3 }
  end,
}
LUA
for device in native cpu; do
	works "$tandem" run "$dir/half.lua" -p weights="$dir/w.safetensors" --on $device --no-db --out "$dir/half-$device.safetensors"
done
holds "16 bits in, on the device, out" $python - "$dir" <<'PY'
import json, struct, sys
a, b = (open(f"{sys.argv[1]}/half-{d}.safetensors", "rb").read() for d in ("native", "cpu"))
n = struct.unpack("<Q", a[:8])[0]
head = json.loads(a[8:8 + n])
part = lambda name: a[8 + n + head[name]["data_offsets"][0]:8 + n + head[name]["data_offsets"][1]]
assert a == b and head["h"]["dtype"] == "F16" and head["b"]["dtype"] == "BF16"
assert struct.unpack("<2e", part("h")) == (1, -2) and struct.unpack("<2f", part("y")) == (3, -6)
assert struct.unpack("<2H", part("b")) == (0x3f80, 0xc000)
PY
says 2 'tandem: DIR/half/b.npy: .npy files cannot hold bf16; cast it to f32 first' "$tandem" run "$dir/half.lua" -p weights="$dir/w.safetensors" --on native --no-db --out "$dir/half"
says 5 'tandem: input "out.weight", DIR/overlap.safetensors: its tensors "out.weight" and "out.bias" overlap' linear overlap
says 5 'tandem: input "out.weight", DIR/lying.safetensors: its tensor "out.bias" has 2 elements of 4 bytes, but data_offsets of 4 bytes' linear lying
says 5 'tandem: input "out.weight", DIR/outside.safetensors: its tensor "out.bias" is said to lie at bytes 24 … 32 of the data, of which there are 28' linear outside
says 5 "tandem: input \"out.weight\", DIR/twice.safetensors: its header is damaged at byte 64: duplicate object key near '\"a\"'" linear twice
says 5 'tandem: input "out.weight", DIR/huge.safetensors: it is cut off or no .safetensors file: its header is said to have 4611686018427387904 bytes, the file has 10' linear huge
says 5 'tandem: input "out.bia", DIR/w.safetensors: it has no tensor "out.bia"; there is "out.bias" among 3' linear w -p bias=out.bia
says 5 'tandem: input "odd", DIR/w.safetensors: its tensor "odd" is I16; tandem reads F32, F64, F16, BF16, I32, I64, U8 and BOOL' linear w -p bias=odd
says 5 'tandem: input "out.weight", DIR/shape.safetensors: its shape is "3 2", the input declares "2 3"' linear shape
# -- attention: heads that do not fit, masks of another shape, NaN -------------------------------------
$python - "$dir" <<'PY'
import array, struct, sys
folder = sys.argv[1]
def npy(name, shape, numbers, code="f", descr="<f4"):
    h = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (descr, ", ".join(map(str, shape)))
    h += " " * (63 - (10 + len(h)) % 64) + "\n"
    with open(f"{folder}/{name}.npy", "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(h)) + h.encode() + array.array(code, numbers).tobytes())
def numbers(*shape):
    n = 1
    for d in shape: n *= d
    return [((i * 7) % 11) / 5 - 1 for i in range(n)]
for name, shape in (("q", (1, 2, 5, 4)), ("k", (1, 2, 7, 4)), ("k300", (1, 2, 7, 300)), ("q300", (1, 2, 5, 300)), ("v3", (1, 2, 7, 3)), ("bias", (1, 2, 1, 7))):
    npy(name, shape, numbers(*shape))
npy("qnan", (1, 2, 5, 4), [float("nan") if i == 33 else x for i, x in enumerate(numbers(1, 2, 5, 4))])
npy("m7", (1, 1, 1, 7), [1, 1, 0, 1, 1, 0, 1], "B", "|u1")
npy("m6", (1, 1, 5, 6), [1] * 30, "B", "|u1")
npy("m3", (3, 1, 5, 7), [1] * 105, "B", "|u1")
npy("m2d", (5, 7), [1] * 35, "B", "|u1")
PY
attend() { "$tandem" run pipelines/attention.lua --on native --no-db -p q="$dir/$1.npy" -p k="$dir/$2.npy" -p v="$dir/$3.npy" "${@:4}"; }
works attend q k v3 # values may have another size
works attend q k k -p mask="$dir/m7.npy" -p bias="$dir/bias.npy" -p causal=true
says 5 'tandem: input "k", DIR/k300.npy: D is 300 here, but 4 in input "q", DIR/q.npy' attend q k300 k
says 5 'tandem: input "v", DIR/q.npy: T is 5 here, but 7 in input "k", DIR/k.npy' attend q k q
says 2 'tandem: pipelines/attention.lua:37: step attention (attention.attention/native): heads of q and k have 300 numbers, at most 256 are possible: use more and smaller heads' attend q300 k300 k --quiet
says 5 'tandem: input "mask", DIR/m2d.npy: its shape is "5 7", the input declares "MB MH MS MT"' attend q k k -p mask="$dir/m2d.npy"
says 5 'tandem: input "mask", DIR/bias.npy: it holds f32, the input declares u8; declare dtype = "f32" and convert it with t.tensor.cast { x, dtype = "u8" }' attend q k k -p mask="$dir/bias.npy"
"$tandem" run pipelines/attention.lua --on native --no-db -p k="$dir/k.npy" 2>&1 | grep -q 'error\[TD0102\]: the input "q" has no file' && ok || bad "keys beside queries that are made up"
attend q k k -p mask="$dir/m6.npy" >/dev/null 2>"$dir/stderr"
[ $? = 2 ] && grep -q 'error\[TD0203\]: attention.attention: axis 4 of "mask" is MT = 6, expected T = 7 ("mask" is \[1|B 1|H 1|S 1|T\])' "$dir/stderr" && ok || bad "a mask of another length"
attend q k k -p mask="$dir/m3.npy" >/dev/null 2>"$dir/stderr"
[ $? = 2 ] && grep -q 'error\[TD0203\]: attention.attention: axis 1 of "mask" is MB = 3, expected B = 1 ' "$dir/stderr" && ok || bad "a mask of another batch"
for storage in f16 bf16; do
	works attend q k v3 -p storage=$storage -p mask="$dir/m7.npy" -p bias="$dir/bias.npy"
	"$tandem" run tests/bench/matmul.lua --on cpu --no-db -p m=4 -p n=4 -p k=4 -p dtype=$storage --impl tensor.matmul=clblast >/dev/null 2>"$dir/stderr"
	[ $? = 4 ] && grep -q "error\[TD0402\]: tensor.matmul: the impl \"clblast\" takes f32 or f64, and \"a\" is $storage" "$dir/stderr" && ok || bad "a library's impl and $storage"
done
works attend qnan k k --out "$dir/attended"
holds "a NaN in q is in its own row, and nowhere else" $python - "$dir/attended" <<'PY'
import math, struct, sys
b = open(sys.argv[1] + "/out.npy", "rb").read()[128:]
x = struct.unpack("<%df" % (len(b) // 4), b)
assert [i for i in range(10) if any(map(math.isnan, x[4 * i:4 * i + 4]))] == [8], x
PY

# what is wrong with the pipeline is said, also where its files do not fit because of it
printf 'local t = require "tandem"\nreturn t.pipeline { build = function() return { y = -t.input { "q.npy", shpe = "B H S D" } } end }\n' >"$dir/shpe.lua"
"$tandem" run "$dir/shpe.lua" --no-db --on native 2>&1 | grep -q 'fix: did you mean shape?' && ok || bad "findings before files"

# numbers that no element can be
refused() { # refused TEXT STEP: check says so of a pipeline with this step
	printf 'local t = require "tandem"\nreturn t.pipeline { build = function() return { y = %s } end }\n' "$2" >"$dir/refused.lua"
	"$tandem" check "$dir/refused.lua" 2>&1 | grep -qF "$1" && ok || bad "$2"
}
refused 'the elements of "x" cannot be value = 300' 't.tensor.pad { t.const({ 1 }, { dtype = "u8" }), value = 300 }'
refused 'the elements of "x" cannot be value = 2.5' 't.tensor.pad { t.const({ 1 }, { dtype = "i32" }), value = 2.5 }'
refused 'the elements of "x" cannot be value = 1e+300' 't.tensor.pad { t.const { 1 }, value = 1e300 }'
refused 'lo = -1e+38 to hi = 3e+38 is too wide for floats' 't.tensor.uniform { columns = 1, lo = -1e38, hi = 3e38, seed = 1 }'
refused 'mean = 1e+39 or sd = 1 is too large for floats' 't.tensor.normal { columns = 1, mean = 1e39, seed = 1 }'

# a byte order mark, as some editors write it
printf '\357\273\277local t = require "tandem"\nreturn t.pipeline { build = function() return { y = -t.const(1) } end }\n' >"$dir/mark.lua"
works "$tandem" check "$dir/mark.lua"

# data outside of its declared range
$python - "$dir" <<'PY'
import struct, sys
def npy(name, descr, shape, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    head += " " * (-(len(head) + 11) % 64) + "\n"
    open(sys.argv[1] + "/" + name, "wb").write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head.encode() + data)
npy("classes.npy", "<i4", "(2, 3)", struct.pack("<6i", 0, 1, 2, 3, 4, 12))
npy("tenths.npy", "<f4", "(3,)", struct.pack("<3f", 0.1, 0, float("nan")))
PY
ranged() { # ranged FILE DTYPE SHAPE LO HI
	printf 'local t = require "tandem"\nreturn t.pipeline { build = function() return { y = t.tensor.equal { t.input { "%s/%s", name = "x", dtype = "%s", shape = "%s", range = { %s, %s } }, t.const(0, { dtype = "%s" }) } } end }\n' \
		"$dir" "$1" "$2" "$3" "$4" "$5" "$2" >"$dir/ranged.lua"
	"$tandem" run "$dir/ranged.lua" --no-db --on native
}
works ranged classes.npy i32 "N M" 0 12
says 5 'tandem: input "x", DIR/classes.npy: element [1 2] is 12, outside of the declared range 0 to 9; mend the file, or declare the range that it has' \
	ranged classes.npy i32 "N M" 0 9
says 5 'tandem: input "x", DIR/tenths.npy: element [2] is nan, outside of the declared range 0 to 0.1; mend the file, or declare the range that it has' \
	ranged tenths.npy f32 N 0 0.1
