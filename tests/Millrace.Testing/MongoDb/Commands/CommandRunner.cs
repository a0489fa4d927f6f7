using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>Runs one command: looks whether it is known and allowed, does it, and ends its answer.</summary>
internal static class CommandRunner
{
    private static readonly string[] Unheeded = ["collation", "let", "arrayFilters", "returnKey", "showRecordId", "explain", "maxChunkObjects", "force"];

    /// <summary>Runs the command and writes its answer into <paramref name="reply"/>, whose document stays open.</summary>
    public static async ValueTask RunAsync(ServerState server, ClientConnection client, WireRequest request, ReplyBuffer reply, CancellationToken cancellation)
    {
        reply.Begin(request.OpCode);
        string name = request.Command.Count > 0 ? request.Command.Fields[0].Name : "";
        server.Counters.AddCommand(name);
        if (request.Compressor != 0)
        {
            server.Counters.AddCompressed();
        }

        var context = new CommandContext
        {
            Server = server,
            Client = client,
            Request = request,
            Name = name,
            Database = request.Database ?? request.Command["$db"].AsString() ?? "",
            Reply = reply.Writer,
            Cancellation = cancellation,
        };
        try
        {
            CommandEntry entry = Check(context);
            await server.Faults.BeforeAsync(context).ConfigureAwait(false);
            if (!SessionCommands.Enter(context, entry))
            {
                await entry.Handler(context).ConfigureAwait(false);
                reply.Writer.WriteDouble("ok"u8, 1);
                SessionCommands.Remember(context, entry, reply);
            }
        }
        catch (CommandException error)
        {
            reply.Begin(request.OpCode);
            WriteError(context, error);
        }
        catch (Exception error) when (error is not OperationCanceledException and not DropConnectionException and not IOException)
        {
            // A fault of the simulator itself must show in the test that met it, not as a hanging client.
            reply.Begin(request.OpCode);
            WriteError(context, new CommandException(ErrorCode.InternalError, $"the simulator failed: {error}"));
        }

        WriteTimes(server, reply.Writer);
    }

    private static CommandEntry Check(CommandContext context)
    {
        CommandEntry entry = CommandTable.Find(context.Name)
            ?? throw new CommandException(ErrorCode.CommandNotFound, $"no such command: '{context.Name}'");
        if (context.Request.OpCode == OpCode.Query && entry.Handler != HandshakeCommands.Hello)
        {
            throw new CommandException(352, $"Unsupported OP_QUERY command: {context.Name}. The client driver may require an upgrade.");
        }

        RefuseRepeated(context);
        if (!entry.Fields.Contains("*"))
        {
            string? unknown = context.Command.Select(f => f.Name).Concat(context.Request.Sequences.Keys)
                .FirstOrDefault(f => !CommandTable.Takes(entry, context.Name, f));
            if (unknown is not null)
            {
                throw new CommandException(ErrorCode.UnknownField, $"BSON field '{context.Name}.{unknown}' is an unknown field.");
            }
        }

        RefuseUnheeded(context);
        if (entry.Traits.HasFlag(CommandTraits.AdminOnly))
        {
            context.RequireDatabase("admin");
        }

        CheckLogin(context, entry);
        CheckPrimary(context, entry);
        return entry;
    }

    private static void RefuseRepeated(CommandContext context)
    {
        IReadOnlyList<Field> fields = context.Command.Fields;
        for (int i = 1; i < fields.Count; i++)
        {
            if (context.Command.IndexOf(fields[i].Name) != i)
            {
                throw new CommandException(ErrorCode.DuplicateField, $"BSON field '{context.Name}.{fields[i].Name}' is a duplicate field");
            }
        }
    }

    // Options of real servers that the simulator would have to ignore: an answer that heeds them not would be a lie.
    private static void RefuseUnheeded(CommandContext context)
    {
        foreach (string field in Unheeded)
        {
            if (context[field] is { } value && value.IsTrue() && value is not (Doc { Count: 0 } or Arr { Items.Count: 0 }))
            {
                throw new CommandException(ErrorCode.InvalidOptions, $"the simulator does not know the option '{field}' of {context.Name}");
            }
        }

        if (context.Document("readConcern") is { } concern && (concern["atClusterTime"] is not null || (concern["level"].AsString() == "snapshot" && context["txnNumber"] is null)))
        {
            throw new CommandException(ErrorCode.InvalidOptions, "the simulator has no snapshot reads outside of transactions");
        }
    }

    private static void CheckLogin(CommandContext context, CommandEntry entry)
    {
        if (context.Server.Options.Users.Count > 0 && context.Client.User is null && !entry.Traits.HasFlag(CommandTraits.WithoutLogin))
        {
            throw new CommandException(ErrorCode.Unauthorized, $"Command {context.Name} requires authentication");
        }
    }

    private static void CheckPrimary(CommandContext context, CommandEntry entry)
    {
        if (context.Server.Topology.IsPrimary)
        {
            return;
        }

        if (entry.Traits.HasFlag(CommandTraits.Writes))
        {
            throw new CommandException(ErrorCode.NotWritablePrimary, "not primary", LabelsOf(context));
        }

        string mode = (context["$readPreference"] as Doc)?["mode"].AsString() ?? "primary";
        if (entry.Traits.HasFlag(CommandTraits.Reads) && mode == "primary")
        {
            throw new CommandException(ErrorCode.NotPrimaryNoSecondaryOk, "not primary and secondaryOk=false", "ResumableChangeStreamError");
        }
    }

    // Drivers do what the labels say: a write with a number is sent again, a transaction begun anew.
    private static string[] LabelsOf(CommandContext context) => context["txnNumber"] is null ? []
        : context["autocommit"] is null || context.Name is "commitTransaction" or "abortTransaction" ? ["RetryableWriteError"] : ["TransientTransactionError"];

    private static void WriteError(CommandContext context, CommandException error)
    {
        BsonWriter writer = context.Reply;
        writer.WriteDouble("ok"u8, 0);
        Leaf.String(error.Message).Write(writer, "errmsg"u8);
        writer.WriteInt32("code"u8, error.Code);
        Leaf.String(ErrorCode.NameOf(error.Code)).Write(writer, "codeName"u8);
        if (error.Labels.Count > 0)
        {
            Arr.Of(error.Labels.Select(l => (Node)l)).Write(writer, "errorLabels"u8);
        }
    }

    private static void WriteTimes(ServerState server, BsonWriter writer)
    {
        if (!server.HasOplog)
        {
            return;
        }

        ulong now = server.Oplog.LastTimestamp;
        writer.StartDocument("$clusterTime"u8);
        writer.WriteTimestamp("clusterTime"u8, now);
        writer.StartDocument("signature"u8);
        writer.WriteBinary("hash"u8, 0, new byte[20]);
        writer.WriteInt64("keyId"u8, 0);
        writer.End();
        writer.End();
        writer.WriteTimestamp("operationTime"u8, now);
    }
}
