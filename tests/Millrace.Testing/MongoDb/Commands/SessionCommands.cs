using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>Sessions, and what the fields of a session mean for a command.</summary>
internal static class SessionCommands
{
    public static ValueTask StartSession(CommandContext context)
    {
        new Doc { { "id", new Doc { { "id", Leaf.Uuid(Guid.NewGuid()) } } }, { "timeoutMinutes", 30 } }.WriteInto(context.Reply);
        return ValueTask.CompletedTask;
    }

    public static ValueTask EndSessions(CommandContext context)
    {
        if (context.Name != "refreshSessions" && context[context.Name] is Arr sessions)
        {
            foreach (Doc session in sessions.OfType<Doc>())
            {
                context.Server.Sessions.End(session["id"]!.AsUuid());
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Reads the session's fields.</summary>
    /// <returns>True where the command was done before and its answer has been given again.</returns>
    public static bool Enter(CommandContext context, CommandEntry entry)
    {
        if (context.Document("lsid")?["id"] is not { } id)
        {
            return context["txnNumber"] is null ? false : throw new CommandException(ErrorCode.InvalidOptions, "Transaction number requires a session ID to also be specified");
        }

        ServerSession session = context.Server.Sessions.Get(id.AsUuid());
        context.Session = session;
        if (context.Number("txnNumber") is not { } number)
        {
            return false;
        }

        if (!context.Server.HasOplog)
        {
            throw new CommandException(ErrorCode.IllegalOperation, "Transaction numbers are only allowed on a replica set member or mongos");
        }

        if (number < session.Number)
        {
            throw new CommandException(ErrorCode.TransactionTooOld, $"Cannot start transaction {number} on session because a newer one, {session.Number}, has already started.");
        }

        return context["autocommit"] is not null ? EnterTransaction(context, entry, session, number) : EnterRetryable(context, entry, session, number);
    }

    /// <summary>Keeps a retryable write's answer.</summary>
    public static void Remember(CommandContext context, CommandEntry entry, ReplyBuffer reply)
    {
        if (context.LogSession is not null && entry.Traits.HasFlag(CommandTraits.Retryable))
        {
            context.Session!.LastReply = reply.Snapshot();
        }
    }

    private static bool EnterRetryable(CommandContext context, CommandEntry entry, ServerSession session, long number)
    {
        if (!entry.Traits.HasFlag(CommandTraits.Retryable))
        {
            // Commits and aborts say autocommit; anything else with a number is a mistake of the client.
            throw new CommandException(50768, $"txnNumber may only be provided for multi-document transactions and retryable write commands, not {context.Name}");
        }

        if (number == session.Number && session.LastReply is { } reply)
        {
            Doc.Parse(reply).WriteInto(context.Reply);
            return true;
        }

        session.Number = number;
        session.LastReply = null;
        session.Transaction = null;
        context.LogSession = session.LogAs(number);
        return false;
    }

    private static bool EnterTransaction(CommandContext context, CommandEntry entry, ServerSession session, long number)
    {
        bool ends = context.Name is "commitTransaction" or "abortTransaction";
        if (!ends && !entry.Traits.HasFlag(CommandTraits.InTransaction))
        {
            throw new CommandException(ErrorCode.OperationNotSupportedInTransaction, $"Cannot run '{context.Name}' in a multi-document transaction.");
        }

        if (context.Flag("startTransaction"))
        {
            session.Number = number;
            session.LastReply = null;
            session.Transaction = new Transaction(number);
        }

        if (session.Transaction?.Number != number && !(ends && session.Committed == number))
        {
            throw new CommandException(ErrorCode.NoSuchTransaction, $"Given transaction number {number} does not match any in-progress transactions.", "TransientTransactionError");
        }

        context.Transaction = session.Transaction;
        return false;
    }
}
