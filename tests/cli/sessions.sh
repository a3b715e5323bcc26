# shellcheck shell=bash disable=SC2154
# What is made of sessions: exports, gates, reproductions, comparisons with the past. Read by tests/cli/run.

# -- the code of a pipeline --------------------------------------------------------------------------------
mkdir -p "$dir/repo/mine"
cp pipelines/smoke.lua "$dir/repo/mine/"
in_repo() { git -C "$dir/repo" -c user.name=t -c user.email=t@t "$@" >/dev/null 2>&1; }
code() { sqlite3 "$dir/git.db" "SELECT folder, commit_sha = '$(git -C "$dir/repo" rev-parse HEAD 2>/dev/null)', dirty, (SELECT content LIKE '$1' FROM text WHERE sha256 = diff) FROM session_git ORDER BY session DESC LIMIT 1"; }
mine() { "$tandem" run "$dir/repo/mine/smoke.lua" --on native --db "$dir/git.db" >/dev/null 2>&1; }
mine
holds "no repository, no row" test -z "$(code x)"
in_repo init -q && in_repo add -A && in_repo commit -qm first && mine
holds "a clean repository" test "$(code x)" = "$dir/repo/mine|1|0|"
echo "-- more" >>"$dir/repo/mine/smoke.lua" && touch "$dir/repo/other" && in_repo config color.ui always && mine
holds "a change of the folder is kept" test "$(code '%M%mine/smoke.lua%+-- more%')" = "$dir/repo/mine|1|1|1"
head -c 3000000 /dev/zero | tr '\0' 'x' >>"$dir/repo/mine/smoke.lua.txt" && in_repo add mine/smoke.lua.txt && mine
[ "$(code '%(the rest is left out: only 1048576 bytes are kept)%')" = "$dir/repo/mine|1|1|1" ] && ok || bad "a long diff is cut, and says so: $(code '%')"
holds "tandem query code" sh -c '"$1" query code --db "$2" --format csv | grep -q "mine,.*,1,"' - "$tandem" "$dir/git.db"

# -- export ------------------------------------------------------------------------------------------------
says 2 "tandem: export takes the number of a session, or run:NUMBER, not \"x\"; \`tandem query sessions\` and \`tandem query last\` list them" \
	"$tandem" export x "$dir/crate" --db "$db"
says 2 "tandem: there is no run 99 in DIR/a.db; \`tandem query last\` lists them" "$tandem" export run:99 "$dir/crate" --db "$db"
cp "$dir/nan.npy" "$dir/mine.npy"
"$tandem" compare $pipeline -p series="$dir/mine.npy" -p k=2 --on native,native --pairs 1 --db "$dir/e.db" >/dev/null 2>&1
works "$tandem" export 1 "$dir/crate" --db "$dir/e.db"
works $python tests/cli/crate.py "$dir/crate" "$dir/e.db"
holds "the input is in the crate" sh -c "cmp $dir/mine.npy $dir/crate/inputs/*/mine.npy"
rm "$dir/mine.npy"
works "$tandem" export run:2 "$dir/crate2" --db "$dir/e.db"
works $python tests/cli/crate.py "$dir/crate2"
holds "an input that is gone is known by its digest" grep -q 'the file is not part of this crate' "$dir/crate2/ro-crate-metadata.json"

# -- where a candidate begins to be worth it: two sizes, with speed-ups put in their place ---------------------
$python -c 'import sys, numpy
for n in 10, 40: numpy.save(f"{sys.argv[1]}/s{n}.npy", numpy.random.default_rng(n).standard_normal((n, 100)).astype("f4"))' "$dir"
for n in 10 40; do "$tandem" compare $pipeline -p series="$dir/s$n.npy" -p k=3 --on native,cpu --pairs 1 --db "$dir/s.db" >/dev/null 2>&1; done
holds "nothing to say without results" test "$("$tandem" query break_even_size --db "$dir/s.db" --format csv | wc -l)" = 1
sqlite3 "$dir/s.db" "UPDATE speedup SET value = CASE session WHEN 1 THEN 0.5 ELSE 2.0 END, worth = 'from', worth_calls = 12.3 WHERE a <> b"
holds "break-even size: between the two, as far from each" sh -c '"$1" query break_even_size --db "$2" --format csv | grep -q "end_to_end,faster from here on,24160,2,12080,48320"' - "$tandem" "$dir/s.db"
holds "break-even calls" sh -c '"$1" query break_even --db "$2" --format csv | grep -q "from 13 calls on"' - "$tandem" "$dir/s.db"
holds "shares of the error add up" test "$(sqlite3 "$dir/s.db" "SELECT count(*) FROM (SELECT sum(share) AS s FROM error_share GROUP BY run) WHERE abs(s - 1) > 1e-9 AND s <> 0")" = 0

