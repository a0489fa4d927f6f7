using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Millrace.Connectors.Sql;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.SqlServer;

/// <summary>
/// T-SQL, from SQL Server 2016 SP1 and in Azure SQL Database. Names are quoted by double quotes, for which the session has QUOTED_IDENTIFIER on.
/// </summary>
internal partial class SqlServerDialect : SqlDialect
{
    public static readonly SqlServerDialect Instance = new();

    /// <inheritdoc/>
    /// <remarks>128 characters, which 128 bytes of UTF-8 never exceed. Whether case counts is a setting of the database; mostly it does not.</remarks>
    public override NamingRule Naming { get; } = new(128, IgnoresCase: true);

    /// <inheritdoc/>
    public override bool UsesKeyIndex => true;

    /// <inheritdoc/>
    public override string InsertionOrder => "";

    /// <inheritdoc/>
    public override string OrderedText => $"nvarchar(4000) {SqlServerTypes.ByteOrder}";

    /// <inheritdoc/>
    public override string OrderedName => $"nvarchar({SqlServerTypes.MaxKeyCharacters}) {SqlServerTypes.ByteOrder}";

    /// <inheritdoc/>
    /// <remarks>A clustered key would hold 900 bytes only.</remarks>
    public override string PrimaryKey => "PRIMARY KEY NONCLUSTERED";

    /// <inheritdoc/>
    public override string Identity(string schema, string sequence) => "bigint IDENTITY(1, 1) PRIMARY KEY";

    /// <inheritdoc/>
    public override LogicalType? Fit(LogicalType type) => type;

    /// <inheritdoc/>
    public override string TypeName(LogicalType type) => SqlServerTypes.Sql(type);

    /// <inheritdoc/>
    /// <remarks>Said for stages, whose columns would have tempdb's collation.</remarks>
    public override string ColumnType(LogicalType type) =>
        type.Kind is TypeKind.Text or TypeKind.Json ? $"{TypeName(type)} COLLATE DATABASE_DEFAULT" : TypeName(type);

    /// <inheritdoc/>
    public override string KeyColumnType(LogicalType type) => type.Kind switch
    {
        TypeKind.Text => OrderedName,
        TypeKind.Bytes => $"varbinary({SqlServerTypes.MaxKeyBytes})",
        _ => TypeName(type),
    };

    /// <inheritdoc/>
    public override LogicalType FromCatalog(string typeName) => SqlServerTypes.FromCatalog(typeName);

    /// <inheritdoc/>
    /// <remarks>Third, whether the server fills the column; fourth, the longest value in bytes, 0 where there is no bound.</remarks>
    public override string ColumnsQuery(TableId table) =>
        $"""
        SELECT c.name,
          CONCAT(CASE WHEN t.is_user_defined = 1 AND c.system_type_id <> 240 THEN TYPE_NAME(c.system_type_id) ELSE t.name END, '(', c.precision, ',', c.scale, ')'),
          CASE WHEN c.is_identity = 1 OR c.is_computed = 1 OR c.generated_always_type <> 0 OR c.system_type_id = 189 THEN 1 ELSE 0 END,
          CASE WHEN TYPE_NAME(c.system_type_id) IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') AND c.max_length > 0 THEN c.max_length ELSE 0 END
        FROM sys.columns AS c
        JOIN sys.types AS t ON t.user_type_id = c.user_type_id
        WHERE c.object_id = {ObjectId(table)}
        ORDER BY c.column_id
        """;

    /// <inheritdoc/>
    public override bool CatalogNamesTypes => false;

    /// <inheritdoc/>
    public override string Marker(int place) => "@p" + place.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string Convert(string expression, LogicalType from, LogicalType to) => $"CAST({expression} AS {TypeName(to)})";

    /// <inheritdoc/>
    /// <remarks>Without a word on NULL the column is nullable, whatever the session's settings.</remarks>
    public override string AlterType(string table, string column, LogicalType from, LogicalType to) =>
        $"ALTER TABLE {table} ALTER COLUMN {Quote(column)} {ColumnType(to)}";

