using System.Globalization;
using Millrace.Connectors.DuckDb.Native;

namespace Millrace.EndToEndTests.Support;

/// <summary>A DuckDB file, opened for each reading, as a second process would after the run.</summary>
/// <param name="path">The file.</param>
internal sealed class DuckDbWarehouse(string path) : Warehouse
{
    public override string Name => "duckdb";

    public override string DefaultSchema => "main";

    // Hundreds of kills leave tables of a thousand columns, and DuckDB's sorts hold whole rows.
    public override string ConnectionYaml => $"type: duckdb\n    path: {path}\n    memory_limit: {(Repository.IsLong ? "2GiB" : "512MiB")}";

    public override IReadOnlyList<Dictionary<string, Cell>> Read(string schema, string table)
    {
        string columnsSql = $"SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name = '{table}' ORDER BY ordinal_position";
        (string Name, CellKind Kind)[] columns = [.. Query(columnsSql).Select(r => (r["column_name"].Text, KindOf(r["data_type"].Text)))];
        string select = string.Join(",\n  ", columns.Select(c => Expression(Quote(c.Name), c.Kind)));
        return Query($"SELECT\n  {select}\nFROM {Quote(schema)}.{Quote(table)}", [.. columns.Select(c => c.Name)], [.. columns.Select(c => c.Kind)]);
    }

    public override IReadOnlyList<Dictionary<string, Cell>> Query(string sql) => Query(sql, null, null);

    public override void Execute(string sql)
    {
        using DuckDbDatabase database = Open();
        using DuckDbConnection connection = database.Connect();
        connection.Execute(sql, CancellationToken.None);
    }

    private static CellKind KindOf(string type) => type switch
    {
        "DOUBLE" or "FLOAT" => CellKind.Float,
        "JSON" => CellKind.Json,
        "BLOB" => CellKind.Bytes,
        "BOOLEAN" => CellKind.Boolean,
        "UUID" => CellKind.Uuid,
        "TIMESTAMP WITH TIME ZONE" => CellKind.Microseconds,
        "VARCHAR" => CellKind.Text,
        _ when type.EndsWith("INT", StringComparison.Ordinal) || type.StartsWith("DECIMAL", StringComparison.Ordinal) || type == "INTEGER" => CellKind.Number,
        _ => throw new NotSupportedException($"A column of type {type} was not expected."),
    };

    // Doubles are read as their bits: no text of another program stands between.
    private static string Expression(string column, CellKind kind) => kind switch
    {
        CellKind.Float => $"CAST({column} AS DOUBLE)",
        CellKind.Microseconds => $"CAST(epoch_us({column}) AS VARCHAR)",
        CellKind.Bytes => $"lower(hex({column}))",
        _ => $"CAST({column} AS VARCHAR)",
    };

    private List<Dictionary<string, Cell>> Query(string sql, string[]? names, CellKind[]? kinds)
    {
        using DuckDbDatabase database = Open();
        using DuckDbConnection connection = database.Connect();
        names ??= NamesOf(connection, sql);
        using DuckDbResult result = connection.Query(sql, CancellationToken.None);
        var rows = new List<Dictionary<string, Cell>>();
        while (result.Read())
        {
            var row = new Dictionary<string, Cell>(StringComparer.Ordinal);
            for (int i = 0; i < result.Types.Count; i++)
            {
                if (!result.IsNull(i))
                {
                    row.Add(names[i], new Cell(kinds?[i] ?? CellKind.Text, TextOf(result, i, kinds?[i])));
                }
            }

            rows.Add(row);
        }

        return rows;
    }

    private static string[] NamesOf(DuckDbConnection connection, string sql)
    {
        using DuckDbResult description = connection.Query("DESCRIBE " + sql, CancellationToken.None);
        var names = new List<string>();
        while (description.Read())
        {
            names.Add(description.GetString(0));
        }

        return [.. names];
    }

    private static string TextOf(DuckDbResult result, int column, CellKind? kind) => result.Types[column].Storage switch
    {
        DuckDbTypeId.Varchar => result.GetString(column),
        DuckDbTypeId.Double when kind == CellKind.Float => result.Get<double>(column).ToString("R", CultureInfo.InvariantCulture),
        DuckDbTypeId.Boolean => result.GetBoolean(column) ? "true" : "false",
        _ => result.GetInt64(column).ToString(CultureInfo.InvariantCulture),
    };

    private DuckDbDatabase Open() =>
        DuckDbDatabase.TryOpen(path, [], out string lockedBy) ?? throw new InvalidOperationException($"{path} is locked: {lockedBy}");
}
