using Millrace.Testing.MongoDb.Cursors;
using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>find, and what goes on with cursors.</summary>
internal static class FindCommands
{
    private const int FirstBatch = 101;
    private const long BatchBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(1);

    public static ValueTask Find(CommandContext context)
    {
        string ns = context.Namespace("find");
        Doc filter = context.Document("filter") ?? [];
        using (context.Server.Gate.Read())
        {
            Collection? collection = context.Server.Catalog[ns];
            ServerCursor cursor = collection is { Options.IsView: true }
                ? AggregateCommands.OverView(context, collection)
                : MakeCursor(context, ns, filter, collection);
            OpenHeld(context, cursor, context.Number("batchSize"), context.Flag("singleBatch") || context.Number("limit") < 0);
        }

        return ValueTask.CompletedTask;
    }

    public static async ValueTask GetMore(CommandContext context)
    {
        ServerState server = context.Server;
        long id = context.Number("getMore") ?? throw new CommandException(ErrorCode.TypeMismatch, "getMore needs a cursor's id");
        string ns = context.Namespace("collection");
        ServerCursor? cursor = server.Cursors.Find(id);
        if (cursor is null || cursor.Namespace != ns)
        {
            throw new CommandException(ErrorCode.CursorNotFound, $"cursor id {id} not found", "ResumableChangeStreamError");
        }

        if (!cursor.TryUse())
        {
            throw new CommandException(ErrorCode.CursorNotFound, $"cursor id {id} is already in use");
        }

        try
        {
            bool isOpen = await FillAsync(context, cursor).ConfigureAwait(false);
            if (!isOpen)
            {
                server.Cursors.Remove(id);
            }
        }
        catch (CommandException)
        {
            server.Cursors.Remove(id);
            throw;
        }
        finally
        {
            cursor.Release();
        }
    }

    public static ValueTask KillCursors(CommandContext context)
    {
        Arr killed = [], missing = [];
        foreach (Node id in context["cursors"] as Arr ?? [])
        {
            (context.Server.Cursors.Remove(id.AsLong() ?? 0) ? killed : missing).Add(id);
        }

        killed.Write(context.Reply, "cursorsKilled"u8);
        missing.Write(context.Reply, "cursorsNotFound"u8);
        new Arr().Write(context.Reply, "cursorsAlive"u8);
        new Arr().Write(context.Reply, "cursorsUnknown"u8);
        return ValueTask.CompletedTask;
    }

    /// <summary>Answers with a cursor's first batch, and keeps the cursor where there is more.</summary>
    public static void Open(CommandContext context, ServerCursor cursor, long? batchSize)
    {
        using (context.Server.Gate.Read())
        {
            OpenHeld(context, cursor, batchSize, isSingle: false);
        }
    }

    /// <summary>As <see cref="Open"/>, for a caller that holds the read lock.</summary>
    public static void OpenHeld(CommandContext context, ServerCursor cursor, long? batchSize, bool isSingle)
    {
        if (batchSize < 0)
        {
            throw new CommandException(51024, "BSON field 'batchSize' value must be >= 0");
        }

        context.Reply.StartDocument("cursor"u8);
        context.Reply.StartArray("firstBatch"u8);
        var batch = new BatchWriter(context.Reply, batchSize ?? FirstBatch, BatchBytes);
        bool isOpen = cursor.Fill(batch);
        EndBatch(context, cursor, batch, isOpen && !isSingle);
    }

