using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.SqlClient;

namespace Millrace.IntegrationTests.Catalog.Recording;

/// <summary>A command of <see cref="RecordingConnection"/>; its parameters are SQL Server's own.</summary>
internal sealed class RecordingCommand(List<(string Sql, string[] Parameters)> statements, Func<string, DataTable> answer) : DbCommand
{
    private readonly SqlCommand _parameters = new();

    [AllowNull]
    public override string CommandText { get; set; } = "";

    public override int CommandTimeout { get; set; }

    public override CommandType CommandType { get; set; }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection { get; set; }

    protected override DbParameterCollection DbParameterCollection => _parameters.Parameters;

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel()
    {
    }

    // No row is ever there to update, so that what inserts it then is seen too.
    public override int ExecuteNonQuery()
    {
        Record();
        return 0;
    }

    public override object? ExecuteScalar()
    {
        Record();
        DataTable table = answer(CommandText);
        return table.Rows.Count == 0 ? null : table.Rows[0][0];
    }

    public override void Prepare()
    {
    }

    protected override DbParameter CreateDbParameter() => new SqlParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
    {
        Record();
        return answer(CommandText).CreateDataReader();
    }

    private void Record() => statements.Add((CommandText, [.. _parameters.Parameters.Cast<SqlParameter>().Select(p => p.ParameterName)]));
}
