using System.Globalization;

namespace Millrace.Ground;

/// <summary>What to measure.</summary>
internal sealed record Options(IReadOnlyList<string> Scenarios, int Documents, int Runs, string? Out)
{
    public static readonly string[] All = ["snapshot", "changes", "cost", "allocations", "budget", "live"];

    public static Options Parse(string[] args)
    {
        List<string> scenarios = [];
        int documents = 1_000_000;
        int runs = 3;
        string? output = null;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--docs":
                    documents = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--runs":
                    runs = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--out":
                    output = args[++i];
                    break;
                default:
                    scenarios.Add(args[i]);
                    break;
            }
        }

        return new(scenarios.Count == 0 ? All : scenarios, documents, runs, output);
    }
}
