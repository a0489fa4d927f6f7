using System.Globalization;

namespace Millrace.MongoSimulator;

/// <summary>The orders that a host takes on its input.</summary>
internal static class SimulatorOrders
{
    public static async Task<string> DoAsync(Testing.MongoDb.MongoSimulator simulator, string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["failover", var milliseconds]:
                await simulator.FailOverAsync(TimeSpan.FromMilliseconds(Number(milliseconds))).ConfigureAwait(false);
                return "ok";
            case ["step-down"]:
                simulator.StepDown();
                return "ok";
            case ["step-up"]:
                simulator.StepUp();
                return "ok";
            case ["rollover"]:
                simulator.RollOver();
                return "ok";
            case ["close"]:
                simulator.CloseConnections();
                return "ok";
            case ["clear-faults"]:
                simulator.Faults.Clear();
                return "ok";
            case ["deny", var ns]:
                simulator.Faults.Deny(ns);
                return "ok";
            case ["allow", var ns]:
                simulator.Faults.Allow(ns);
                return "ok";
            case ["drop-at", var n, .. var commands]:
                simulator.Faults.DropAtMessage(Number(n), commands);
                return "ok";
            case ["fail", var command, var code]:
                simulator.Faults.Fail(command, Number(code));
                return "ok";
            case ["fail", var command, var code, var times]:
                simulator.Faults.Fail(command, Number(code), Number(times));
                return "ok";
            case ["replay", var file]:
                return $"ok {simulator.ReplayOplog(file)}";
            case ["noop"]:
                simulator.WriteNoop();
                return "ok";
            case ["counters"]:
                return $"documents={simulator.Counters.DocumentsServed} " + string.Join(' ', simulator.Counters.Commands.Select(c => $"{c.Key}={c.Value}"));
            default:
                return $"unknown order: {line}";
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
