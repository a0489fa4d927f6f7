"""Drives the simulator with pymongo, as a client that knows nothing of it. Usage: pymongo_client.py SCENARIO URI [ARGUMENT...]"""
import datetime
import re
import sys
import threading
import time

import bson
import pymongo
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError

Timestamp = bson.Timestamp


def connect(uri, **more):
    return pymongo.MongoClient(uri, serverSelectionTimeoutMS=8000, heartbeatFrequencyMS=500, **more)


def collect(stream, count, seconds=15):
    events, end = [], time.monotonic() + seconds
    while len(events) < count and time.monotonic() < end:
        event = stream.try_next()
        if event is not None:
            events.append(event)
    assert len(events) == count, f"{len(events)} events instead of {count}"
    return events


def fails(code, action):
    try:
        action()
    except OperationFailure as error:
        assert error.code == code, f"code {error.code} instead of {code}: {error}"
        return error
    raise AssertionError(f"no error {code}")


def crud(client):
    orders = client.shop.orders
    values = {
        "_id": 0, "i": 1, "l": bson.Int64(2**53 + 1), "d": 1.5, "n": None, "b": b"\x00\x01", "t": True, "s": "grüße\x00",
        "when": datetime.datetime(2020, 1, 2, 3, 4, 5, 678000), "ts": Timestamp(1, 2), "dec": bson.Decimal128("1.10"),
        "re": bson.Regex("^a", "i"), "min": bson.MinKey(), "max": bson.MaxKey(), "oid": bson.ObjectId(), "arr": [1, [2], {"x": 3}],
    }
    orders.insert_one(values)
    found = orders.find_one({"_id": 0})
    assert found == values, found
    orders.insert_many([{"_id": i, "a": i % 7, "nested": {"x": [i, -i]}} for i in range(1, 1000)])
    assert orders.count_documents({}) == 1000
    assert orders.estimated_document_count() == 1000
    assert orders.count_documents({"a": {"$in": [1, 2]}, "_id": {"$gt": 500}}) == len([i for i in range(501, 1000) if i % 7 in (1, 2)])
    assert [d["_id"] for d in orders.find({"a": 3}).sort([("nested.x", -1)]).limit(3)] == [997, 990, 983]
    assert orders.find_one({"nested.x": -5})["_id"] == 5
    assert orders.find_one({"nested.x.1": -6}, {"_id": 0, "a": 1}) == {"a": 6}
    result = orders.update_many({"a": 1}, {"$inc": {"a": 100}, "$set": {"nested.y": "z"}, "$push": {"log": {"$each": [1, 2, 3], "$slice": -2}}})
    assert result.matched_count == result.modified_count == 143, result.raw_result
    assert orders.find_one({"_id": 1}) == {"_id": 1, "a": 101, "nested": {"x": [1, -1], "y": "z"}, "log": [2, 3]}
    assert orders.update_one({"_id": "new"}, {"$set": {"v": 1}, "$setOnInsert": {"w": 2}}, upsert=True).upserted_id == "new"
    assert orders.find_one({"_id": "new"}) == {"_id": "new", "v": 1, "w": 2}
    assert orders.replace_one({"_id": "new"}, {"v": 3}).modified_count == 1
    assert orders.find_one_and_delete({"_id": "new"}) == {"_id": "new", "v": 3}
    after = orders.find_one_and_update({"_id": 2}, {"$unset": {"a": 1}, "$rename": {"nested": "inner"}}, return_document=True)
    assert after == {"_id": 2, "inner": {"x": [2, -2]}}, after
    assert orders.delete_many({"_id": {"$lt": 100}}).deleted_count == 100
    assert orders.distinct("a", {"_id": {"$gt": 900}}) == [0, 2, 3, 4, 5, 6, 101]
    grouped = list(orders.aggregate([{"$match": {"_id": {"$gte": 990}}}, {"$group": {"_id": None, "n": {"$sum": 1}, "lo": {"$min": "$_id"}, "hi": {"$max": "$_id"}}}]))
    assert grouped == [{"_id": None, "n": 10, "lo": 990, "hi": 999}], grouped
    assert type(grouped[0]["n"]) is int
    try:
        orders.insert_many([{"_id": 5000}, {"_id": 999}, {"_id": 5001}], ordered=False)
        raise AssertionError("a duplicate was inserted")
    except BulkWriteError as error:
        assert error.details["nInserted"] == 2 and error.details["writeErrors"][0]["code"] == 11000, error.details
    try:
        orders.insert_one({"_id": 999.0})
        raise AssertionError("999.0 is the same key as 999")
    except DuplicateKeyError:
        pass
    fails(66, lambda: orders.update_one({"_id": 999}, {"$set": {"_id": 1}}))
    fails(59, lambda: client.shop.command("frobnicate"))
    fails(40415, lambda: client.shop.command("find", "orders", frobnicate=1))
    fails(2, lambda: orders.find_one({"a": {"$frob": 1}}))
    fails(40324, lambda: list(orders.aggregate([{"$frob": 1}])))


