using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Millrace.Catalog.Stores.Relational;

namespace Millrace.Catalog.Stores;

/// <summary>The catalog's tables and views as its migrations leave them, for the reference page. Types are PostgreSQL's.</summary>
public sealed partial class CatalogSchema
{
    private readonly Dictionary<string, CatalogTable> _tables = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Comment)> _views = [];
    private readonly List<string> _order = [];
    private string _comment = "";
    private CatalogTable? _table;

    private CatalogSchema()
    {
    }

    /// <summary>The tables, in the order in which they are made.</summary>
    public ImmutableArray<CatalogTable> Tables => [.. _order.Select(name => _tables[name])];

    /// <summary>The views, and what each is for.</summary>
    public ImmutableArray<(string Name, string Comment)> Views => [.. _views];

    /// <summary>Reads the migrations of this version.</summary>
    public static CatalogSchema Read()
    {
        var schema = new CatalogSchema();
        foreach (string line in MigrationFiles.Load("PostgreSql").SelectMany(m => m.Sql.Split('\n')))
        {
            schema.Read(line);
        }

        return schema;
    }

    // The files are written alike: a comment above what it is of, a column alone in its line.
    private void Read(string line)
    {
        if (line.StartsWith("-- ", StringComparison.Ordinal))
        {
            _comment = $"{_comment} {line[3..].Trim()}".Trim();
        }
        else if (DropLine().Match(line) is { Success: true } drop)
        {
            _tables.Remove(drop.Groups["table"].Value);
            _order.Remove(drop.Groups["table"].Value);
        }
        else if (CreateLine().Match(line) is { Success: true } create)
        {
            Begin(create.Groups["kind"].Value, create.Groups["name"].Value);
        }
        else if (line.StartsWith(')'))
        {
            _table = null;
        }
        else if (_table is { } table && ColumnLine().Match(line) is { Success: true } column)
        {
            Match to = Reference().Match(line);
            bool isKey = line.Contains("PRIMARY KEY", StringComparison.Ordinal);
            string name = column.Groups["name"].Value;
            CatalogTable more = table with { Columns = table.Columns.Add(new(name, column.Groups["type"].Value, isKey, to.Success ? to.Groups["table"].Value : null)) };
            _table = _tables[table.Name] = more;
        }
        else if (line.Length == 0)
        {
            _comment = "";
        }
    }

    private void Begin(string kind, string name)
    {
        if (kind == "VIEW")
        {
            _views.Add((name, _comment));
        }
        else
        {
            _table = _tables[name] = new(name, _comment, []);
            _order.Add(name);
        }

        _comment = "";
    }

    [GeneratedRegex(@"^DROP TABLE metadata\.(?<table>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex DropLine();

    [GeneratedRegex(@"^CREATE (?<kind>TABLE|VIEW) metadata\.(?<name>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex CreateLine();

    [GeneratedRegex(@"^    (?<name>[a-z_0-9]+)\s+(?<type>[a-z]+)\b", RegexOptions.CultureInvariant)]
    private static partial Regex ColumnLine();

    [GeneratedRegex(@"REFERENCES metadata\.(?<table>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}

/// <summary>A table of the catalog.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Comment">What it is for; empty where its name says it.</param>
/// <param name="Columns">Its columns.</param>
public sealed record CatalogTable(string Name, string Comment, ImmutableArray<CatalogColumn> Columns);

/// <summary>A column of the catalog.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in PostgreSQL.</param>
/// <param name="IsKey">True where it alone is the table's key.</param>
/// <param name="References">The table that it refers to, or null.</param>
public sealed record CatalogColumn(string Name, string Type, bool IsKey, string? References);
