#!/bin/sh
# Every query of docs/sql.md runs as it stands, every table and view is described. tests/docs.sh PATH-OF-TANDEM
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
described() { # described WHAT FILE NAMES
	for name in $3; do
		if grep -q "\`$name\`" "$2"; then passed=$((passed + 1)); else
			failed=$((failed + 1))
			echo "FAIL $2 does not know the $1 $name"
		fi
	done
}
names() { "$1" query "SELECT name FROM sqlite_schema WHERE type = '$2' AND name NOT LIKE 'sqlite%'" --format csv --db "$db" | tr -d '\r' | tail -n +2; }
described table db/README.md "$(names "$1" table)"
described view docs/sql.md "$(names "$1" view)"
rm -f "$db"*
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