def order_of_types(client):
    mixed = client.shop.mixed
    ordered = [
        bson.MinKey(), None, float("nan"), float("-inf"), bson.Decimal128("-1E+6000"), -5, bson.Decimal128("0.1"), 0.1, 1, 1.5, 2**53,
        bson.Int64(2**53 + 1), bson.Int64(2**63 - 1), float("inf"), "", "a", "a\x00", "b", {}, {"a": 1}, {"b": 1}, {"a": "s"},
        b"", b"zz", b"aaa", bson.ObjectId("0" * 24), False, True, datetime.datetime(1969, 1, 1), datetime.datetime(2020, 1, 1), Timestamp(1, 1),
        bson.MaxKey(),
    ]
    shuffled = ordered[1::2] + ordered[::2]
    mixed.insert_many([{"_id": v} for v in shuffled])

    def names(values):
        return [repr(v) for v in values]

    assert names(d["_id"] for d in mixed.find().sort("_id", 1)) == names(ordered), names(d["_id"] for d in mixed.find().sort("_id", 1))
    assert names(d["_id"] for d in mixed.find().sort("_id", -1)) == names(reversed(ordered))
    assert names(d["_id"] for d in mixed.find({"_id": {"$gte": 1, "$lt": 2**53}}).sort("_id", 1)) == names([1, 1.5])
    assert names(d["_id"] for d in mixed.find({"_id": {"$lt": -1}}).sort("_id", 1)) == names([float("-inf"), bson.Decimal128("-1E+6000"), -5])
    assert mixed.count_documents({"_id": {"$gt": bson.MinKey()}}) == len(ordered) - 1
    lower, upper = [("_id", "a")], [("_id", b"zz")]
    ranged = [d["_id"] for d in mixed.find().hint([("_id", 1)]).min(lower).max(upper)]
    assert names(ranged) == names(["a", "a\x00", "b", {}, {"a": 1}, {"b": 1}, {"a": "s"}, b""]), ranged


