using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Millrace.Core.Errors;
using SQLitePCL;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>A prepared statement used over and over with spans, without allocating.</summary>
internal sealed class ImageStatement : IDisposable
{
    private readonly ImageIndex _index;
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public ImageStatement(ImageIndex index, sqlite3 database, string sql)
    {
        _index = index;
        _database = database;
        Check(raw.sqlite3_prepare_v2(database, sql, out _statement));
    }

    public ImageStatement Bind(int index, long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, index, value));
        return this;
    }

    public ImageStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        Check(raw.sqlite3_bind_blob(_statement, index, value));
        return this;
    }

    public ImageStatement Bind(int index, string value)
    {
        Check(raw.sqlite3_bind_text(_statement, index, value));
        return this;
    }

    /// <summary>Runs to the end.</summary>
    public void Run()
    {
        while (Step())
        {
        }

        Reset();
    }

    /// <summary>Goes to the next row; false after the last.</summary>
    public bool Step()
    {
        int code = raw.sqlite3_step(_statement);
        if (code is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return code == raw.SQLITE_ROW;
        }

        raw.sqlite3_reset(_statement);
        Throw(code);
        return false;
    }

    /// <summary>A blob of the current row, valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public long Integer(int column) => raw.sqlite3_column_int64(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    /// <summary>Makes the statement ready for the next use.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            Throw(code);
        }
    }

    [DoesNotReturn]
    private void Throw(int code)
    {
        var inner = new SqliteException(raw.sqlite3_errmsg(_database).utf8_to_string(), code & 0xff, raw.sqlite3_extended_errcode(_database));
        MillraceException failure = ImageFailures.Failed(inner, raw.sqlite3_db_filename(_database, "main").utf8_to_string());
        _index.Note(failure);
        throw failure;
    }
}
