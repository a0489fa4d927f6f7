#!/usr/bin/python3
"""Holds bson_tree.py against MongoDB's BSON corpus: corpus.py FOLDER prints how many valid cases were read and how many differed."""
import glob
import json
import os
import sys

from bson_tree import DOCUMENT, read_document, to_json


def normal(value):
    if isinstance(value, dict):
        if "$numberDouble" in value:
            return ("double", repr(float(value["$numberDouble"])))
        return [(name, normal(child)) for name, child in value.items()]
    return [normal(child) for child in value] if isinstance(value, list) else value


def main():
    cases = differing = 0
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.json"))):
        with open(path, encoding="utf-8") as stream:
            for case in json.load(stream).get("valid", []):
                cases += 1
                ours = to_json((DOCUMENT, read_document(bytes.fromhex(case["canonical_bson"]))))
                if normal(json.loads(ours)) != normal(json.loads(case["canonical_extjson"])):
                    differing += 1
                    print(case["description"], ours, case["canonical_extjson"], file=sys.stderr)
    json.dump({"cases": cases, "differing": differing}, sys.stdout)


if __name__ == "__main__":
    main()
