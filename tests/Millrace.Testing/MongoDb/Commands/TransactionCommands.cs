using Millrace.Testing.MongoDb.Server;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>How transactions end.</summary>
internal static class TransactionCommands
{
    public static ValueTask Commit(CommandContext context)
    {
        context.RequireDatabase("admin");
        ServerSession session = context.Session ?? throw new CommandException(125, "commitTransaction must be run within a transaction");
        long number = context.Number("txnNumber") ?? throw new CommandException(125, "commitTransaction must be run within a transaction");
        if (session.Committed == number)
        {
            return ValueTask.CompletedTask;
        }

        Transaction transaction = context.Transaction ?? throw new CommandException(ErrorCode.NoSuchTransaction, "no transaction is in progress");
        session.Transaction = null;
        using (context.Server.Gate.Write())
        {
            DocumentWriter.Commit(context.Server, transaction, session.LogAs(number));
        }

        session.Committed = number;
        return ValueTask.CompletedTask;
    }

    public static ValueTask Abort(CommandContext context)
    {
        context.RequireDatabase("admin");
        if (context.Session is not { } session || context.Transaction is null)
        {
            throw new CommandException(ErrorCode.NoSuchTransaction, "no transaction is in progress");
        }

        session.Transaction = null;
        return ValueTask.CompletedTask;
    }
}