# -- the same bits from another clone in another folder ---------------------------------------------------------
for device in native cpu; do works "$tandem" run $pipeline -p k=10 -p threshold=0.3 --on $device --db "$dir/first.db"; done
if git clone -q --local . "$dir/clone" 2>/dev/null; then
	mkdir -p "$dir/clone/build/release" # the program is taken along; only the first build would take minutes
	cp "$tandem" "$dir/clone/build/release/" && cp "$dir/first.db" "$dir/clone/copy.db"
	for run in 1 2; do
		(cd "$dir/clone" && build/release/tandem reproduce $run --db copy.db) >"$dir/stdout" 2>"$dir/stderr"
		[ $? = 0 ] && grep -q '^BIT-EQUAL' "$dir/stdout" && ok || { bad "reproduce $run in a clone"; cat "$dir/stdout" "$dir/stderr"; }
	done
else
	echo "skipped: a clone needs git"
fi

# -- devices, whatever the database is --------------------------------------------------------------------------
echo rubbish >"$dir/rubbish.db"
says 5 'tandem: DIR/rubbish.db is not a database: name another file with --db FILE' "$tandem" devices --db "$dir/rubbish.db"
says 0 'tandem: warning: DIR/rubbish.db is not a database: name another file with --db FILE' env TANDEM_DB="$dir/rubbish.db" "$tandem" devices
holds "they are listed all the same" grep -q '^native ' "$dir/stdout"

# -- gates --------------------------------------------------------------------------------------------------
smoke="$tandem compare pipelines/smoke.lua --on native,cpu --no-db --pairs 0"
says 2 'tandem: --gate agre: there is no "agre", did you mean agree; there are agree, bit_identical, speedup, kernel_speedup, norm_rel, accumulated, flips' $smoke --gate agre
says 2 'tandem: --gate speedup: column 8: >= or <= and a number go here' $smoke --gate speedup
says 2 'tandem: --gate speedup>=fast: column 10: "fast" is not a number' $smoke --gate 'speedup>=fast'
says 2 'tandem: --gate norm_rel<=nan: column 11: "nan" is not a number' $smoke --gate 'norm_rel<=nan'
says 2 'tandem: --pairs and --budget exclude each other' $smoke --budget 5
says 2 'tandem: --budget takes a number from 0.1, not "0"' $smoke --budget 0
says 2 'tandem: --oracle-flops takes a number from 1, not "0"' $smoke --oracle-flops 0
# mean costs little, synth much: what is not known decides nothing, and undoes nothing that is
says 3 '' $smoke --oracle-flops 1000 --gate 'norm_rel<=1e-6'
says 1 '' $smoke --oracle-flops 1000 --gate 'norm_rel<=1e-9'
says 0 '' $smoke --gate agree --gate bit_identical --gate 'norm_rel<=1e-6' --gate 'flips <= 0' --junit "$dir/pass.xml"
says 1 '' $smoke --gate agree --gate 'norm_rel<=1e-9' --junit "$dir/fail.xml"
says 3 '' $smoke --gate agree --gate 'speedup>=1.5' --junit "$dir/open.xml"
says 1 '' "$tandem" compare pipelines/smoke.lua --on native,native --no-db --pairs 6 --gate 'speedup>=50'
says 0 '' "$tandem" compare pipelines/smoke.lua --on native,native --no-db --pairs 6 --gate 'speedup>=0.02' --gate 'kernel_speedup<=50'
holds "JUnit counts" $python - "$dir" <<'PY'
import sys, xml.etree.ElementTree as x
for name, failures, skipped in ("pass", 0, 0), ("fail", 1, 0), ("open", 0, 1):
    suite = x.parse(f"{sys.argv[1]}/{name}.xml").getroot()
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases) > 20
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == failures
    assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped")) == skipped