def filters(client):
    """Cases from the manual's pages on query operators, null, arrays and embedded documents."""
    things = client.shop.things
    things.insert_many([
        {"_id": 1, "a": 1, "tags": ["red", "blue"], "sub": {"x": 1, "y": 2}, "list": [{"p": 1, "q": 2}, {"p": 3, "q": 4}]},
        {"_id": 2, "a": 2.0, "tags": ["blue"], "sub": {"y": 2, "x": 1}, "list": [{"p": 1, "q": 4}]},
        {"_id": 3, "a": None, "tags": [], "sub": None},
        {"_id": 4, "tags": "blue", "sub": 5, "list": []},
        {"_id": 5, "a": "2", "tags": [["blue"]], "n": [1, 5, 9]},
        {"_id": 6, "a": [1, 2, 3], "n": [20]},
        {"_id": 7, "a": bson.Int64(7), "s": "Hello\nWorld", "n": 5},
        {"_id": 8, "a": float("nan"), "when": datetime.datetime(2020, 1, 1)},
    ])
    cases = [
        ({"a": 2}, [2, 6]), ({"a": {"$gt": 1}}, [2, 6, 7]), ({"a": {"$lte": 1}}, [1, 6]), ({"a": {"$ne": 2}}, [1, 3, 4, 5, 7, 8]),
        ({"a": None}, [3, 4]), ({"a": {"$exists": False}}, [4]), ({"a": {"$exists": True, "$eq": None}}, [3]), ({"a": {"$type": "number"}}, [1, 2, 6, 7, 8]),
        ({"a": {"$type": ["string", "null"]}}, [3, 5]), ({"a": {"$type": "array"}}, [6]), ({"a": {"$type": 18}}, [7]), ({"a": {"$in": [1, "2", None]}}, [1, 3, 4, 5, 6]),
        ({"a": {"$nin": [1, None]}}, [2, 5, 7, 8]), ({"a": [1, 2, 3]}, [6]), ({"a": {"$not": {"$gte": 2}}}, [1, 3, 4, 5, 8]), ({"a": float("nan")}, [8]),
        ({"a": {"$lt": 5}}, [1, 2, 6]), ({"a": {"$mod": [2, 1]}}, [1, 6, 7]), ({"a.0": 1}, [6]), ({"a": {"$size": 3}}, [6]),
        ({"tags": "blue"}, [1, 2, 4]), ({"tags": ["blue"]}, [2, 5]), ({"tags": {"$all": ["blue", "red"]}}, [1]), ({"tags": {"$size": 0}}, [3]),
        ({"tags": {"$regex": "^b"}}, [1, 2, 4]), ({"tags.0": "blue"}, [2]), ({"tags": []}, [3]), ({"s": {"$regex": "^world", "$options": "im"}}, [7]),
        ({"s": re.compile("hello", re.I)}, [7]), ({"s": {"$not": re.compile("^H")}}, [1, 2, 3, 4, 5, 6, 8]), ({"s": {"$in": [re.compile("World$")]}}, [7]),
        ({"sub": {"x": 1, "y": 2}}, [1]), ({"sub.x": 1, "sub.y": 2}, [1, 2]), ({"sub.x": None}, [3, 4, 5, 6, 7, 8]), ({"sub.x": {"$exists": False}}, [3, 4, 5, 6, 7, 8]),
        ({"list.p": 1, "list.q": 4}, [1, 2]), ({"list": {"$elemMatch": {"p": 1, "q": 4}}}, [2]), ({"list.1.p": 3}, [1]),
        ({"n": {"$elemMatch": {"$gt": 5, "$lt": 10}}}, [5]), ({"n": {"$gt": 5, "$lt": 10}}, [5]), ({"n": {"$gt": 10, "$lt": 6}}, []), ({"n": {"$gt": 8, "$lt": 2}}, [5]),
        ({"$or": [{"a": 1}, {"n": 20}]}, [1, 6]), ({"$nor": [{"a": {"$exists": True}}, {"tags": "red"}]}, [4]), ({"$and": [{"_id": {"$gt": 2}}, {"_id": {"$lt": 5}}, {"tags": "blue"}]}, [4]),
        ({"_id": {"$in": [1, 5, 99]}}, [1, 5]), ({"_id": {"$gte": 3, "$lte": 5, "$ne": 4}}, [3, 5]), ({"$expr": {"$gt": ["$_id", {"$add": [3, 3]}]}}, [7, 8]),
        ({"when": {"$gte": datetime.datetime(2019, 1, 1)}}, [8]), ({"when": {"$gte": 0}}, []), ({"_id": {"$gt": bson.MinKey()}}, [1, 2, 3, 4, 5, 6, 7, 8]),
    ]
    for case, expected in cases:
        found = sorted(d["_id"] for d in things.find(case))
        assert found == expected, (case, found, expected)
        assert sorted(d["_id"] for d in things.aggregate([{"$match": case}])) == expected, case
        assert things.count_documents(case) == len(expected)
    projections = [
        ({"a": 1}, {"_id": 1, "a": 1}), ({"sub.x": 1, "_id": 0}, {"sub": {"x": 1}}), ({"list.p": 1}, {"_id": 1, "list": [{"p": 1}, {"p": 3}]}),
        ({"list": 0, "tags": 0, "sub.y": 0}, {"_id": 1, "a": 1, "sub": {"x": 1}}), ({"_id": 1}, {"_id": 1}),
    ]
    for projection, expected in projections:
        assert things.find_one({"_id": 1}, projection) == expected, (projection, things.find_one({"_id": 1}, projection))
    for refused in ({"collation": {"locale": "de"}}, {"let": {"x": 1}}, {"readConcern": {"level": "snapshot"}}):
        fails(72, lambda: client.shop.command("find", "things", **refused))


