// Drives the simulator with MongoDB's own Node driver, as a client that knows nothing of it. Usage: driver_client.mjs SCENARIO URI
import assert from "node:assert/strict";
import { Long, MongoClient, Timestamp } from "mongodb";

async function take(stream, count) {
  const events = [];
  const end = Date.now() + 15000;
  while (events.length < count && Date.now() < end) {
    const event = await stream.tryNext();
    if (event) events.push(event);
  }
  assert.equal(events.length, count);
  return events;
}

const scenarios = {
  async crud(client) {
    const orders = client.db("shop").collection("orders");
    await orders.insertMany(Array.from({ length: 2500 }, (_, i) => ({ _id: i, a: i % 5, text: "x".repeat(i % 50) })));
    assert.equal(await orders.countDocuments({ a: 2 }), 500);
    const read = [];
    for await (const document of orders.find({ _id: { $gte: 100 } }, { batchSize: 250 }).sort({ _id: 1 })) read.push(document._id);
    assert.deepEqual(read, Array.from({ length: 2400 }, (_, i) => i + 100));
    const result = await orders.bulkWrite([
      { updateOne: { filter: { _id: 1 }, update: { $set: { b: 1 } } } },
      { updateOne: { filter: { _id: "u" }, update: { $inc: { n: 1 } }, upsert: true } },
      { deleteMany: { filter: { _id: { $gte: 2000 } } } },
      { replaceOne: { filter: { _id: 3 }, replacement: { c: 1 } } },
    ]);
    assert.deepEqual([result.modifiedCount, result.upsertedCount, result.deletedCount], [2, 1, 500]);
    assert.deepEqual(await orders.findOne({ _id: 3 }), { _id: 3, c: 1 });
    const groups = await orders.aggregate([{ $match: { _id: { $type: "number" } } }, { $group: { _id: "$a", n: { $sum: 1 } } }, { $sort: { _id: 1 } }]).toArray();
    assert.deepEqual(groups.filter((g) => g._id !== null).map((g) => g.n), [400, 400, 400, 399, 400]);
  },

  async transactions(client) {
    const items = client.db("shop").collection("items");
    await items.insertOne({ _id: 0 });
    await client.withSession((session) => session.withTransaction(async () => {
      await items.insertOne({ _id: 1 }, { session });
      await items.updateOne({ _id: 0 }, { $set: { v: 1 } }, { session });
      assert.equal(await items.countDocuments({}), 1);
    }));
    assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), [{ _id: 0, v: 1 }, { _id: 1 }]);
  },

  async streams(client) {
    const shop = client.db("shop");
    await shop.createCollection("o", { changeStreamPreAndPostImages: { enabled: true } });
    const stream = shop.watch([], { fullDocument: "required", fullDocumentBeforeChange: "whenAvailable", showExpandedEvents: true, maxAwaitTimeMS: 200 });
    await stream.tryNext();
    const o = shop.collection("o");
    await o.insertOne({ _id: 1, v: 1 });
    await o.updateOne({ _id: 1 }, { $set: { v: 2 } });
    await o.createIndex({ v: 1 });
    await shop.createCollection("made");
    await o.deleteOne({ _id: 1 });
    const events = await take(stream, 5);
    assert.deepEqual(events.map((e) => e.operationType), ["insert", "update", "createIndexes", "create", "delete"]);
    assert.deepEqual([events[1].fullDocumentBeforeChange, events[1].fullDocument], [{ _id: 1, v: 1 }, { _id: 1, v: 2 }]);
    assert.deepEqual(events[1].updateDescription.disambiguatedPaths, {});
    assert.ok(events.every((e) => e.collectionUUID && e.wallTime));
    await stream.close();
    const rest = shop.watch([], { resumeAfter: events[2]._id, showExpandedEvents: true, maxAwaitTimeMS: 200 });
    assert.deepEqual((await take(rest, 2)).map((e) => e.operationType), ["create", "delete"]);
    await rest.close();
  },

  async split(client) {
    const big = client.db("shop").collection("big");
    await client.db("shop").createCollection("big", { changeStreamPreAndPostImages: { enabled: true } });
    const start = new Timestamp((await client.db("admin").command({ ping: 1 })).operationTime);
    await big.insertOne({ _id: 1, text: "a".repeat(3000) });
    await big.updateOne({ _id: 1 }, { $set: { text: "b".repeat(3000) } });
    await big.insertOne({ _id: 2 });
    const options = { startAtOperationTime: start, fullDocument: "required", fullDocumentBeforeChange: "required", maxAwaitTimeMS: 200 };
    // One event a batch: an error takes the events of its own batch with it.
    const whole = big.watch([], { ...options, batchSize: 1 });
    await take(whole, 1);
    await assert.rejects(async () => { for (;;) await whole.tryNext(); }, (error) => error.code === 10334);
    const stream = big.watch([{ $changeStreamSplitLargeEvent: {} }], options);
    const events = await take(stream, 5);
    await stream.close();
    const parts = events.slice(1, 4);
    assert.deepEqual(parts.map((p) => p.splitEvent), [1, 2, 3].map((fragment) => ({ fragment, of: 3 })));
    const joined = Object.assign({}, ...parts);
    assert.deepEqual([joined.operationType, joined.fullDocumentBeforeChange.text[0], joined.fullDocument.text[0]], ["update", "a", "b"]);
    const { startAtOperationTime, ...rest } = options;
    const again = big.watch([{ $changeStreamSplitLargeEvent: {} }], { ...rest, resumeAfter: parts[0]._id });
    const resumed = await take(again, 3);
    assert.deepEqual(resumed.map((e) => e.splitEvent?.fragment), [2, 3, undefined]);
    await again.close();
  },

  async compressed(client) {
    const many = client.db("shop").collection("many");
    await many.insertMany(Array.from({ length: 1000 }, (_, i) => ({ _id: i, text: "word ".repeat(200), n: Long.fromNumber(i) })));
    assert.equal((await many.find().toArray()).length, 1000);
  },

  async login(client) {
    assert.deepEqual(await client.db("shop").command({ ping: 1 }).then((r) => r.ok), 1);
    await client.db("shop").collection("probe").insertOne({ _id: 1 });
  },
};

const [scenario, uri] = process.argv.slice(2);
const client = new MongoClient(uri, { serverSelectionTimeoutMS: 8000 });
try {
  if (scenario === "rejected") {
    await assert.rejects(() => client.db("shop").collection("probe").findOne(), (error) => error.code === 18);
  } else {
    await client.connect();
    await scenarios[scenario](client);
  }
  console.log("passed");
} finally {
  await client.close();
}
