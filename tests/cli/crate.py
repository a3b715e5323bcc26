"""Is a folder a Provenance Run Crate 0.5? crate.py FOLDER [DATABASE]

What the profiles demand (RO-Crate 1.1, Workflow RO-Crate 1.0, Process, Workflow and Provenance Run Crate 0.5), that every file is listed
and every listed file is there with its size and SHA-256, and, with the database, that the tables hold all rows."""
import csv
import hashlib
import json
import os
import sqlite3
import sys

folder = sys.argv[1]
crate = json.load(open(f"{folder}/ro-crate-metadata.json"))
assert crate["@context"] == ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
graph = crate["@graph"]
by_id = {e["@id"]: e for e in graph}
assert len(by_id) == len(graph), "an @id stands twice"


def listed(x):
    return x if isinstance(x, list) else [] if x is None else [x]


def types(e):
    return set(listed(e["@type"]))


def refs(e, key, *wanted):
    """What a property refers to; each has one of the wanted types."""
    out = [by_id[r["@id"]] for r in listed(e.get(key))]
    for o in out:
        assert types(o) & set(wanted), (e["@id"], key, o)
    return out


def all_refs(x):
    if isinstance(x, list):
        for y in x:
            yield from all_refs(y)
    elif isinstance(x, dict):
        if set(x) == {"@id"}:
            yield x["@id"]
        else:
            for v in x.values():
                yield from all_refs(v)


outside = ("https://w3id.org/ro/crate/1.1", "http://schema.org/")
for e in graph:
    assert "@type" in e, e
    for r in all_refs(list(e.values())):
        assert r in by_id or r.startswith(outside), (e["@id"], "refers to nothing", r)

# -- descriptor and root ---------------------------------------------------------------------------------
descriptor, root = by_id["ro-crate-metadata.json"], by_id["./"]
assert descriptor["about"] == {"@id": "./"} and {"@id": "https://w3id.org/ro/crate/1.1"} in descriptor["conformsTo"]
assert types(root) == {"Dataset"} and all(root[k] for k in ("name", "description", "datePublished", "license"))
profiles = refs(root, "conformsTo", "CreativeWork")
for url in ("ro/wfrun/process/0.5", "ro/wfrun/workflow/0.5", "ro/wfrun/provenance/0.5", "workflowhub/workflow-ro-crate/1.0"):
    assert any(p["@id"] == "https://w3id.org/" + url and p["version"] == url.split("/")[-1] for p in profiles), url

# -- files -----------------------------------------------------------------------------------------------
parts = {e["@id"] for e in refs(root, "hasPart", "File")}
there = {os.path.relpath(os.path.join(d, f), folder) for d, _, files in os.walk(folder) for f in files}
assert there == parts | {"ro-crate-metadata.json"}, there ^ parts
for name in parts:
    data = open(f"{folder}/{name}", "rb").read()
    assert by_id[name]["contentSize"] == str(len(data)) and by_id[name]["sha256"] == hashlib.sha256(data).hexdigest(), name
assert {e["@id"] for e in graph if "File" in types(e)} == parts

# -- the workflow ------------------------------------------------------------------------------------------
(workflow,) = refs(root, "mainEntity", "ComputationalWorkflow")
assert {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"} <= types(workflow) and workflow["@id"] in parts
assert refs(workflow, "programmingLanguage", "ComputerLanguage")[0]["name"]
tools = refs(workflow, "hasPart", "SoftwareApplication")
steps = refs(workflow, "step", "HowToStep")
assert tools and steps and all(t["name"] and t["softwareVersion"] for t in tools)
for s in steps:
    (tool,) = refs(s, "workExample", "SoftwareApplication")
    assert tool in tools and s["position"].isdigit()
for e in graph:
    if "FormalParameter" in types(e):
        assert e["name"] and e["additionalType"], e
for p in listed(workflow.get("input")) + listed(workflow.get("output")):
    assert types(by_id[p["@id"]]) == {"FormalParameter"}

# -- what happened -----------------------------------------------------------------------------------------
mentioned = [m["@id"] for m in root["mentions"]]
whole = [e for e in graph if "CreateAction" in types(e) and e["instrument"]["@id"] == workflow["@id"]]
single = [e for e in graph if "CreateAction" in types(e) and e not in whole]
assert whole and all(w["@id"] in mentioned and w["startTime"] and w["endTime"] and w["actionStatus"] for w in whole)
for w in whole:
    for o in refs(w, "object", "File", "PropertyValue", "CreativeWork") + refs(w, "result", "PropertyValue", "File"):
        assert refs(o, "exampleOfWork", "FormalParameter")
assert single and all(refs(a, "instrument", "SoftwareApplication")[0] in tools for a in single)
controls = [e for e in graph if "ControlAction" in types(e)]
assert len(controls) == len(single)
for c in controls:
    (step,), (did,) = refs(c, "instrument", "HowToStep"), refs(c, "object", "CreateAction")
    assert step in steps and did in single and did["instrument"] == step["workExample"]
engines = [e for e in graph if "OrganizeAction" in types(e)]
assert engines
for o in engines:
    assert refs(o, "instrument", "SoftwareApplication")[0]["name"] == "tandem"
    assert refs(o, "result", "CreateAction")[0] in whole and refs(o, "object", "ControlAction")

# -- tables --------------------------------------------------------------------------------------------------
tables = {p[len("tables/"):-len(".csv")] for p in parts if p.endswith(".csv") and p.startswith("tables/")}
assert {"run", "launch", "agreement", "value", "step_cost", "probe"} <= tables
for t in tables:
    rows = list(csv.DictReader(open(f"{folder}/tables/{t}.csv", newline="")))
    lines = [json.loads(line) for line in open(f"{folder}/tables/{t}.jsonl")]
    assert len(rows) == len(lines), t
    for row, line in zip(rows, lines):
        assert {k for k, v in row.items() if v != ""} - set(line) == set(), (t, row, line)
        assert all(float(row[k]) == v if isinstance(v, (int, float)) else row[k] == v for k, v in line.items()), (t, row, line)
    if len(sys.argv) > 2 and t not in ("session", "personality", "probe", "device", "device_field", "environment_field"):
        (n,) = sqlite3.connect(sys.argv[2]).execute(f"SELECT count(*) FROM {t}").fetchone()
        assert n == len(rows), (t, n, len(rows))
