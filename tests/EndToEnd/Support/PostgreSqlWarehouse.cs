using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.EndToEndTests.Support;

/// <summary>A database of its own on the test server.</summary>
internal sealed class PostgreSqlWarehouse(PostgreSqlServer server) : Warehouse
{
    private readonly string _connectionString = server.CreateDatabaseAsync().GetAwaiter().GetResult();

    public override string Name => "postgresql";

    public override string DefaultSchema => "public";

    public override string ConnectionYaml => "type: postgresql\n    connection_string: \"${WAREHOUSE_DB}\"";

    public override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["WAREHOUSE_DB"] = _connectionString };

    /// <summary>The server.</summary>
    public PostgreSqlServer Server => server;

    /// <summary>Connects to the database.</summary>
    public string ConnectionString => _connectionString;

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
        using NpgsqlConnection connection = Open();
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static CellKind KindOf(string type) => type switch
    {
        "bigint" or "integer" or "smallint" or "numeric" => CellKind.Number,
        "double precision" or "real" => CellKind.Float,
        "jsonb" or "json" => CellKind.Json,
        "bytea" => CellKind.Bytes,
        "boolean" => CellKind.Boolean,
        "uuid" => CellKind.Uuid,
        "timestamp with time zone" => CellKind.Microseconds,
        "text" or "character varying" => CellKind.Text,
        _ => throw new NotSupportedException($"A column of type {type} was not expected."),
    };

    private static string Expression(string column, CellKind kind) => kind switch
    {
        CellKind.Microseconds => $"(extract(epoch FROM {column}) * 1000000)::text",
        CellKind.Bytes => $"encode({column}, 'hex')",
        _ => column + "::text",
    };

    private List<Dictionary<string, Cell>> Query(string sql, string[]? names, CellKind[]? kinds)
    {
        using NpgsqlConnection connection = Open();
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using NpgsqlDataReader reader = command.ExecuteReader();
        var rows = new List<Dictionary<string, Cell>>();
        while (reader.Read())
        {
            var row = new Dictionary<string, Cell>(StringComparer.Ordinal);
            for (int i = 0; i < reader.FieldCount; i++)
            {
                if (!reader.IsDBNull(i))
                {
                    row.Add(names?[i] ?? reader.GetName(i), new Cell(kinds?[i] ?? CellKind.Text, Convert.ToString(reader.GetValue(i))!));
                }
            }

            rows.Add(row);
        }

        return rows;
    }

    private NpgsqlConnection Open()
    {
        var connection = new NpgsqlConnection(_connectionString);
        connection.Open();
        return connection;
    }
}
