using System.Collections.Immutable;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.PostgreSql;
using Npgsql;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>A binary COPY under way.</summary>
internal sealed class CopyWriter : BulkWriter
{
    private readonly NpgsqlRawCopyStream _stream;
    private readonly BinaryCopyEncoder _encoder;
    private readonly PostgreSqlErrors _errors;
    private bool _isDone;

    /// <summary>Takes over an open stream.</summary>
    public CopyWriter(NpgsqlRawCopyStream stream, ImmutableArray<BulkColumn> columns, PostgreSqlErrors errors)
    {
        _stream = stream;
        _errors = errors;
        _encoder = new(columns);
        _encoder.WriteHeader();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(BulkRows rows, CancellationToken cancellationToken)
    {
        _encoder.Bind(rows);
        for (int row = 0; row < rows.Batch.RowCount;)
        {
            row = _encoder.Encode(rows, row);
            if (_encoder.Buffer.Length >= BinaryCopyEncoder.FlushSize)
            {
                await SendAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _encoder.WriteTrailer();
        await SendAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The stream's own end takes no token; the server's answer to it comes at once, for the rows are there already.
            await _stream.DisposeAsync().ConfigureAwait(false);
            _isDone = true;
        }
        catch (Exception e) when (e is NpgsqlException or IOException)
        {
            _isDone = true;
            throw _errors.OnStatement(e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _encoder.Dispose();
        if (_isDone)
        {
            return;
        }

        _isDone = true;
        try
        {
            // Without this the stream's Dispose would commit what was sent.
            await _stream.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // The stream or the connection is gone already, and with it the rows.
        }

        try
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(_encoder.Buffer.Written, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _errors.OnStatement(e);
        }

        _encoder.Buffer.Length = 0;
    }
}