    /// <inheritdoc/>
    public override string LockTable(TableId table) => $"SELECT TOP (0) 1 FROM {Quote(table)} WITH (TABLOCKX, HOLDLOCK)";

    /// <inheritdoc/>
    /// <remarks>What a drop would break or lose: a key that refers to the table, triggers, indexes, constraints, modules that are bound to it, tracking.</remarks>
    public override string DependentsQuery(TableId table, string? keyIndex) =>
        $"""
        SELECT 1 FROM sys.foreign_keys WHERE parent_object_id = {ObjectId(table)} OR referenced_object_id = {ObjectId(table)}
        UNION ALL
        SELECT 1 FROM sys.triggers WHERE parent_id = {ObjectId(table)}
        UNION ALL
        SELECT 1 FROM sys.indexes WHERE object_id = {ObjectId(table)} AND index_id > 0 AND name <> {Literal(keyIndex ?? "")}
        UNION ALL
        SELECT 1 FROM sys.check_constraints WHERE parent_object_id = {ObjectId(table)}
        UNION ALL
        SELECT 1 FROM sys.default_constraints WHERE parent_object_id = {ObjectId(table)}
        UNION ALL
        SELECT 1 FROM sys.sql_expression_dependencies WHERE referenced_id = {ObjectId(table)} AND is_schema_bound_reference = 1
        UNION ALL
        SELECT 1 FROM sys.tables WHERE object_id = {ObjectId(table)} AND (is_tracked_by_cdc = 1 OR temporal_type <> 0)
        UNION ALL
        SELECT 1 FROM sys.change_tracking_tables WHERE object_id = {ObjectId(table)}
        """;

    /// <inheritdoc/>
    public override string GrantsQuery(TableId table) =>
        $"""
        SELECT CONCAT(
          CASE WHEN p.state = 'D' THEN 'DENY ' ELSE 'GRANT ' END, p.permission_name, ' ON ', {Literal(Quote(table))}, ' TO ', QUOTENAME(u.name),
          CASE WHEN p.state = 'W' THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM sys.database_permissions AS p
        JOIN sys.database_principals AS u ON u.principal_id = p.grantee_principal_id
        WHERE p.class = 1 AND p.major_id = {ObjectId(table)} AND p.minor_id = 0
        """;

    /// <inheritdoc/>
    public override string Literal(string? text) => text is null ? "NULL" : "N" + base.Literal(text);

    /// <inheritdoc/>
    public override string Literal(bool value) => value ? "1" : "0";

    /// <inheritdoc/>
    public override string Literal(DateTimeOffset instant) =>
        $"CAST('{instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00:00' AS {TypeName(LogicalType.TimestampUtc())})";

    /// <summary>A query that waits for a lock of Millrace's own; its one value is negative where the lock was not given.</summary>
    /// <param name="name">The lock's name.</param>
    /// <param name="owner">What keeps it until it ends: <c>Transaction</c> or <c>Session</c>.</param>
    /// <param name="milliseconds">How long to wait; -1 for ever.</param>
    public virtual string Lock(string name, string owner, int milliseconds)
    {
        // A resource has 255 characters at most.
        string resource = "millrace " + name;
        string bounded = resource.Length <= 255
            ? resource
            : "millrace " + System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return $"""
            DECLARE @answer int;
            EXEC @answer = sp_getapplock @Resource = {Literal(bounded)}, @LockMode = 'Exclusive', @LockOwner = '{owner}', @LockTimeout = {milliseconds.ToString(CultureInfo.InvariantCulture)};
            SELECT @answer
            """;
    }

    /// <summary>The server's number of a table; NULL where there is none.</summary>
    private string ObjectId(TableId table) =>
        $"(SELECT o.object_id FROM sys.tables AS o JOIN sys.schemas AS n ON n.schema_id = o.schema_id WHERE n.name = {Literal(table.Schema)} AND o.name = {Literal(table.Name)})";
}