PY

says 0 '' "$tandem" compare pipelines/smoke.lua --on native,ref --no-db --pairs 0 # ref keeps doubles: it promises no bits

# -- beside an earlier session --------------------------------------------------------------------------------
past="$tandem compare pipelines/smoke.lua --on native,native --db $dir/past.db --pairs 6"
says 2 'tandem: --against needs timed pairs and a database' "$tandem" compare pipelines/smoke.lua --on native,native --no-db --against 1
says 2 'tandem: --against needs timed pairs and a database' $past --pairs 0 --against 1
$past >/dev/null 2>&1
# The past is rewritten, so that the answer does not hang on this machine's mood: 20 times slower, then 20 times faster.
sqlite3 "$dir/past.db" 'UPDATE run SET wall_ns = wall_ns * 20 WHERE id IN (SELECT run FROM timed)'
says 0 '' $past --against 1
holds "an improvement is said" grep -qE '^  native .* IMPROVED$' "$dir/stdout"
sqlite3 "$dir/past.db" 'UPDATE run SET wall_ns = wall_ns / 400 WHERE session = 1 AND id IN (SELECT run FROM timed)'
says 1 '' $past --against 1
holds "a regression is said" grep -qE '^  native .* REGRESSED$' "$dir/stdout"
works "$tandem" run pipelines/smoke.lua --on native --db "$dir/past.db"
says 3 '' $past --against "$(sqlite3 "$dir/past.db" 'SELECT max(id) FROM session')"
holds "a session without such runs decides nothing" grep -q 'UNDECIDED: that session did not time this graph on this device' "$dir/stdout"

# -- answers for programs ----------------------------------------------------------------------------------
for command in "check $pipeline" "plan $pipeline --on native" "run $pipeline --on native --no-db" "compare $pipeline --on native,ref --pairs 0 --no-db" \
	"devices" "nodes" "nodes graph.corr" "query last --db $db" "twin tensor.copy"; do
	# shellcheck disable=SC2086
	"$tandem" $command --format json >"$dir/stdout" 2>/dev/null
	holds "JSON: $command" $python -c 'import json,sys; a = json.load(open(sys.argv[1])); assert a["schema"] == "tandem/%s/1" % sys.argv[2], a["schema"]' "$dir/stdout" "${command%% *}"
done

# a driver script is told of what would be ignored, and its numbers keep their digits
cat >"$dir/driver.lua" <<'LUA'
local tandem = require "tandem"
local smoke = "pipelines/smoke.lua"
local function says(want, f, ...)
  local ok, e = pcall(f, ...)
  if ok or tostring(e) ~= want then error(("%s, not %s"):format(tostring(e), want), 2) end
