using Millrace.IntegrationTests.MongoDb;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>The log that the simulator writes says what has happened: replayed elsewhere, it makes the same documents.</summary>
public sealed class OplogTests
{
    private static readonly string[] Names = ["a", "b", "c", "d", "long_name", "1", "x y"];

    [Theory]
    [InlineData(UpdateLogFormat.Delta, false)]
    [InlineData(UpdateLogFormat.Modifiers, false)]
    [InlineData(UpdateLogFormat.Delta, true)]
    public async Task A_replayed_log_makes_the_same_documents(UpdateLogFormat format, bool vectored)
    {
        for (int seed = 0; seed < 30; seed++)
        {
            await using MongoSimulator first = await MongoSimulator.StartAsync(new MongoSimulatorOptions
            {
                UpdateLogFormat = format,
                VectoredInserts = vectored,
                TransactionEntryOperations = 3,
            });
            ChangeAtRandom(first, new Random(seed));
            string log = Path.GetTempFileName();
            await File.WriteAllBytesAsync(log, [.. first.OplogEntries().SelectMany(e => e)], TestContext.Current.CancellationToken);
            await using MongoSimulator second = await MongoSimulator.StartAsync();
            second.ReplayOplog(log);
            File.Delete(log);
            foreach (string ns in new[] { "d.c", "d.e" })
            {
                Texts(second, ns).ShouldBe(Texts(first, ns), $"seed {seed}, {ns}");
            }
        }
    }

    [Theory]
    [InlineData(UpdateLogFormat.Delta, false)]
    [InlineData(UpdateLogFormat.Modifiers, false)]
    [InlineData(UpdateLogFormat.Delta, true)]
    public async Task A_replay_in_another_language_makes_the_same_documents(UpdateLogFormat format, bool vectored)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("millrace-log-");
        for (int seed = 100; seed < 104; seed++)
        {
            await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions
            {
                UpdateLogFormat = format,
                VectoredInserts = vectored,
                TransactionEntryOperations = 3,
            });
            ChangeAtRandom(simulator, new Random(seed));
            string log = Path.Combine(folder.FullName, "log.bson"), dump = Path.Combine(folder.FullName, "dump");
            Write(log, simulator.OplogEntries());
            Write(Path.Combine(dump, "d", "c.bson"), simulator.Documents("d.c"));
            Write(Path.Combine(dump, "d", "e.bson"), simulator.Documents("d.e"));
            string replayed = Path.Combine(folder.FullName, "replayed"), held = Path.Combine(folder.FullName, "held");
            await SimulatorClients.ReplayAsync("--out", replayed, log);
            await SimulatorClients.ReplayAsync("--out", held, "--dump", dump);
            foreach (string file in new[] { "d.c.ndjson", "d.e.ndjson" })
            {
                Lines(replayed, file).ShouldBe(Lines(held, file), $"seed {seed}, {file}");
            }
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Logs_of_real_servers_are_replayed()
    {
        string folder = SharedData.Folder("oplog");
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        foreach (string file in Directory.EnumerateFiles(folder, "*.bson").Order(StringComparer.Ordinal))
        {
            simulator.ReplayOplog(file).ShouldBeGreaterThan(0);
        }

        simulator.Documents("mongodump_test_db.coll1").Select(d => Doc.Parse(d)["_id"].AsLong()).ShouldContain(200);
        simulator.Documents("db3.c1").Count.ShouldBeGreaterThan(0);
    }

    private static void Write(string path, IEnumerable<byte[]> documents)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, [.. documents.SelectMany(d => d)]);
    }

    private static string[] Lines(string folder, string file) => [.. File.ReadAllLines(Path.Combine(folder, file)).Order(StringComparer.Ordinal)];

    private static string[] Texts(MongoSimulator simulator, string ns) =>
        [.. simulator.Documents(ns).Select(Convert.ToHexString).Order(StringComparer.Ordinal)];

    private static void ChangeAtRandom(MongoSimulator simulator, Random random)
    {
        simulator.Insert("d.c", Enumerable.Range(0, 10).Select(i => Document(i, random)));
        simulator.Insert("d.e", new Doc { { "_id", 0 } });
        for (int step = 0; step < 60; step++)
        {
            var id = new Doc { { "_id", random.Next(15) } };
            switch (random.Next(6))
            {
                case 0:
                    simulator.Update("d.c", id, new Doc { { "$set", new Doc { { "v", Value(random, 2) } } } }, upsert: true);
                    break;
                case 1:
                    simulator.Delete("d.c", id);
                    break;
                case 2:
                    simulator.InTransaction(t =>
                    {
                        t.Update("d.c", id, Document((int)id["_id"].AsLong()!, random));
                        t.Update("d.c", [], new Doc { { "$set", new Doc { { "step", step } } } }, multi: true);
                        t.Insert("d.e", new Doc { { "_id", step + 1 } });
                    });
                    break;
                default:
                    // A pipeline can make any document of any other: whatever the difference is, the log has to say it.
                    Doc target = Mutated(random, simulator, id);
                    simulator.Update("d.c", id, Arr.Of([new Doc { { "$replaceWith", new Doc { { "$literal", target } } } }]));
                    break;
            }
        }
    }

    private static Doc Mutated(Random random, MongoSimulator simulator, Doc id)
    {
        byte[]? found = simulator.Documents("d.c").FirstOrDefault(d => Doc.Parse(d)["_id"]!.Same(id["_id"]!));
        Doc document = found is null ? Document((int)id["_id"].AsLong()!, random) : Doc.Parse(found);
        return (Doc)Mutate(document, random, keep: "_id");
    }

    private static Node Mutate(Node node, Random random, string? keep = null)
    {
        switch (node)
        {
            case Doc doc:
                var fields = doc.Select(f => f.Name == keep || random.Next(3) > 0 ? f : new Field(f.Name, Mutate(f.Value, random))).ToList();
                fields.RemoveAll(f => f.Name != keep && random.Next(8) == 0);
                foreach (string name in Names.Where(n => random.Next(6) == 0 && fields.All(f => f.Name != n)).ToArray())
                {
                    fields.Insert(random.Next(keep is null ? 0 : 1, fields.Count + 1), new Field(name, Value(random, 1)));
                }

                var result = new Doc();
                fields.ForEach(f => result.Add(f.Name, f.Value));
                return result;
            case Arr array:
                List<Node> items = [.. array.Select(i => random.Next(3) == 0 ? Mutate(i, random) : i)];
                items.RemoveAll(_ => random.Next(6) == 0);
                items.AddRange(Enumerable.Range(0, random.Next(3)).Select(_ => Value(random, 1)));
                return Arr.Of(items);
            default:
                return Value(random, 1);
        }
    }

    private static Doc Document(int id, Random random)
    {
        var document = new Doc { { "_id", id } };
        foreach (string name in Names.Where(_ => random.Next(2) == 0))
        {
            document.Add(name, Value(random, 3));
        }

        return document;
    }

    private static Node Value(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => random.Next(100),
        1 => random.NextDouble(),
        2 => new string('s', random.Next(40)),
        3 => Leaf.Null,
        4 => random.Next(2) == 0,
        5 => Arr.Of(Enumerable.Range(0, random.Next(6)).Select(_ => Value(random, depth - 1))),
        _ => Nested(random, depth),
    };

    private static Doc Nested(Random random, int depth)
    {
        var nested = new Doc();
        foreach (string name in Names.Where(_ => random.Next(3) == 0))
        {
            nested.Add(name, Value(random, depth - 1));
        }

        return nested;
    }
}
