#!/bin/sh
# The layer rule of docs/architecture.md, from the #include lines: own layer or lower; plan and device
# are strangers; each library's header has one home. Prints what breaks it and fails.
set -eu
cd "$(dirname "$0")/.."

awk_rule='
function layer(path) {
	if (path ~ /^engine\/tandem\.h$/)  return 0
	if (path ~ /^engine\/base\//)      return 1
	if (path ~ /^engine\/model\//)     return 2
	if (path ~ /^engine\/check\//)     return 3
	if (path ~ /^engine\/(plan|device)\//) return 4
	if (path ~ /^engine\/run\//)       return 5
	if (path ~ /^engine\/measure\//)   return 6
	if (path ~ /^db\//)                return 7
	if (path ~ /^lua\//)               return 8
	if (path ~ /^engine\/cli\//)       return 9
	return -1
}
# "../base/err.h" seen from engine/model/dim.h -> engine/base/err.h
function resolve(from, inc,   dir, n, parts, i, out, stack, top) {
	if (inc ~ /^(base|model|check|plan|device|run|measure|cli)\// || inc == "tandem.h") return "engine/" inc
	if (inc ~ /^(db|lua)\//) return inc
	dir = from; sub(/[^\/]*$/, "", dir)
	n = split(dir inc, parts, "/"); top = 0
	for (i = 1; i <= n; i++) {
		if (parts[i] == "..") top--
		else if (parts[i] != "" && parts[i] != ".") stack[++top] = parts[i]
	}
	out = stack[1]
	for (i = 2; i <= top; i++) out = out "/" stack[i]
	return out
}
function complain(text) { print FILENAME ":" FNR ": " text; bad = 1 }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\""); target = resolve(FILENAME, q[2])
	from = layer(FILENAME); to = layer(target)
	if (FILENAME ~ /^nodes\//) {
		split(FILENAME, f, "/")
		if (target != "engine/tandem.h" && target !~ "^nodes/" f[2] "/[^/]*\\.h$" && target !~ /^nodes\/[^\/]*\.h$/ && q[2] !~ /\.def$/)
			complain("a node includes \"tandem.h\" and headers under nodes/ only, not " q[2])
	} else if (to > from) complain("layer " from " includes layer " to ": " target)
	else if (FILENAME ~ /^engine\/plan\// && target ~ /^engine\/device\//) complain("plan and device are strangers")
	else if (FILENAME ~ /^engine\/device\// && target ~ /^engine\/plan\//) complain("plan and device are strangers")
}
/^[ \t]*#[ \t]*include[ \t]*<CL\//      { if (FILENAME !~ /^engine\/device\// && FILENAME !~ /clblast/) complain("<CL/…> belongs under engine/device") }
/^[ \t]*#[ \t]*include[ \t]*<(lua|lauxlib|lualib)\.h>/ { if (FILENAME !~ /^lua\//) complain("<lua.h> belongs under lua") }
/^[ \t]*#[ \t]*include[ \t]*<sqlite3\.h>/ { if (FILENAME !~ /^db\//) complain("<sqlite3.h> belongs under db") }
/^[ \t]*#[ \t]*include[ \t]*<curl\//    { if (FILENAME != "engine/base/fetch.c") complain("<curl/…> belongs in engine/base/fetch.c") }
END { exit bad }'

# shellcheck disable=SC2046
awk "$awk_rule" $(git ls-files 'engine/*.[ch]' 'nodes/*.[ch]' 'db/*.[ch]' 'lua/*.[ch]')
echo "layers: $(git ls-files 'engine/*.[ch]' 'nodes/*.[ch]' 'db/*.[ch]' 'lua/*.[ch]' | wc -l) files keep to their layers"
