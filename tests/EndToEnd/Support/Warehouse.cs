namespace Millrace.EndToEndTests.Support;

/// <summary>How a value stands in a column, by the column's type in the destination.</summary>
internal enum CellKind
{
    Number,
    Float,
    Text,
    Boolean,
    Uuid,
    Microseconds,
    Bytes,
    Json,
}

/// <summary>A value that is not null: its kind and its text.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Text">Numbers with all their digits, instants as microseconds since 1970, bytes in hex, the rest as it is.</param>
internal readonly record struct Cell(CellKind Kind, string Text);

/// <summary>A destination as its users see it: read with plain SQL, by nothing of the product but the library that speaks to it.</summary>
internal abstract class Warehouse : IDisposable
{
    /// <summary>The connector's name, for test output.</summary>
    public abstract string Name { get; }

    /// <summary>The connection of the project file, indented under its name.</summary>
    public abstract string ConnectionYaml { get; }

    /// <summary>Secrets that the project file refers to.</summary>
    public virtual IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>The schema of tables that name none.</summary>
    public abstract string DefaultSchema { get; }

    /// <summary>Tables of a schema.</summary>
    public IReadOnlyList<string> Tables(string schema) =>
        [.. Query($"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' ORDER BY 1").Select(r => r["table_name"].Text)];

    /// <summary>All rows of a table; a null has no entry.</summary>
    public abstract IReadOnlyList<Dictionary<string, Cell>> Read(string schema, string table);

    /// <summary>Rows of a query whose columns are text, numbers or booleans.</summary>
    public abstract IReadOnlyList<Dictionary<string, Cell>> Query(string sql);

    /// <summary>Runs a statement.</summary>
    public abstract void Execute(string sql);

    /// <summary>The source field of each column that holds data, variant columns too.</summary>
    public Dictionary<string, string> ColumnMap(string schema, string table)
    {
        const string variant = "::v_";
        string sql = $"SELECT column_name, source_path FROM {DefaultSchema}._millrace_columns WHERE table_schema = '{schema}' AND table_name = '{table}'";

        // No path is the empty path: MongoDB allows a field without a name.
        return Query(sql).ToDictionary(
            r => r["column_name"].Text, r => r.TryGetValue("source_path", out Cell path) ? path.Text.Split(variant)[0] : "", StringComparer.Ordinal);
    }

    /// <summary>The single number that a query gives.</summary>
    public long Count(string sql) => long.Parse(Query(sql)[0].Values.Single().Text);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>A quoted identifier.</summary>
    protected static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
