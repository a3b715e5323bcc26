# shellcheck shell=bash disable=SC2154
# Devices, the database, plans without Lua. Read by tests/cli/run.

# -- devices -----------------------------------------------------------------------------------------
"$tandem" run $pipeline --on nosuch --no-db >/dev/null 2>"$dir/stderr"
[ $? = 4 ] && grep -q '^tandem: no device is called "nosuch"; there are:$' "$dir/stderr" && grep -q '^  native ' "$dir/stderr" && ok || bad "unknown device"
OCL_ICD_VENDORS=$dir/none "$tandem" run $pipeline --on cpu --no-db >/dev/null 2>"$dir/stderr"
[ $? = 4 ] && ok || bad "no OpenCL at all"
OCL_ICD_VENDORS=$dir/none works "$tandem" run $pipeline --on native --no-db

# -- the database ------------------------------------------------------------------------------------
works "$tandem" run $pipeline --on native --db "$db"
says 4 'tandem: cannot write the database DIR/good.npy/x.db: no permission, or a read-only file system; name another file with --db FILE' "$tandem" run $pipeline --on native --db "$dir/good.npy/x.db"
says 5 'tandem: DIR/junk.db is not a database: name another file with --db FILE' "$tandem" run $pipeline --on native --db "$dir/junk.db"
says 5 'tandem: there is no database DIR/none.db: `tandem run PIPELINE` makes it; name another file with --db FILE' "$tandem" query last --db "$dir/none.db"
says 5 'tandem: there is no database DIR/none.db: `tandem run PIPELINE` makes it; name another file with --db FILE' "$tandem" devices --db "$dir/none.db"
TANDEM_DB=$dir/none.db works "$tandem" devices
says 2 'tandem: there is no query "nosuch": `tandem query` lists them' "$tandem" query nosuch --db "$db"
says 2 'tandem: the query takes a number for COUNT, not "5x"' "$tandem" query last 5x --db "$db"
says 2 'tandem: the query takes a number for RUN, not "b"' "$tandem" query differences 1 b --db "$db"
echo kept >"$dir/kept.csv"
says 2 'tandem: there is no query "nosuch": `tandem query` lists them' "$tandem" query nosuch --db "$db" -o "$dir/kept.csv"
holds "a query that fails leaves the file alone" test "$(cat "$dir/kept.csv")" = kept
works "$tandem" query last --db "$db" -o "$dir/kept.csv" --format csv
holds "a query writes to a file" test "$("$tandem" query last --db "$db" --format csv)" = "$(cat "$dir/kept.csv")"
for sql in 'DELETE FROM run' 'DROP TABLE launch' 'INSERT INTO text VALUES (1, 2)' 'VACUUM INTO "x"' 'PRAGMA user_version = 7'; do
	"$tandem" query "$sql" --db "$db" >/dev/null 2>"$dir/stderr"
	[ $? = 2 ] && grep -q 'only reads' "$dir/stderr" && ok || bad "query allowed: $sql"
done
"$tandem" query "ATTACH '$dir/b.db' AS b" --db "$db" >/dev/null 2>&1
[ $? = 2 ] && [ ! -e "$dir/b.db" ] && ok || bad "query attached a file"
holds "queries changed nothing" test "$(sqlite3 "$db" 'SELECT count(*) FROM run')" = 1

if [ "$(id -u)" = 0 ] && mkdir "$dir/small" && mount -t tmpfs -o size=1m tmpfs "$dir/small" 2>/dev/null; then
	works "$tandem" run $pipeline --on native --db "$dir/small/x.db"
	head -c 2M /dev/zero >"$dir/small/fill" 2>/dev/null
	"$tandem" run $pipeline --on native --db "$dir/small/x.db" --repeat 50 >/dev/null 2>"$dir/stderr"
	[ $? = 4 ] && grep -q 'no room left on the disk' "$dir/stderr" && ok || { bad "full disk"; cat "$dir/stderr"; }
	rm "$dir/small/fill"
	holds "the run before the disk was full is there" test "$(sqlite3 "$dir/small/x.db" 'SELECT count(*) FROM run WHERE code = 0')" = 1
	"$tandem" run $pipeline --on native --no-db --out "$dir/small/out" -p k=2 >/dev/null 2>&1
	head -c 2M /dev/zero >"$dir/small/fill" 2>/dev/null
	"$tandem" run $pipeline --on native --no-db --out "$dir/small/out2" >/dev/null 2>"$dir/stderr"
	[ $? = 4 ] && ok || { bad "outputs on a full disk"; cat "$dir/stderr"; }
	umount "$dir/small"
