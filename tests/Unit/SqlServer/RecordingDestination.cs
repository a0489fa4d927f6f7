using Millrace.Connectors.Sql;
using Millrace.Connectors.SqlServer;

namespace Millrace.UnitTests.SqlServer;

/// <summary>A SQL Server destination whose server only writes down what it is told.</summary>
internal sealed class RecordingDestination : SqlDestination
{
    public RecordingDestination()
        : base(new SqlStore(SqlServerDialect.Instance, "dbo", "dbo", new FixedTime()))
    {
    }

    /// <summary>The one connection.</summary>
    public RecordingChannel Channel { get; } = new(SqlServerDialect.Instance);

    /// <inheritdoc/>
    protected override ValueTask<SqlChannel> OpenAsync(CancellationToken cancellationToken) => ValueTask.FromResult<SqlChannel>(Channel);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 6, TimeSpan.Zero);
    }
}
