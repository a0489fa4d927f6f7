using System.Text;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.DuckDb;

public sealed class DuckDbNativeTests : IDisposable
{
    private readonly DuckDbDatabase _database;
    private readonly DuckDbConnection _connection;

    public DuckDbNativeTests()
    {
        _database = DuckDbDatabase.TryOpen(":memory:", [new("threads", "2")], out string error)
            ?? throw new InvalidOperationException(error);
        _connection = _database.Connect();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void Results_keep_their_values()
    {
        using DuckDbResult result = _connection.Query(
            """
            SELECT '-9223372036854775808'::BIGINT, 'zażółć ' || chr(0) || ' gęślą jaźń', '\x00\xFF'::BLOB, 5e-324::DOUBLE, TRUE, NULL::VARCHAR, '',
              170141183460469231731687303715884105727::HUGEINT, 255::UTINYINT
            """,
            Token);

        result.Read().ShouldBeTrue();
        result.GetInt64(0).ShouldBe(long.MinValue);
        result.GetString(1).ShouldBe("zażółć \0 gęślą jaźń");
        result.GetBytes(2).ToArray().ShouldBe(new byte[] { 0, 255 });
        result.Get<double>(3).ShouldBe(double.Epsilon);
        result.GetBoolean(4).ShouldBeTrue();
        result.IsNull(5).ShouldBeTrue();
        result.GetString(6).ShouldBe("");
        result.Get<Int128>(7).ShouldBe(Int128.MaxValue);
        result.GetInt64(8).ShouldBe(255);
        result.Read().ShouldBeFalse();
    }

    [Fact]
    public void Rows_are_read_across_chunks()
    {
        using DuckDbResult result = _connection.Query("SELECT i, 'text number ' || i FROM range(5000) t(i) ORDER BY i", Token);
        int rows = 0;
        while (result.Read())
        {
            result.GetInt64(0).ShouldBe(rows);
            result.GetString(1).ShouldBe($"text number {rows}");
            rows++;
        }

        rows.ShouldBe(5000);
    }

    [Fact]
    public void Several_statements_run_in_order_and_the_last_one_counts()
    {
        long changed = _connection.Execute(
            """
            CREATE TABLE t (k INTEGER);
            INSERT INTO t VALUES (1), (2), (3);
            DELETE FROM t WHERE k > 1
            """,
            Token);

        changed.ShouldBe(2);
    }

    [Fact]
    public void An_appender_takes_texts_where_they_stand_and_copies_them()
    {
        _connection.Execute("CREATE TABLE t (a BIGINT, b VARCHAR, c JSON)", Token);
        using (DuckDbAppender appender = _connection.Append(null, null, "t", ["c", "b"]))
        {
            byte[] text = Encoding.UTF8.GetBytes("a text that is longer than twelve bytes");
            AppendRow(appender, "{}"u8.ToArray(), text);
            text.AsSpan().Fill((byte)'x');
            appender.Flush();
        }

        using DuckDbResult result = _connection.Query("SELECT a, b, c FROM t", Token);
        result.Read().ShouldBeTrue();
        result.IsNull(0).ShouldBeTrue();
        result.GetString(1).ShouldBe("a text that is longer than twelve bytes");
        result.GetString(2).ShouldBe("{}");
    }

    [Fact]
    public void An_appender_that_is_not_flushed_writes_nothing()
    {
        _connection.Execute("CREATE TABLE t (c VARCHAR, b VARCHAR)", Token);
        using (DuckDbAppender appender = _connection.Append(null, null, "t", ["c", "b"]))
            AppendRow(appender, "x"u8.ToArray(), "y"u8.ToArray());

        using DuckDbResult result = _connection.Query("SELECT count(*) FROM t", Token);
        result.Read().ShouldBeTrue();
        result.GetInt64(0).ShouldBe(0);
    }

    [Fact]
    public void Errors_are_coded()
    {
        Should.Throw<MillraceException>(() => _connection.Execute("SELEC 1", Token)).Code.ShouldBe(ErrorCodes.DuckDbStatement);
        Should.Throw<MillraceException>(() => _connection.Execute("SELECT * FROM missing", Token)).Code.ShouldBe(ErrorCodes.DuckDbStatement);
        Should.Throw<MillraceException>(() => _connection.Execute("SELECT 'x'::INTEGER", Token)).Code.ShouldBe(ErrorCodes.DuckDbValue);
        Should.Throw<MillraceException>(() => _connection.Append(null, null, "missing", [])).Message.ShouldContain("missing");
    }

    [Fact]
    public async Task A_cancelled_statement_is_interrupted_and_the_connection_goes_on()
    {
        using CancellationTokenSource source = new();
        Task query = Task.Run(
            () => _connection.Execute("SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000000) b(i)", source.Token), Token);
        query.IsCompleted.ShouldBeFalse();
        await source.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(query.WaitAsync(TimeSpan.FromSeconds(30), Token));
        _connection.Execute("SELECT 1", Token);
    }

    private static unsafe void AppendRow(DuckDbAppender appender, byte[] first, byte[] second)
    {
        fixed (byte* a = first, b = second)
        {
            Set(appender.Vector(0).Data<DuckDbString>(), a, first.Length);
            Set(appender.Vector(1).Data<DuckDbString>(), b, second.Length);
            appender.AppendChunk(1);
        }
    }

    private static unsafe void Set(DuckDbString* target, byte* text, int length)
    {
        *target = new DuckDbString { Length = (uint)length };
        if (length <= DuckDbString.InlineLength)
        {
            new ReadOnlySpan<byte>(text, length).CopyTo(new Span<byte>(target->Inlined, DuckDbString.InlineLength));
            return;
        }

        target->Prefix = *(uint*)text;
        target->Pointer = text;
    }
}
