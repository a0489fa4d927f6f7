using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Updates;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>insert, update, delete and findAndModify.</summary>
internal static class WriteCommands
{
    private static readonly HashSet<string> UpdateFields = ["q", "u", "multi", "upsert", "hint", "collation", "arrayFilters", "c", "sort", "sampleId"];
    private static readonly HashSet<string> DeleteFields = ["q", "limit", "hint", "collation", "sampleId"];

    public static ValueTask Insert(CommandContext context)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> documents = context.Documents("documents");
        Run(context, documents.Count, (writer, collection, i) =>
        {
            writer.Insert(collection, documents[i].ToArray(), StatementId(context, i));
            return 1;
        });
        return ValueTask.CompletedTask;
    }

    public static ValueTask Update(CommandContext context)
    {
        Doc[] updates = [.. context.Documents("updates").Select(d => Doc.Parse(d))];
        long modified = 0;
        var upserted = new Arr();
        Run(
            context,
            updates.Length,
            (writer, collection, i) =>
            {
                Doc one = updates[i];
                Check(one, "update.updates", UpdateFields);
                bool multi = one["multi"].IsTrue();
                DocumentUpdate update = DocumentUpdate.Parse(one["u"] ?? Leaf.Null, multi);
                UpdateOutcome outcome = writer.Update(collection, one["q"] as Doc ?? [], update, multi, one["upsert"].IsTrue(), one["sort"] as Doc, StatementId(context, i));
                modified += outcome.Modified;
                if (outcome.UpsertedId is { } id)
                {
                    upserted.Add(new Doc { { "index", i }, { "_id", id } });
                }

                return outcome.UpsertedId is null ? outcome.Matched : 1;
            },
            () =>
            {
                context.Reply.WriteInt32("nModified"u8, (int)modified);
                if (upserted.Items.Count > 0)
                {
                    upserted.Write(context.Reply, "upserted"u8);
                }
            });
        return ValueTask.CompletedTask;
    }

    public static ValueTask Delete(CommandContext context)
    {
        Doc[] deletes = [.. context.Documents("deletes").Select(d => Doc.Parse(d))];
        Run(context, deletes.Length, (writer, collection, i) =>
        {
            Check(deletes[i], "delete.deletes", DeleteFields);
            bool multi = deletes[i]["limit"].AsLong() == 0;
            return writer.Delete(collection, deletes[i]["q"] as Doc ?? [], multi, null, StatementId(context, i)).Length;
        });
        return ValueTask.CompletedTask;
    }

    public static ValueTask FindAndModify(CommandContext context)
    {
        Doc query = context.Document("query") ?? [];
        Doc? sort = context.Document("sort");
        byte[]? value;
        Doc last;
        using (context.Server.Gate.Write())
        {
            var writer = new DocumentWriter(context.Server, context.Transaction, context.LogSession);
            Collection collection = writer.Collection(context.Namespace(context.Name));
            int statement = StatementId(context, 0);
            if (context.Flag("remove"))
            {
                byte[][] gone = writer.Delete(collection, query, multi: false, sort, statement);
                value = gone.FirstOrDefault();
                last = new Doc { { "n", gone.Length } };
            }
            else
            {
                DocumentUpdate update = DocumentUpdate.Parse(context["update"] ?? throw new CommandException(ErrorCode.FailedToParse, "Either an update or remove=true must be specified"), false);
                UpdateOutcome outcome = writer.Update(collection, query, update, multi: false, context.Flag("upsert"), sort, statement);
                value = context.Flag("new") ? outcome.After : outcome.Before;
                last = new Doc { { "n", (int)Math.Max(outcome.Matched, outcome.UpsertedId is null ? 0 : 1) }, { "updatedExisting", outcome.Matched > 0 } };
                last.AddIf("upserted", outcome.UpsertedId);
            }

            writer.Finish();
        }

        if (value is not null && context.Document("fields") is { Count: > 0 } fields)
        {
            value = new Query.Projection(fields).Apply(value);
        }

        last.Write(context.Reply, "lastErrorObject"u8);
        (value is null ? (Node)Leaf.Null : Doc.Parse(value)).Write(context.Reply, "value"u8);
        return ValueTask.CompletedTask;
    }

    private static void Run(CommandContext context, int count, Func<DocumentWriter, Collection, int, long> step, Action? writeMore = null)
    {
        bool ordered = context["ordered"] is null || context.Flag("ordered");
        long n = 0;
        var errors = new Arr();
        using (context.Server.Gate.Write())
        {
            var writer = new DocumentWriter(context.Server, context.Transaction, context.LogSession);
            Collection collection = writer.Collection(context.Namespace(context.Name));
            for (int i = 0; i < count && (!ordered || errors.Items.Count == 0); i++)
            {
                try
                {
                    n += step(writer, collection, i);
                }
                catch (DuplicateKeyException duplicate)
                {
                    var pattern = new Doc { { "_id", 1 } };
                    errors.Add(new Doc { { "index", i }, { "code", ErrorCode.DuplicateKey }, { "keyPattern", pattern }, { "keyValue", duplicate.Id }, { "errmsg", duplicate.Message } });
                }
                catch (CommandException error) when (context.Transaction is null)
                {
                    errors.Add(new Doc { { "index", i }, { "code", error.Code }, { "errmsg", error.Message } });
                }
            }

            writer.Finish();
        }

        context.Reply.WriteInt32("n"u8, (int)n);
        writeMore?.Invoke();
        if (errors.Items.Count > 0)
        {
            errors.Write(context.Reply, "writeErrors"u8);
        }
    }

    private static int StatementId(CommandContext context, int i) => context.LogSession is null
        ? -1
        : (int)((context["stmtIds"] as Arr)?.Items[i].AsLong() ?? (context.Number("stmtId") ?? 0) + i);

    private static void Check(Doc operation, string where, HashSet<string> known)
    {
        if (operation.FirstOrDefault(f => !known.Contains(f.Name)) is { Name: { } unknown })
        {
            throw new CommandException(ErrorCode.UnknownField, $"BSON field '{where}.{unknown}' is an unknown field.");
        }

        if (operation["arrayFilters"] is Arr { Items.Count: > 0 } || operation["collation"] is Doc { Count: > 0 })
        {
            throw new CommandException(ErrorCode.InvalidOptions, "the simulator knows neither arrayFilters nor collations");
        }
    }
}
