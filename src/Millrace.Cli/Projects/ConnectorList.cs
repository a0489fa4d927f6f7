using Millrace.Connectors.DuckDb;
using Millrace.Connectors.MongoDb;
using Millrace.Connectors.PostgreSql;
using Millrace.Connectors.SqlServer;
using Millrace.Core.Contracts;

namespace Millrace.Cli.Projects;

/// <summary>The composition root's list: one line a connector.</summary>
internal static class ConnectorList
{
    /// <summary>The connectors of this program, made when they are first asked for.</summary>
    public static ConnectorRegistry Registry => field ??= new(
    [
        new DuckDbConnector(),
        new MongoDbConnector(),
        new PostgreSqlConnector(),
        new SqlServerConnector(),
    ]);
}
