#!/usr/bin/python3
"""Validates SARIF files against the schema of SARIF 2.1.0."""

import json
import sys

import jsonschema

with open("../shared/data/schemas/sarif-schema-2.1.0.json", encoding="utf-8") as f:
    validator = jsonschema.Draft4Validator(json.load(f))
wrong = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        for error in validator.iter_errors(json.load(f)):
            print(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
            wrong += 1
sys.exit(wrong > 0)
