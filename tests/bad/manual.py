#!/usr/bin/python3
"""Prints docs/checks.md from engine/check/rules.def and the cases beside this script."""

import os
import re

HEAD = """# What is checked

`tandem check PIPELINE` proves a pipeline without a device and finds everything at once; `tandem plan` adds what depends on the device
(TD04, TD05), which may be a profile file. Findings have a place, the other end where there is one, and a way out. `--format json`
and `--format sarif` (2.1.0) print the same for programs; `--strict` makes errors of warnings. Exit code 0: no errors; 2: errors (4
when a plan does not fit its device).

This page is made from the rules and from the pipelines in `tests/bad/cases` (`make bad` holds it to them).

"""


def rules():
    text = open("engine/check/rules.def", encoding="utf-8").read()
    row = re.compile(r'TD_RULE\("(TD\d+)", TD_(\w+), ((?:\s*"(?:[^"\\]|\\.)*",?)+)\)', re.S)
    for id_, level, rest in row.findall(text):
        title, cause, cure = re.split(r'",\s*"', rest.strip().strip('"'))
        yield id_, level.lower(), *(re.sub(r'"\s*"', "", x).replace('\\"', '"') for x in (title, cause, cure))


def case(name):
    for ext in ("lua", "graph"):
        path = f"tests/bad/cases/{name}.{ext}"
        if os.path.exists(path):
            return open(path, encoding="utf-8").read().splitlines(), ext


def differing(bad, good):
    """The lines of `bad` that `good` does not have, and the other way round."""
    return ([x for x in bad if x not in good and not x.startswith(("-- args", "# args"))],
            [x for x in good if x not in bad and not x.startswith(("-- args", "# args"))])


def main():
    print(HEAD, end="")
    print("| rule | level | |\n|---|---|---|")
    for id_, level, title, *_ in rules():
        print(f"| [{id_}](#{id_.lower()}) | {level} | {title} |")
    for id_, level, title, cause, cure in rules():
        print(f"\n## {id_}\n\n**{title[0].upper() + title[1:]}** ({level}). {cause}\n\n*Cure.* {cure}\n")
        bad, ext = case(id_ + "_bad")
        good, _ = case(id_ + "_good")
        wrong, right = differing(bad, good)
        what = bad[0].lstrip("-# ") if ext == "lua" else bad[1].lstrip("-# ")
        print(f"Wrong: {what}.\n")
        said = open(f"tests/bad/cases/{id_}.txt", encoding="utf-8").read().splitlines()
        first = next((i for i, x in enumerate(said) if id_ in x), 0)
        shown = [said[first]] + [x for x in said[first + 1:first + 4] if x.startswith("    ")]
        print("```\n" + "\n".join([x.strip() for x in wrong] or ["(the pipeline is the same; the profile or the plug-in is not)"]) + "\n```\n")
        print("```\n" + "\n".join(x.replace("tests/bad/cases/", "") for x in shown) + "\n```\n")
        if right:
            print("Right:\n\n```\n" + "\n".join(x.strip() for x in right) + "\n```")


if __name__ == "__main__":
    main()
