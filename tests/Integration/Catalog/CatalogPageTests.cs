using System.Text;
using System.Text.RegularExpressions;
using Millrace.Catalog.Stores.Relational;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>docs/catalog.md shows the schema as the migrations make it; after a wanted change run once with MILLRACE_UPDATE_BASELINES=1.</summary>
public sealed partial class CatalogPageTests
{
    private const string Marker = "<!-- made by CatalogPageTests from the migrations: MILLRACE_UPDATE_BASELINES=1 -->\n";

    [Fact]
    public void The_diagram_is_the_schema()
    {
        string file = Path.Combine(Root(), "docs", "catalog.md");
        string page = File.ReadAllText(file);
        string before = page[..(page.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)];
        string now = before + Diagram();
        if (Environment.GetEnvironmentVariable("MILLRACE_UPDATE_BASELINES") == "1")
        {
            File.WriteAllText(file, now);
            page = now;
        }

        page.ShouldBe(now);
    }

    [Fact]
    public void Every_table_is_told_of()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "catalog.md"));

        foreach (Match table in TableLine().Matches(Text()))
        {
            page.ShouldContain($"`{table.Groups["table"].Value}`");
        }
    }

    // PostgreSQL's files name tables, types and references as people know them.
    private static string Diagram()
    {
        var diagram = new StringBuilder("\n```mermaid\nerDiagram\n");
        var references = new SortedSet<string>(StringComparer.Ordinal);
        string table = "";
        foreach (string line in Text().Split('\n'))
        {
            if (TableLine().Match(line) is { Success: true } create)
            {
                table = create.Groups["table"].Value;
                diagram.Append($"    {table} {{\n");
            }
            else if (line == ");")
            {
                diagram.Append("    }\n");
            }
            else if (ColumnLine().Match(line) is { Success: true } column)
            {
                string key = line.Contains("PRIMARY KEY", StringComparison.Ordinal) ? " PK" : "";
                Match to = Reference().Match(line);
                diagram.Append($"        {column.Groups["type"].Value} {column.Groups["name"].Value}{(to.Success ? " FK" : key)}\n");
                if (to.Success)
                {
                    references.Add($"    {to.Groups["table"].Value} ||--o{{ {table} : {column.Groups["name"].Value}\n");
                }
            }
        }

        return diagram.AppendJoin("", references).Append("```\n").ToString();
    }

    private static string Text() => string.Join('\n', MigrationFiles.Load("PostgreSql").Select(m => m.Sql));

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Millrace.slnx")))
        {
            folder = folder.Parent;
        }

        return folder.ShouldNotBeNull().FullName;
    }

    [GeneratedRegex(@"^CREATE TABLE metadata\.(?<table>\w+)", RegexOptions.Multiline)]
    private static partial Regex TableLine();

    [GeneratedRegex(@"^    (?<name>[a-z_]+)\s+(?<type>[a-z]+)\b")]
    private static partial Regex ColumnLine();

    [GeneratedRegex(@"REFERENCES metadata\.(?<table>\w+)")]
    private static partial Regex Reference();
}
