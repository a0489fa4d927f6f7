#!/usr/bin/python3
"""Replays a mongodump folder and a chain of oplog files, independently of Millrace, and writes what MongoDB would hold.

    replay.py --out DIR [--dump FOLDER] [--database NAME] [--check] [OPLOG ...]

Oplog files are applied in the order given, the dump's own oplog.bson before them; entries that overlap are applied once. Each collection
becomes DIR/<namespace, percent-encoded>.ndjson, one document a line as canonical Extended JSON. A summary goes to standard output as JSON.
--check also reads every input document with python3-bson and compares the two readings.
"""
import argparse
import gzip
import json
import os
import struct
import sys
import urllib.parse

from bson_tree import DOCUMENT, read_document, to_json
from cross_check import check_reading
from oplog import Store

def open_maybe_gzip(path):
    stream = open(path, "rb")
    magic = stream.read(2)
    stream.seek(0)
    return gzip.open(stream) if magic == b"\x1f\x8b" else stream


def documents_of(path, check):
    with open_maybe_gzip(path) as stream:
        while True:
            head = stream.read(4)
            if not head:
                return
            size, = struct.unpack("<i", head)
            data = head + stream.read(size - 4)
            fields = read_document(data)
            if check:
                check_reading(data, fields)
            yield fields


def dumped_collections(folder):
    """(namespace, path) of each collection in a dump of one database or of several, and the path of its oplog or None."""
    found, oplog = [], None
    for parent, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            stem = name[:-3] if name.endswith(".gz") else name
            if not stem.endswith(".bson"):
                continue
            path = os.path.join(parent, name)
            if os.path.samefile(parent, folder) and stem == "oplog.bson":
                oplog = path
            else:
                database = os.path.basename(os.path.abspath(parent))
                found.append((database + "." + urllib.parse.unquote(stem[:-5]), path))
    return found, oplog


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--dump")
    parser.add_argument("--database")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("oplogs", nargs="*")
    arguments = parser.parse_args()

    store = Store()
    chain = list(arguments.oplogs)
    if arguments.dump:
        found, oplog = dumped_collections(arguments.dump)
        chain = ([oplog] if oplog else []) + chain
        for namespace, path in found:
            store.collection(namespace)
            for fields in documents_of(path, arguments.check):
                store.put(namespace, fields)
    for path in chain:
        store.apply_file(documents_of(path, arguments.check))
    write(store, arguments)


def write(store, arguments):
    os.makedirs(arguments.out, exist_ok=True)
    counts = {}
    for namespace, documents in sorted(store.collections.items()):
        if arguments.database and not namespace.startswith(arguments.database + "."):
            continue
        counts[namespace] = len(documents)
        with open(os.path.join(arguments.out, urllib.parse.quote(namespace, safe="") + ".ndjson"), "w", encoding="utf-8") as out:
            for fields in documents.values():
                out.write(to_json((DOCUMENT, fields)) + "\n")
    json.dump({"entries": store.applied, "pending": len(store.pending), "collections": counts}, sys.stdout)


if __name__ == "__main__":
    main()