def cursors(client):
    many = client.shop.many
    many.insert_many([{"_id": i, "pad": "x" * 1000} for i in range(5000)])
    cursor = many.find(batch_size=7).sort("_id", 1)
    assert [d["_id"] for d in cursor] == list(range(5000))
    cursor = many.find(batch_size=10)
    next(cursor)
    reply = client.shop.command("killCursors", "many", cursors=[cursor.cursor_id])
    assert reply["cursorsKilled"] == [cursor.cursor_id], reply
    fails(43, lambda: client.shop.command("getMore", cursor.cursor_id, collection="many"))
    # A cursor goes on after writes before and after its place.
    cursor = many.find(batch_size=100).sort("_id", 1)
    seen = [next(cursor)["_id"] for _ in range(100)]
    many.delete_many({"_id": {"$lt": 150}})
    many.insert_one({"_id": 4999.5})
    seen += [d["_id"] for d in cursor]
    assert seen == list(range(100)) + list(range(150, 5000)) + [4999.5]
    doomed = client.shop.doomed
    doomed.insert_many([{"_id": i} for i in range(300)])
    for end in (lambda: doomed.rename("moved"), lambda: client.shop.moved.drop()):
        cursor = client.shop[doomed.name if "doomed" in client.shop.list_collection_names() else "moved"].find(batch_size=2)
        next(cursor)
        end()
        fails(175, lambda: list(cursor))
    single = client.shop.command("find", "many", batchSize=3, singleBatch=True)
    assert single["cursor"]["id"] == 0 and len(single["cursor"]["firstBatch"]) == 3
    assert client.shop.command("find", "many", batchSize=0)["cursor"]["firstBatch"] == []
    keys = client.admin.command("splitVector", "shop.many", keyPattern={"_id": 1}, maxChunkSizeBytes=1_000_000)["splitKeys"]
    assert len(keys) >= 8 and keys == sorted(keys, key=lambda k: k["_id"]), keys
    buckets = list(many.aggregate([{"$bucketAuto": {"groupBy": "$_id", "buckets": 4}}]))
    assert len(buckets) == 4 and sum(b["count"] for b in buckets) == 4851, buckets
    assert len(list(many.aggregate([{"$sample": {"size": 20}}]))) == 20
    assert client.shop.command("collStats", "many")["count"] == 4851