    private static async ValueTask<bool> FillAsync(CommandContext context, ServerCursor cursor)
    {
        context.Reply.StartDocument("cursor"u8);
        context.Reply.StartArray("nextBatch"u8);
        TimeSpan wait = context.Number("maxTimeMS") is { } most and > 0 ? TimeSpan.FromMilliseconds(most) : DefaultWait;
        var batch = new BatchWriter(context.Reply, context.Number("batchSize") is > 0 and { } size ? size : long.MaxValue, BatchBytes);
        Task? timeout = null;
        while (true)
        {
            Task? change = cursor.AwaitsData ? context.Server.Changed.Next : null;
            bool isOpen;
            using (context.Server.Gate.Read())
            {
                isOpen = cursor.Fill(batch);
                if (batch.Count > 0 || !isOpen || change is null || timeout is { IsCompleted: true } || context.Server.Cursors.Find(cursor.Id) is null)
                {
                    EndBatch(context, cursor, batch, isOpen);
                    return isOpen;
                }
            }

            timeout ??= Task.Delay(wait, context.Cancellation);
            await Task.WhenAny(change, timeout).ConfigureAwait(false);
            context.Cancellation.ThrowIfCancellationRequested();
        }
    }

    private static void EndBatch(CommandContext context, ServerCursor cursor, BatchWriter batch, bool isOpen)
    {
        context.Server.Counters.AddDocuments(batch.Count);
        context.Reply.End();
        cursor.PostBatchResumeToken?.Write(context.Reply, "postBatchResumeToken"u8);
        if (isOpen && cursor.Id == 0)
        {
            context.Server.Cursors.Add(cursor);
        }

        context.Reply.WriteInt64("id"u8, isOpen ? cursor.Id : 0);
        Leaf.String(cursor.Namespace).Write(context.Reply, "ns"u8);
        context.Reply.End();
    }

    private static FindCursor MakeCursor(CommandContext context, string ns, Doc filter, Collection? collection)
    {
        long skip = context.Number("skip") ?? 0, limit = Math.Abs(context.Number("limit") ?? 0);
        Projection? projection = context.Document("projection") is { Count: > 0 } fields ? new Projection(fields) : null;
        Doc? sort = context.Document("sort");
        bool tailable = context.Flag("tailable");
        if (ns == ServerState.OplogNamespace && context.Server.Options.Mode == MongoSimulatorMode.ReplicaSet)
        {
            var oplog = new OplogPlan(context.Server.Oplog, filter, sort, context["hint"]);
            return new FindCursor(oplog.Scan, oplog.Matcher, projection, skip, limit) { Namespace = ns, Tailable = tailable, AwaitData = tailable && context.Flag("awaitData") };
        }

        if (context.Database == "local" && context.Server.Options.Mode == MongoSimulatorMode.Sharded)
        {
            throw new CommandException(ErrorCode.IllegalOperation, "Can't use 'local' database through mongos");
        }

        if (collection is null)
        {
            FilterParser.Parse(filter);
            return new FindCursor(new ListScan([]), Matcher.All, null, 0, 0) { Namespace = ns };
        }

        if (tailable && !collection.Options.Capped)
        {
            throw new CommandException(ErrorCode.BadValue, $"error processing query: ns={ns} tailable cursor requested on non capped collection");
        }

        bool isBounded = !context.Server.Options.IgnoresIndexBounds;
        var plan = new FindPlan(
            collection, filter, sort, context["hint"], isBounded ? context.Document("min") : null, isBounded ? context.Document("max") : null);
        if (context.Transaction is { } transaction && transaction.Touches(collection))
        {
            Matcher matcher = FilterParser.Parse(filter);
            SortSpecification? order = sort is { Count: > 0 } ? new SortSpecification(sort) : null;
            var seen = new ListScan([.. FindPlan.Sorted(transaction.Scan(collection).Where(d => matcher.Matches(d)), order)]);
            return new FindCursor(seen, Matcher.All, projection, skip, limit) { Namespace = ns };
        }

        if (plan.Sort is { } specification)
        {
            var sorted = new ListScan([.. FindPlan.Sorted(plan.Documents(), specification)]);
            return new FindCursor(sorted, Matcher.All, projection, skip, limit) { Namespace = ns };
        }

        // A tailable cursor on an empty collection is dead from the start, as servers have it.
        tailable &= collection.Count > 0;
        return new FindCursor(plan.Scan(), plan.Matcher, projection, skip, limit) { Namespace = ns, Source = collection, Tailable = tailable, AwaitData = tailable && context.Flag("awaitData") };
    }
}
