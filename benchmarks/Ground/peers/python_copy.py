#!/usr/bin/env python3
"""The usual script: read a .bson file with python3-bson, or a collection with pymongo, and write it to PostgreSQL with psycopg2's COPY.

usage: python_copy.py FILE DSN TABLE                            (the table exists; columns as below)
       python_copy.py mongodb://HOST:PORT/#DATABASE.COLLECTION DSN TABLE
"""
import io
import json
import sys

import bson
import psycopg2

COLUMNS = ["_id", "order_no", "customer", "email", "status", "total", "revision", "is_gift",
           "created_at", "updated_at", "address", "tags", "items"]
NESTED = {"address", "tags"}
CHUNK = 20000


def text(value, nested):
    if value is None:
        return "\\N"
    if nested:
        value = json.dumps(value, ensure_ascii=False)
    else:
        value = str(value)
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def documents(source):
    if not source.startswith("mongodb://"):
        with open(source, "rb") as file:
            yield from bson.decode_file_iter(file)
        return
    import pymongo
    uri, namespace = source.split("#")
    database, collection = namespace.split(".", 1)
    yield from pymongo.MongoClient(uri)[database][collection].find(batch_size=5000)


def main(path, dsn, table):
    connection = psycopg2.connect(dsn)
    cursor = connection.cursor()
    names = ", ".join('"%s"' % c for c in COLUMNS)
    sql = 'COPY "%s" (%s) FROM STDIN' % (table, names)
    buffer, rows, total = io.StringIO(), 0, 0
    for document in documents(path):
        buffer.write("\t".join(text(document.get(c), c in NESTED) for c in COLUMNS))
        buffer.write("\n")
        rows += 1
        if rows == CHUNK:
            buffer.seek(0)
            cursor.copy_expert(sql, buffer)
            buffer, total, rows = io.StringIO(), total + rows, 0
    buffer.seek(0)
    cursor.copy_expert(sql, buffer)
    connection.commit()
    print(total + rows)


if __name__ == "__main__":
    main(*sys.argv[1:4])
