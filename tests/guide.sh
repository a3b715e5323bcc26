#!/bin/sh
# Follows docs/adding-a-node.md to the letter in a copy of the tree: writes its three files, adds its line,
# builds, and runs the twins. Usage: tests/guide.sh BUILD-FOLDER
set -eu
cd "$(dirname "$0")/.."
copy=build/guide
mkdir -p "$copy"
git ls-files -z | grep -zv '^tests/fuzz/corpus' | xargs -0 cp -pu --parents -t "$copy"
mkdir -p "$copy/$(dirname "$1")"
cp -pru "$1" "$copy/$(dirname "$1")"

# the block of code after the line that names a file
awk -v root="$copy/" '
	/^`nodes\/[a-z_\/]*\.(c|cl|lua)`:$/ { file = root substr($0, 2, length($0) - 3); next }
	/^```/ && file != "" { if (inside) { close(file); file = ""; inside = 0 } else inside = 1; next }
	inside { print > file }
	/^TD_NODE\(/ { print > (root "line") }' docs/adding-a-node.md

cp nodes/nodes.def "$copy/nodes/nodes.def"
sed -i "/^TD_NODE(graph, synth, /{
	r $copy/line
	N
}" "$copy/nodes/nodes.def"
make --no-print-directory -C "$copy" all >/dev/null
"$copy/$1/tandem" twin graph.strength
