#!/bin/sh
# Runs the stages of `make check` one after the other, keeps going when one fails, and ends with a
# line that counts: tests of the stages that have tests, one for each stage that has none.
set -u
cd "$(dirname "$0")/.."
logs=build/gate
mkdir -p "$logs"
passed=0 failed=0

# Adds up what a log says: "[  PASSED  ] 12 test(s).", " 2 FAILED TEST(S)", "36 passed, 0 failed".
count() {
	awk '/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
	     /^ *[0-9]+ FAILED TEST/          { f += $1 }
	     /^[0-9]+ passed, [0-9]+ failed/  { p += $1; f += $3 }
	     END { print p + 0, f + 0 }' "$1"
}

for stage in "$@"; do
	began=$(date +%s)
	make --no-print-directory -k "$stage" >"$logs/$stage.log" 2>&1
	status=$?
	# shellcheck disable=SC2046
	set_counts() { p=$1 f=$2; }
	set_counts $(count "$logs/$stage.log")
	if [ $((p + f)) -eq 0 ]; then
		[ $status -eq 0 ] && p=1 || f=1
	elif [ $status -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f))
	word=ok
	if [ "$f" -ne 0 ]; then
		word=FAIL
		grep -E 'error|FAIL|warning|Error' "$logs/$stage.log" | head -40
	fi
	printf '%-4s %-14s %5d passed %3d failed %4d s\n' "$word" "$stage" "$p" "$f" $(($(date +%s) - began))
done
echo "logs are in $logs"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