else
	echo "skipped: a full disk needs root and tmpfs"
fi
"$tandem" run $pipeline --on native --no-db >/dev/full 2>"$dir/stderr"
[ $? = 4 ] && grep -q 'tandem: stdout cannot be written' "$dir/stderr" && ok || bad "a full stdout"

# kill -9 at any moment: what was there stays, the database is sound
runs_before=$(sqlite3 "$db" 'SELECT count(*) FROM run')
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	"$tandem" run $pipeline --on native --db "$db" --repeat 2000 >/dev/null 2>&1 &
	pid=$!
	sleep "0.0$((i * 7 % 10))$i"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done
holds "integrity after kill -9" test "$(sqlite3 "$db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok
works "$tandem" run $pipeline --on native --db "$db"
holds "the first run survived kill -9" test "$(sqlite3 "$db" "SELECT count(*) FROM run WHERE id <= $runs_before AND code = 0")" = "$runs_before"

# four writers at once
for i in 1 2 3 4; do
	"$tandem" run $pipeline --on native --db "$dir/many.db" --repeat 20 >/dev/null 2>"$dir/many.$i" &
done
wait
holds "four writers: nobody failed" test "$(cat "$dir"/many.? | wc -c)" = 0
holds "four writers: four runs" test "$(sqlite3 "$dir/many.db" 'SELECT count(*) FROM run WHERE code = 0')" = 4

# -- plans without Lua ----------------------------------------------------------------------------------
works "$tandem" plan pipelines/smoke.lua --on native -o "$dir/smoke.plan"
digests() { $python -c 'import json,sys; print(sorted((k, v["sha256"]) for k, v in json.load(open(sys.argv[1]))["outputs"].items()))' "$1"; }
works "$tandem" run pipelines/smoke.lua --on native --no-db --out "$dir/lua"
works "$tandem" run "$dir/smoke.plan" --no-db --out "$dir/plan"
says 2 'tandem: DIR/smoke.plan is a saved plan, whose parameters are settled: -p turns=… is for `tandem plan`' "$tandem" run "$dir/smoke.plan" --no-db -p turns=3
says 2 'tandem: DIR/smoke.plan is a saved plan, whose parameters are settled: -p seed=… is for `tandem plan`' "$tandem" compare "$dir/smoke.plan" --on native,ref --pairs 0 --no-db --seed 3
says 2 'tandem: --out is empty: it takes the name of a folder' "$tandem" run pipelines/smoke.lua --no-db --on native --out ""
says 2 'tandem: --impl tensor.men=cl: there is no node "tensor.men"; `tandem nodes` lists them' "$tandem" run pipelines/smoke.lua --no-db --impl tensor.men=cl
says 2 'tandem: --impl tensor.mean=nativ: tensor.mean has no such impl; did you mean native? `tandem nodes tensor.mean` lists them' "$tandem" run pipelines/smoke.lua --no-db --impl tensor.mean=nativ
says 2 'tandem: DIR/smoke.plan is a saved plan, whose impls and buffers are settled: --impl and --guard are for pipelines' "$tandem" run "$dir/smoke.plan" --no-db --impl tensor.mean=native
holds "a saved plan gives the same bits" test "$(digests "$dir/lua/run.json")" = "$(digests "$dir/plan/run.json")"
cat >"$dir/many.lua" <<LUA
local t = require "tandem"
return t.pipeline { build = function()
  local files = t.file { path = "$dir/good.npy", sha256 = "$(sha256sum "$dir/good.npy" | cut -c-64)" }
  local sum = t.input { files, name = "x0", dtype = "f32", shape = "N T" }
  for i = 1, 299 do sum = t.tensor.add { sum, t.input { files, name = "x" .. i, dtype = "f32", shape = "N T" } } end
  return { sum = sum }
end }
LUA
works "$tandem" plan "$dir/many.lua" --on native -o "$dir/many.plan"
works "$tandem" run "$dir/many.plan" --no-db # however many files it has
sed 's/"least"/"most"/; s/tensor.affine/tensor.afine/' "$dir/smoke.plan" >"$dir/wrong.plan"
"$tandem" run "$dir/wrong.plan" --no-db >/dev/null 2>"$dir/stderr"
[ $? = 2 ] && ok || { bad "a changed plan is refused"; cat "$dir/stderr"; }
