using System.CommandLine;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Samples;
using Millrace.Core.Config;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace sample shop</c>: data to try Millrace with.</summary>
internal static class SampleVerb
{
    public static Verb Create()
    {
        var verb = new Verb("sample", "Write sample data to try Millrace with.");
        verb.Subcommands.Add(CreateShop());
        return verb;
    }

    private static Verb CreateShop()
    {
        var folder = new Option<string>("--out") { Description = "The folder to write to; made if missing.", HelpName = "DIR", Required = true };
        var orders = Count("--orders", "Orders in the dump, 1 to 10,000,000 (about 340 bytes each).", 10_000, 1, 10_000_000);
        var changes = Count("--changes", "Documents that change after the dump, 0 to 100,000,000.", 0, 0, 100_000_000);
        var seed = new Option<long>("--seed") { Description = "Equal seeds give equal bytes.", HelpName = "S", DefaultValueFactory = _ => 1 };
        var verb = new Verb(
            "shop",
            "Write a shop as mongodump leaves it: orders, customers and products as .bson, the oplog.bson of the dump, and in changes/oplog/ "
            + "what came after it. Nested documents, arrays, Decimal128, dates, changing shapes, deletes.")
        {
            Examples =
            [
                "millrace sample shop --out dump --orders 100000",
                "millrace sample shop --out dump --orders 100000 --changes 1000     # the same dump, and what happened next",
            ],
        };
        verb.Options.Add(folder);
        verb.Options.Add(orders);
        verb.Options.Add(changes);
        verb.Options.Add(seed);
        verb.Does(context => Print(context, ShopSample.Write(new ShopSampleOptions(
            Path.GetFullPath(context.Get(folder)!), context.Get(orders), context.Get(changes), context.Get(seed)))));
        return verb;
    }

    private static Option<int> Count(string name, string description, int byDefault, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => byDefault };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int value) && (value < least || value > most))
            {
                result.AddError($"{name} must lie between {least} and {most}.");
            }
        });
        return option;
    }

    private static int Print(VerbContext context, ShopSampleResult sample)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartObject("documents");
                foreach ((string collection, int documents) in sample.Documents)
                {
                    writer.WriteNumber("shop." + collection, documents);
                }

                writer.WriteEndObject();
                writer.WriteNumber("dump_bytes", sample.DumpBytes);
                writer.WriteNumber("dump_log_bytes", sample.DumpLogBytes);
                writer.WriteNumber("changes", sample.Changes);
                writer.WriteNumber("log_bytes", sample.LogBytes);
                writer.WriteStartArray("log_files");
                sample.LogFiles.ToList().ForEach(writer.WriteStringValue);
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
            return ExitCodes.Ok;
        }

        foreach ((string collection, int documents) in sample.Documents)
        {
            context.Out.WriteLine($"shop.{collection}: {Quantity.Of(documents, "document")}");
        }

        context.Out.WriteLine($"dump: {new ByteSize(sample.DumpBytes)}, and {new ByteSize(sample.DumpLogBytes)} of its own oplog.bson");
        if (sample.Changes > 0)
        {
            context.Out.WriteLine(
                $"changes: {sample.Changes:N0} in {Quantity.Of(sample.LogFiles.Count, "oplog file")}, {new ByteSize(sample.LogBytes)} (a run reads the dump's oplog.bson with them)");
        }

        string folder = Path.GetRelativePath(context.ProjectDirectory, sample.Folder).Replace('\\', '/');
        context.Out.WriteLine("To read it, in millrace.yaml:");
        context.Out.WriteLine(
            $"  backup: {{ type: mongodb, dump: {folder}, oplog: \"{folder}/{ShopSample.LogFolder}/*.bson\", database: shop }}");

        return ExitCodes.Ok;
    }
}
