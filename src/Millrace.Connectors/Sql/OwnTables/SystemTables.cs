using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.OwnTables;

/// <summary>Millrace's own tables, which stand beside the data in one schema, and the statements that make them.</summary>
internal sealed class SystemTables
{
    private readonly SqlDialect _dialect;

    /// <summary>Names the tables in <paramref name="schema"/>.</summary>
    public SystemTables(SqlDialect dialect, string schema)
    {
        _dialect = dialect;
        Schema = schema;
        Checkpoints = dialect.Quote(new TableId(schema, CheckpointsName));
        Tables = dialect.Quote(new TableId(schema, TablesName));
        Columns = dialect.Quote(new TableId(schema, ColumnsName));
        Quarantine = dialect.Quote(new TableId(schema, QuarantineName));
        Tombstones = dialect.Quote(new TableId(schema, TombstonesName));
        Layout = dialect.Quote(new TableId(schema, LayoutName));
        CheckFailures = dialect.Quote(new TableId(schema, CheckFailuresName));
        Steps = dialect.Quote(new TableId(schema, StepsName));
    }

    /// <summary>The schema that holds them.</summary>
    public string Schema { get; }

    /// <summary>Each partition's checkpoint: the truth after a crash.</summary>
    public string Checkpoints { get; }

    /// <summary>Tables that Millrace writes: how, by which key, in which generation.</summary>
    public string Tables { get; }

    /// <summary>The column map: target column, the source path that feeds it, its types.</summary>
    public string Columns { get; }

    /// <summary>Rows that could not be loaded.</summary>
    public string Quarantine { get; }

    /// <summary>Positions of keys that are gone, so that an older event does not bring them back.</summary>
    public string Tombstones { get; }

    /// <summary>Samples of rows that failed a quality check.</summary>
    public string CheckFailures { get; }

    /// <summary>SQL steps that runs have completed.</summary>
    public string Steps { get; }

    /// <summary>One row: the version of these tables.</summary>
    public string Layout { get; }

    public const string LayoutName = "_millrace_layout";
    public const string CheckpointsName = "_millrace_checkpoints";
    public const string TablesName = "_millrace_tables";
    public const string ColumnsName = "_millrace_columns";
    public const string QuarantineName = "_millrace_quarantine";
    public const string TombstonesName = "_millrace_tombstones";
    private const string CheckFailuresName = "_millrace_check_failures";
    private const string StepsName = "_millrace_steps";

    /// <summary>How many there are.</summary>
    public static int Count => AllNames.Length;

    /// <summary>A query for the names of those that are there: each may have been dropped for itself.</summary>
    public string ExistQuery() => _dialect.TablesQuery(Schema, AllNames);

    /// <summary>A condition that chooses the rows that are about a table.</summary>
    /// <param name="table">The table, its schema resolved.</param>
    /// <param name="prefix">What stands before the columns' names: empty, or an alias and a dot.</param>
    public string Names(TableId table, string prefix = "") =>
        $"{prefix}table_schema = {_dialect.Literal(table.Schema)} AND {prefix}table_name = {_dialect.Literal(table.Name)}";

    /// <summary>The tables' names.</summary>
    public static IReadOnlyList<string> TableNames => AllNames;

    private static readonly string[] AllNames =
        [CheckpointsName, TablesName, ColumnsName, QuarantineName, TombstonesName, CheckFailuresName, StepsName, LayoutName];

    /// <summary>Asks for the version.</summary>
    public string ReadVersion() => $"SELECT max(version) FROM {Layout}";

    /// <summary>Notes the version.</summary>
    public string WriteVersion(int version) => $"DELETE FROM {Layout}; INSERT INTO {Layout} (version) VALUES ({_dialect.Literal(version)})";

    /// <summary>Adds a column where it is missing.</summary>
    public string AddColumn(string table, string column, string type) => _dialect.AddMissingColumn(new(Schema, table), column, type);

    /// <summary>Makes those that are missing.</summary>
    public string Create()
    {
        string name = _dialect.OrderedName;
        string position = _dialect.OrderedText;
        string text = _dialect.ColumnType(LogicalType.Text);
        string flag = _dialect.TypeName(LogicalType.Boolean);
        string instant = _dialect.TypeName(LogicalType.TimestampUtc());
        return $"""
            {Table(LayoutName, "version integer NOT NULL")};
            {Table(TablesName, $"""
              table_schema {name} NOT NULL, table_name {name} NOT NULL, is_managed {flag} NOT NULL, key_columns {text} NOT NULL,
              key_index {text}, disposition {text} NOT NULL, strategy {text} NOT NULL, delete_mode {text} NOT NULL,
              change_capture {flag} NOT NULL, generation integer NOT NULL, last_generation integer, last_position {position},
              {_dialect.PrimaryKey} (table_schema, table_name)
            """)};
            {Table(ColumnsName, $"""
              table_schema {name} NOT NULL, table_name {name} NOT NULL, column_name {name} NOT NULL, source_path {text},
              logical_type {text} NOT NULL, source_type {text}, is_wide {flag} NOT NULL,
              {_dialect.PrimaryKey} (table_schema, table_name, column_name)
            """)};
            {Table(CheckpointsName, $"""
              task_key {name} NOT NULL, "partition" {name} NOT NULL, generation integer NOT NULL, load_id {text} NOT NULL,
              "position" {text} NOT NULL, "rows" bigint NOT NULL, committed_at {instant} NOT NULL,
              {_dialect.PrimaryKey} (task_key, "partition")
            """)};
            {Table(TombstonesName, $"""
              table_schema {name} NOT NULL, table_name {name} NOT NULL, key_text {name} NOT NULL, generation integer NOT NULL,
              "position" {position} NOT NULL, {_dialect.PrimaryKey} (table_schema, table_name, key_text)
            """)};
            {Table(QuarantineName, $"""
              id {_dialect.Identity(Schema, "_millrace_quarantine_id")}, task_key {text} NOT NULL, run_id bigint NOT NULL,
              table_schema {text} NOT NULL, table_name {text} NOT NULL, "position" {text} NOT NULL, code {text} NOT NULL,
              reason {text} NOT NULL, raw {text}, quarantined_at {instant} NOT NULL, generation integer
            """)};
            {Table(CheckFailuresName, $"""
              task_key {text} NOT NULL, run_id bigint NOT NULL, table_schema {text} NOT NULL, table_name {text} NOT NULL,
              check_name {text} NOT NULL, failing_rows bigint NOT NULL, sample {text}, failed_at {instant} NOT NULL
            """)};
            {Table(StepsName, $"""
              task_key {name} NOT NULL, run_id bigint NOT NULL, run_started_at {instant} NOT NULL, task_run_id bigint NOT NULL,
              statements integer NOT NULL, "rows" bigint NOT NULL, started_at {instant} NOT NULL, completed_at {instant} NOT NULL,
              {_dialect.PrimaryKey} (task_key, run_id, run_started_at)
            """)};
            """;
    }

    private string Table(string name, string columns) => _dialect.CreateMissingTable(new(Schema, name), columns);
}
