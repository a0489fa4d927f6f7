using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Millrace.IntegrationTests.Catalog.Recording;

/// <summary>A connection to nothing: keeps what it is told and answers as it is told to.</summary>
/// <param name="statements">Told of every statement, with its parameters' names.</param>
/// <param name="answer">The rows of a query.</param>
internal sealed class RecordingConnection(List<(string Sql, string[] Parameters)> statements, Func<string, DataTable> answer) : DbConnection
{
    [AllowNull]
    public override string ConnectionString { get; set; } = "";

    public override string Database => "";

    public override string DataSource => "";

    public override string ServerVersion => "";

    public override ConnectionState State => ConnectionState.Open;

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    public override void Close()
    {
    }

    public override void Open()
    {
    }

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();

    protected override DbCommand CreateDbCommand() => new RecordingCommand(statements, answer);
}
