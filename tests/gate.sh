#!/bin/bash
# Runs the stages of `make check`: tests/gate.sh BUILD... -- STAGE... The builds one after the other, the stages one per
# core at a time. Keeps going when one fails, and ends with a line that counts: tests of the stages that have
# tests, one for each stage that has none.
set -u
cd "$(dirname "$0")/.."
logs=build/gate
rm -rf "$logs"
mkdir -p "$logs"
began=$(date +%s)

# Adds up what a log says: "[  PASSED  ] 12 test(s).", " 2 FAILED TEST(S)", "36 passed, 0 failed".
count() {
	awk '/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
	     /^ *[0-9]+ FAILED TEST/          { f += $1 }
	     /^[0-9]+ passed, [0-9]+ failed/  { p += $1; f += $3 }
	     END { print p + 0, f + 0 }' "$1"
}

# Runs a stage; its log and its line, and for a failure what the log says of it, go to files of its own.
stage() {
	local name=$1 began p f word=ok
	began=$(date +%s)
	make --no-print-directory -k "$name" >"$logs/$name.log" 2>&1
	local status=$?
	read -r p f < <(count "$logs/$name.log")
	if [ $((p + f)) -eq 0 ]; then
		[ $status -eq 0 ] && p=1 || f=1
	elif [ $status -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	{
		if [ "$f" -ne 0 ]; then
			word=FAIL
			grep -E 'error|FAIL|warning|Error' "$logs/$name.log" | head -40
		fi
		printf '%-4s %-14s %5d passed %3d failed %4d s\n' "$word" "$name" "$p" "$f" $(($(date +%s) - began))
	} >"$logs/$name.said"
	echo "$p $f" >"$logs/$name.count"
	cat "$logs/$name.said"
}

while [ $# -gt 0 ] && [ "$1" != -- ]; do
	stage "$1"
	shift
done
cores=$(nproc)
for name in "${@:2}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$cores" ]; do wait -n; done
	stage "$name" &
done
wait
read -r passed failed < <(cat "$logs"/*.count | awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
echo "$(($(date +%s) - began)) s; logs are in $logs"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
