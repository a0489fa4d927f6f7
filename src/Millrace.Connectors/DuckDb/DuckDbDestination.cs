using Millrace.Connectors.Sql;

namespace Millrace.Connectors.DuckDb;

/// <summary>Writes one task's tables into a DuckDB file. The file is opened when it is first needed and closed with this, so that
/// other processes have it between runs.</summary>
internal sealed class DuckDbDestination : SqlDestination
{
    private readonly DuckDbOptions _options;
    private readonly TimeProvider _time;
    private DuckDbFile? _file;

    /// <summary>Creates the destination; nothing is opened yet.</summary>
    /// <param name="options">Settings with full paths (<see cref="DuckDbOptions.From"/>).</param>
    /// <param name="time">The clock.</param>
    internal DuckDbDestination(DuckDbOptions options, TimeProvider time)
        : base(new SqlStore(DuckDbDialect.Instance, options.Schema, options.Schema, time))
    {
        _options = options;
        _time = time;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        if (_file is not null)
            await _file.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask<SqlChannel> OpenAsync(CancellationToken cancellationToken)
    {
        _file ??= await DuckDbFile.OpenAsync(_options, _time, cancellationToken).ConfigureAwait(false);
        return new DuckDbChannel(_file);
    }
}
