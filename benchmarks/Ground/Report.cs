using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Ground;

/// <summary>Collects figures and writes them as one Markdown page with the machine they were taken on.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();

    public void Section(string title)
    {
        Line("");
        Line($"## {title}");
        Line("");
    }

    public void Table(string header)
    {
        Line(header);
        Line("|" + string.Concat(header.Split('|')[1..^1].Select(_ => "---|")));
    }

    public void Line(FormattableString text) => Line(text.ToString(CultureInfo.InvariantCulture));

    public void Line(string text)
    {
        Console.WriteLine(text);
        _text.AppendLine(text);
    }

    public void Write(string? path)
    {
        if (path is not null)
        {
            string cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) ?? "unknown";
            string head = $"""
                # Ground benchmarks

                {DateTimeOffset.UtcNow:yyyy-MM-dd}, {cpu.Split(':')[^1].Trim()}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription},
                {RuntimeInformation.OSDescription}. Whole processes from outside, rows counted at the target, medians. Ratios travel; absolute times do not.

                """;
            File.WriteAllText(path, head + _text);
        }
    }
}