end
says('there is no field "repeat" here; did you mean repeats?', tandem.run, { smoke, ["repeat"] = 3 })
says('there is no field "2" here', tandem.check, { smoke, "more" })
says("params must be a table: params = { k = 5 }", tandem.check, { smoke, params = "turns=3" })
says("params: turns must be a number, a flag, a string or a list of them", tandem.check, { smoke, params = { turns = print } })
says("on must be a string or a list of strings", tandem.run, { smoke, on = { "native", 3 } })
says("repeats takes a whole number from 1 to 1000000000", tandem.run, { smoke, on = "native", repeats = (1 << 32) + 1 })
says("pairs takes a whole number from 0 to 1000", tandem.compare, { smoke, on = { "native", "ref" }, pairs = 5000 })
says("bad argument #2 to 'tandem.query' (table expected, got number)", tandem.query, "SELECT ?1", 3)
tandem.run { smoke, on = "native", params = { least = 1 / 3, turns = 3 }, db = arg[1] }
local value = tandem.query("SELECT value FROM run_param WHERE name = 'least'", {}, arg[1])[1].value
says("the query takes 1 argument, here are 64", tandem.query, "SELECT ?1", table.pack(("1"):rep(64):byte(1, -1)), arg[1])
assert(tonumber(value) == 1 / 3, value)
assert(#tandem.check { "pipelines/autoreject.lua", params = { n_interpolate = { 1, 2 }, clean = true } }.findings == 0)
LUA
works "$tandem" lua "$dir/driver.lua" "$dir/driver.db"

# a reproduction asks for the impls that the run asked for
"$tandem" run pipelines/smoke.lua --db "$dir/impl.db" --on ref --impl tensor.mean=native >/dev/null 2>&1
"$tandem" reproduce --db "$dir/impl.db" >/dev/null 2>&1
holds "impls of a reproduction" test "$(sqlite3 "$dir/impl.db" 'SELECT count(*), count(DISTINCT plan) FROM run')" = "2|1"

says 2 'tandem: --against 999: there is no such session in DIR/impl.db; `tandem query sessions` lists them' "$tandem" compare pipelines/smoke.lua --on native,ref --against 999 --db "$dir/impl.db"
says 2 'tandem: compare writes a folder for each device: --out DIR, not DIR/x.safetensors' "$tandem" compare pipelines/smoke.lua --on native,ref --pairs 0 --no-db --out "$dir/x.safetensors"

# the oracle is a device like others: its bits are its own, so only limits count
for on in native,ref ref,native; do works "$tandem" compare pipelines/smoke.lua --on $on --pairs 0 --no-db; done
"$tandem" run pipelines/smoke.lua --db "$dir/within.db" --on native >/dev/null 2>&1
sqlite3 "$dir/within.db" "UPDATE value SET sha256 = 'ff' || substr(sha256, 3) WHERE output = 'spread'"
"$tandem" reproduce 1 --db "$dir/within.db" 2>"$dir/stderr" | grep -q '^WITHIN LIMITS' && ok || { bad "other bits within limits"; cat "$dir/stderr"; }

# a report of the session that a run belongs to
"$tandem" report run:1 --format md --db "$dir/within.db" | grep -q '^## smoke: ran' && ok || bad "a report of a run"
says 2 'tandem: there is no run 99 in DIR/within.db; `tandem query last` lists them' "$tandem" report run:99 --db "$dir/within.db"

# what broke off agrees with nothing
"$tandem" compare pipelines/autoreject.lua -p epochs="$dir/eeg_nan.npy" -p channels="$dir/c.csv" --on native,ref --pairs 0 --db "$dir/broken.db" >/dev/null 2>&1
"$tandem" report --format md --db "$dir/broken.db" >"$dir/stdout" 2>&1
grep -q '^## autoreject: NO VERDICT' "$dir/stdout" && grep -q '^It broke off: pipelines/autoreject.lua:26: step check' "$dir/stdout" && ok || { bad "a report of what broke off"; cat "$dir/stdout"; }
"$tandem" report --format html --db "$dir/broken.db" | grep -q 'NO VERDICT' && "$tandem" report --format json --db "$dir/broken.db" | grep -q '"verdict": null' && ok || bad "a report of what broke off, as HTML and JSON"

# the module in a Lua of one's own
module=$(dirname "$tandem")/lib?.so
own() { env LUA_CPATH="$module" lua5.4 -e "print(require('tandem').compare{'pipelines/smoke.lua', on = {'native', 'ref'}, no_db = true, ${1-}}.verdict)"; }
if command -v lua5.4 >/dev/null; then
	[ "$(own)" = AGREE ] && ok || bad "compare from a plain Lua"
	own 'pairs = 1' 2>&1 | grep -q 'pairs are runs of the tandem program: set TANDEM_PROGRAM to its path' && ok || bad "pairs from a plain Lua"
	[ "$(TANDEM_PROGRAM=$tandem own 'pairs = 1' 2>/dev/null)" = AGREE ] && ok || bad "pairs from a plain Lua with TANDEM_PROGRAM"
fi
