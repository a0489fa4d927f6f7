using System.Text;
using Millrace.Testing.MongoDb.Auth;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>Logging in: SCRAM, and X.509 for a client that has shown a certificate.</summary>
internal static class LoginCommands
{
    public static ValueTask SaslStart(CommandContext context)
    {
        string mechanism = context["mechanism"].AsString() ?? "";
        if (mechanism is not ("SCRAM-SHA-1" or "SCRAM-SHA-256"))
        {
            throw new CommandException(334, $"Received authentication for mechanism {mechanism} which is not enabled");
        }

        string first = Encoding.UTF8.GetString(context["payload"].AsBinary());
        context.Client.Conversation = new ScramConversation(mechanism == "SCRAM-SHA-256", first, name => Authentication.Find(context.Server, context.Database, name))
        {
            SkipsEmptyExchange = context.Document("options")?["skipEmptyExchange"].IsTrue() == true,
        };
        Answer(context, context.Client.Conversation.ServerFirst, isDone: false);
        return ValueTask.CompletedTask;
    }

    public static ValueTask SaslContinue(CommandContext context)
    {
        ScramConversation conversation = context.Client.Conversation ?? throw new CommandException(17, "No SASL session state found");
        if (conversation.IsProven)
        {
            LogIn(context, conversation.User!);
            Answer(context, "", isDone: true);
            return ValueTask.CompletedTask;
        }

        if (conversation.Prove(Encoding.UTF8.GetString(context["payload"].AsBinary())) is not { } final)
        {
            context.Client.Conversation = null;
            throw new CommandException(ErrorCode.AuthenticationFailed, "Authentication failed.");
        }

        if (conversation.SkipsEmptyExchange)
        {
            LogIn(context, conversation.User!);
        }

        Answer(context, final, conversation.SkipsEmptyExchange);
        return ValueTask.CompletedTask;
    }

    public static ValueTask Authenticate(CommandContext context)
    {
        if (context["mechanism"].AsString() != "MONGODB-X509")
        {
            throw new CommandException(334, "authenticate knows MONGODB-X509 only");
        }

        string? subject = context.Client.CertificateSubject;
        MongoUser? user = subject is null ? null : Authentication.Find(context.Server, "$external", subject);
        if (context.Database != "$external" || user is null || (context["user"].AsString() is { } name && name != subject))
        {
            throw new CommandException(ErrorCode.AuthenticationFailed, "Authentication failed.");
        }

        LogIn(context, user);
        new Doc { { "dbname", "$external" }, { "user", user.Name } }.WriteInto(context.Reply);
        return ValueTask.CompletedTask;
    }

    public static ValueTask LogOut(CommandContext context)
    {
        context.Client.User = null;
        return ValueTask.CompletedTask;
    }

    private static void LogIn(CommandContext context, MongoUser user)
    {
        context.Client.User = user;
        context.Client.Conversation = null;
    }

    private static void Answer(CommandContext context, string payload, bool isDone)
    {
        context.Reply.WriteInt32("conversationId"u8, 1);
        context.Reply.WriteBoolean("done"u8, isDone);
        context.Reply.WriteBinary("payload"u8, 0, Encoding.UTF8.GetBytes(payload));
    }
}
