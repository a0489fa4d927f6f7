using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>The <c>failCommand</c> fail point that drivers test themselves with, for clients in other processes.</summary>
internal static class FailPointCommand
{
    private const string Origin = "failCommand";

    private static readonly HashSet<string> Known =
        ["failCommands", "errorCode", "errorLabels", "closeConnection", "blockConnection", "blockTimeMS", "namespace", "appName"];

    public static ValueTask Configure(CommandContext context)
    {
        if (context["configureFailPoint"].AsString() is not Origin)
        {
            throw new CommandException(249, $"unknown fail point {context["configureFailPoint"].AsString()}");
        }

        context.Server.Faults.Remove(f => f.Message.StartsWith("Failing command", StringComparison.Ordinal));
        if (context["mode"].AsString() == "off")
        {
            return ValueTask.CompletedTask;
        }

        Doc data = context.Document("data") ?? [];
        if (data.FirstOrDefault(f => !Known.Contains(f.Name)) is { Name: { } unknown })
        {
            throw new CommandException(ErrorCode.BadValue, $"the simulator does not know failCommand's option '{unknown}'");
        }

        FaultAction action = data["closeConnection"].IsTrue() ? FaultAction.CloseBefore : data["errorCode"] is not null ? FaultAction.Fail : FaultAction.Delay;
        context.Server.Faults.Add(new Fault(action)
        {
            Commands = [.. (data["failCommands"] as Arr ?? []).Select(c => c.AsString() ?? "")],
            Namespace = data["namespace"].AsString(),
            Code = (int)(data["errorCode"].AsLong() ?? 0),
            Message = "Failing command via 'failCommand' failpoint",
            Labels = [.. (data["errorLabels"] as Arr ?? []).Select(l => l.AsString() ?? "")],
            Pause = TimeSpan.FromMilliseconds(data["blockTimeMS"].AsLong() ?? 0),
            Times = (int)((context["mode"] as Doc)?["times"].AsLong() ?? int.MaxValue),
            Skip = (int)((context["mode"] as Doc)?["skip"].AsLong() ?? 0),
        });
        return ValueTask.CompletedTask;
    }
}