def listings(client):
    shop = client.shop
    shop.create_collection("capped", capped=True, size=4096, max=3)
    shop.create_collection("base")
    shop.create_collection("view", viewOn="base", pipeline=[{"$match": {"a": 1}}])
    shop.command("create", "series", timeseries={"timeField": "t"})
    shop.command("create", "clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    shop.base.insert_many([{"_id": i, "a": i % 2} for i in range(10)])
    shop.base.create_index([("a", 1)])
    kinds = {c["name"]: c["type"] for c in shop.list_collections()}
    assert kinds == {"base": "collection", "capped": "collection", "clustered": "collection", "series": "timeseries", "view": "view"}, kinds
    assert [c["name"] for c in shop.list_collections(filter={"type": "view"})] == ["view"]
    assert shop.view.count_documents({}) == 5 and [d["_id"] for d in shop.view.find({"_id": {"$gt": 5}}).sort("_id", -1)] == [9, 7]
    assert [i["name"] for i in shop.base.list_indexes()] == ["_id_", "a_1"]
    assert {"admin", "config", "local", "shop"} == set(client.list_database_names())
    for i in range(5):
        shop.capped.insert_one({"_id": i})
    assert [d["_id"] for d in shop.capped.find()] == [2, 3, 4]
    fails(166, lambda: shop.view.insert_one({}))
    fails(26, lambda: list(shop.command("listIndexes", "missing")))
    assert "oplog.rs" in client.local.list_collection_names()


def transactions(client):
    items = client.shop.items
    items.insert_many([{"_id": i, "v": 0} for i in range(3)])
    with client.start_session() as session:
        with session.start_transaction():
            items.insert_one({"_id": 10}, session=session)
            items.update_many({}, {"$set": {"v": 1}}, session=session)
            items.delete_one({"_id": 0}, session=session)
            assert {d["_id"]: d.get("v") for d in items.find(session=session)} == {1: 1, 2: 1, 10: 1}
            assert items.find_one({"_id": 10}) is None and items.count_documents({}) == 3
        assert {d["_id"]: d.get("v") for d in items.find()} == {1: 1, 2: 1, 10: 1}
        session.start_transaction()
        items.insert_one({"_id": 11}, session=session)
        session.abort_transaction()
        assert items.find_one({"_id": 11}) is None
        session.start_transaction()
        items.update_one({"_id": 1}, {"$set": {"v": "mine"}}, session=session)
        items.update_one({"_id": 1}, {"$set": {"v": "theirs"}})
        error = fails(112, session.commit_transaction)
        assert error.has_error_label("TransientTransactionError")
        assert items.find_one({"_id": 1})["v"] == "theirs"
    entries = [e for e in client.local["oplog.rs"].find({"o.applyOps": {"$exists": True}})]
    assert [len(e["o"]["applyOps"]) for e in entries] == [6], entries
    assert [o["op"] for o in entries[0]["o"]["applyOps"]] == ["i", "u", "u", "u", "u", "d"]


def change_streams(client):
    shop = client.shop
    shop.create_collection("o", changeStreamPreAndPostImages={"enabled": True})
    stream = shop.watch(max_await_time_ms=200)
    first = stream.resume_token
    assert stream.try_next() is None
    client.other.quiet.insert_one({})
    assert stream.try_next() is None and stream.resume_token["_data"] > first["_data"], "a quiet stream's token stands still"
    shop.o.insert_one({"_id": 1, "a": {"b": [1, 2, 3], "long": "x" * 100}, "c": 1})
    shop.o.update_one({"_id": 1}, {"$set": {"a.b.1": 9, "z": 5}, "$unset": {"c": 1}})
    shop.o.update_one({"_id": 1}, {"$pop": {"a.b": 1}})
    shop.o.replace_one({"_id": 1}, {"x": 1})
    shop.o.delete_one({"_id": 1})
    events = collect(stream, 5)
    assert [e["operationType"] for e in events] == ["insert", "update", "update", "replace", "delete"]
    assert events[1]["updateDescription"] == {"updatedFields": {"z": 5, "a.b.1": 9}, "removedFields": ["c"], "truncatedArrays": []}, events[1]
    assert all(e["ns"] == {"db": "shop", "coll": "o"} and e["documentKey"] == {"_id": 1} for e in events)
    assert sorted(e["_id"]["_data"] for e in events) == [e["_id"]["_data"] for e in events]
    for at in range(4):
        again = collect(shop.o.watch(resume_after=events[at]["_id"], max_await_time_ms=200), 4 - at)
        assert again == events[at + 1:], (at, again)
    images = shop.o.aggregate([{"$changeStream": {"resumeAfter": events[0]["_id"], "fullDocument": "required", "fullDocumentBeforeChange": "required"}}])
    image = next(images)
    assert image["fullDocumentBeforeChange"]["c"] == 1 and image["fullDocument"]["a"]["b"] == [1, 9, 3], image
    lookup = collect(shop.o.watch(resume_after=events[0]["_id"], full_document="updateLookup", max_await_time_ms=200), 1)[0]
    assert lookup["fullDocument"] is None
    matched = collect(shop.o.watch([{"$match": {"operationType": "delete"}}, {"$project": {"documentKey": 1}}], start_at_operation_time=events[0]["clusterTime"], max_await_time_ms=200), 1)
    assert set(matched[0]) == {"_id", "documentKey"}
    fails(280, lambda: collect(shop.o.watch([{"$project": {"_id": 0}}], start_at_operation_time=events[0]["clusterTime"]), 1))
    with client.start_session() as session, session.start_transaction():
        for i in range(5):
            shop.o.insert_one({"_id": 10 + i}, session=session)
    whole = collect(client.watch(start_at_operation_time=events[0]["clusterTime"], max_await_time_ms=200), 10)
    assert [e["documentKey"]["_id"] for e in whole[5:]] == [10, 11, 12, 13, 14]
    assert len({e["clusterTime"] for e in whole[5:]}) == 1 and all("lsid" in e and "txnNumber" in e for e in whole[5:])
    middle = collect(shop.watch(resume_after=whole[6]["_id"], max_await_time_ms=200), 3)
    assert [e["documentKey"]["_id"] for e in middle] == [12, 13, 14], "resume inside of a transaction"
    shop.o.rename("o2")
    shop.o2.drop()
    client.drop_database("shop")
    shop.p.insert_one({})
    client.drop_database("shop")
    rest = collect(shop.watch(resume_after=whole[-1]["_id"], max_await_time_ms=200), 5 + 1)
    assert [e["operationType"] for e in rest] == ["rename", "drop", "insert", "drop", "dropDatabase", "invalidate"], rest
    fails(260, lambda: shop.watch(resume_after=rest[-1]["_id"]))
    after = shop.watch(start_after=rest[-1]["_id"], max_await_time_ms=200)
    shop.q.insert_one({"_id": "after"})
    assert collect(after, 1)[0]["documentKey"] == {"_id": "after"}
    collection = collect(shop.o.watch(resume_after=whole[-1]["_id"], max_await_time_ms=200), 2)
    assert [e["operationType"] for e in collection] == ["rename", "invalidate"]


def tail(client):
    entries = client.local["oplog.rs"]
    last = entries.find().sort("$natural", -1).limit(1)[0]["ts"]
    cursor = entries.find({"ts": {"$gt": last}, "op": "i"}, cursor_type=pymongo.CursorType.TAILABLE_AWAIT)
    seen = []
    writer = threading.Thread(target=lambda: [(time.sleep(0.05), client.shop.t.insert_one({"_id": i})) for i in range(10)])
    writer.start()
    end = time.monotonic() + 15
    while len(seen) < 10 and time.monotonic() < end:
        seen += [e["o"]["_id"] for e in cursor]
    writer.join()
    assert seen == list(range(10)), seen


def ping(client, *expected):
    if expected and expected[0].isdigit():
        fails(int(expected[0]), lambda: client.shop.probe.find_one())
    else:
        client.shop.probe.insert_one({"_id": 1})
        assert client.shop.probe.find_one() == {"_id": 1}


def standalone(client):
    client.shop.o.insert_one({"_id": 1})
    assert client.shop.o.find_one() == {"_id": 1}
    fails(40573, lambda: client.shop.watch())
    assert "setName" not in client.admin.command("isMaster")
    assert client.local.list_collection_names() == []


def no_oplog(client):
    assert client.admin.command("isMaster")["msg"] == "isdbgrid"
    fails(20, lambda: client.local["oplog.rs"].find_one())


def refused(client):
    try:
        client.shop.probe.find_one()
    except PyMongoError:
        return
    raise AssertionError("the server took this client")


def keep_writing(client):
    """Writes and watches for five seconds; every write that was acknowledged must be there once, and in the stream once."""
    probe = client.shop.probe
    stream = probe.watch(max_await_time_ms=100)
    stream.try_next()
    print("ready", flush=True)
    end, written, events, n = time.monotonic() + 5, [], [], 0
    while time.monotonic() < end:
        probe.insert_one({"_id": n})
        written.append(n)
        n += 1
        event = stream.try_next()
        if event:
            events.append(event["documentKey"]["_id"])
    deadline = time.monotonic() + 20
    while len(events) < len(written) and time.monotonic() < deadline:
        event = stream.try_next()
        if event:
            events.append(event["documentKey"]["_id"])
    assert events == written, (len(events), len(written))
    assert [d["_id"] for d in probe.find().sort("_id", 1)] == written


if __name__ == "__main__":
    scenario, uri, *more = sys.argv[1:]
    connection = connect(uri)
    globals()[scenario](connection, *more)
    connection.close()
    print("passed", flush=True)
