#!/usr/bin/env python3
"""Checks files against a JSON Schema; without --schema against SARIF 2.1.0.

usage: check.py [--schema FILE] FILE...

Exit 0 if every file fits, 1 if one does not, 2 if a file cannot be read. Needs the package `jsonschema`.
"""

import argparse
import json
import pathlib
import sys

import jsonschema

SARIF = pathlib.Path(__file__).with_name("sarif-2.1.0.json")
SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(description="checks files against a JSON Schema")
    parser.add_argument("--schema", type=pathlib.Path, default=SARIF)
    parser.add_argument("files", type=pathlib.Path, nargs="+", metavar="FILE")
    arguments = parser.parse_args()

    schema = json.loads(arguments.schema.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    check = validator(schema)

    failed = False
    for path in arguments.files:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
        errors = list(check.iter_errors(document))
        for error in errors[:SHOWN]:
            print(f"{path}: {error.json_path}: {error.message[:300]}", file=sys.stderr)
        if len(errors) > SHOWN:
            print(f"{path}: and {len(errors) - SHOWN} more errors", file=sys.stderr)
        failed = failed or bool(errors)
        print(f"{path}: {'does not fit' if errors else 'fits'} {arguments.schema.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
