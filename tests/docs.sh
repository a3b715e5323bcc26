#!/bin/sh
# Every query of docs/sql.md runs as it stands. tests/docs.sh PATH-OF-TANDEM
set -u
cd "$(dirname "$0")/.."
db=$(mktemp -u) passed=0 failed=0
"$1" compare pipelines/brain_graph.lua --on native,cpu --pairs 2 --db "$db" >/dev/null 2>&1
n=$(grep -c '^```sql' docs/sql.md)
for i in $(seq "$n"); do
	sql=$(awk -v want="$i" '/^```sql/ { n++; inside = 1; next } /^```/ { inside = 0 } inside && n == want' docs/sql.md)
	if "$1" query "$sql" --db "$db" >/dev/null; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAIL query $i of docs/sql.md"
	fi
done
for q in $("$1" query --db "$db" | awk '{ print $1 }'); do
	if "$1" query "$q" --db "$db" >/dev/null; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAIL the named query $q"
	fi
done
rm -f "$db"*
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
