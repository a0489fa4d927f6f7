using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Wire;

/// <summary>A client that speaks bare OP_MSG: for tests of the protocol itself, and for measuring without a driver's cost.</summary>
public sealed class MongoWireClient : IAsyncDisposable
{
    private const int HeaderLength = 16;

    // A server that does not answer shall fail a test, not hang it.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly NetworkStream _stream;
    private byte[] _message = new byte[1 << 20];
    private int _length;
    private int _requests;

    private MongoWireClient(NetworkStream stream) => _stream = stream;

    /// <summary>The bytes of the last answer's message, its header included.</summary>
    public ReadOnlyMemory<byte> LastMessage => _message.AsMemory(0, _length);

    /// <summary>Connects to a port of loopback.</summary>
    public static async Task<MongoWireClient> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).ConfigureAwait(false);
        return new MongoWireClient(new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Sends a command and reads its answer.</summary>
    /// <exception cref="CommandException">The answer is an error.</exception>
    /// <exception cref="IOException">The socket was closed.</exception>
    public async Task<Doc> RunAsync(string database, Doc command)
    {
        Doc reply = Doc.Parse((await RunRawAsync(database, command).ConfigureAwait(false)).ToArray());
        return reply["ok"].IsTrue()
            ? reply
            : throw new CommandException((int)(reply["code"].AsLong() ?? 0), reply["errmsg"].AsString() ?? "", [.. (reply["errorLabels"] as Arr ?? []).Select(l => l.AsString()!)]);
    }

    /// <summary>Sends a command; gives the bytes of the answer's document, which are good until the next command.</summary>
    public async Task<ReadOnlyMemory<byte>> RunRawAsync(string database, Doc command)
    {
        ArgumentNullException.ThrowIfNull(command);
        Doc full = command.Clone();
        full.Add("$db", database);
        byte[] body = full.ToBytes();
        byte[] message = new byte[HeaderLength + 5 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(12), 2013);
        body.CopyTo(message.AsSpan(HeaderLength + 5));
        await SendAsync(message).ConfigureAwait(false);
        await ReceiveAsync().ConfigureAwait(false);
        return _message.AsMemory(HeaderLength + 5, BinaryPrimitives.ReadInt32LittleEndian(_message.AsSpan(HeaderLength + 5)));
    }

    /// <summary>Sends a message as it stands, but for its length and request id, which are filled in.</summary>
    public async Task SendAsync(byte[] message)
    {
        ArgumentNullException.ThrowIfNull(message);
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), ++_requests);
        await _stream.WriteAsync(message).ConfigureAwait(false);
    }

    /// <summary>Reads one message into <see cref="LastMessage"/>.</summary>
    public async Task ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _stream.ReadExactlyAsync(_message.AsMemory(0, HeaderLength), limit.Token).ConfigureAwait(false);
        _length = BinaryPrimitives.ReadInt32LittleEndian(_message);
        if (_length > _message.Length)
        {
            Array.Resize(ref _message, Math.Max(_length, 2 * _message.Length));
        }

        await _stream.ReadExactlyAsync(_message.AsMemory(HeaderLength, _length - HeaderLength), limit.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads a cursor to its end, or until it has given so many documents, without making anything of them.
    /// </summary>
    /// <returns>Documents, and the bytes of all messages.</returns>
    public async Task<(long Documents, long Bytes)> DrainAsync(string database, Doc command, int batchSize, long most = long.MaxValue)
    {
        string collection = command.Fields[0].Value.AsString() ?? "$cmd.aggregate";
        (long id, long documents) = Count(await RunRawAsync(database, command).ConfigureAwait(false));
        long bytes = _length;
        while (id != 0 && documents < most)
        {
            var more = new Doc { { "getMore", id }, { "collection", collection }, { "batchSize", batchSize } };
            (id, long count) = Count(await RunRawAsync(database, more).ConfigureAwait(false));
            documents += count;
            bytes += _length;
        }

        return (documents, bytes);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static (long Id, long Documents) Count(ReadOnlyMemory<byte> reply)
    {
        var reader = new BsonReader(reply.Span);
        if (!reader.Find("cursor"u8))
        {
            throw new CommandException(ErrorCode.InternalError, Doc.Parse(reply.ToArray())["errmsg"].AsString() ?? "no cursor");
        }

        long id = 0, documents = 0;
        var cursor = new BsonReader(reader.Value);
        while (cursor.Next())
        {
            if (cursor.Name.SequenceEqual("id"u8))
            {
                id = cursor.GetInt64();
            }
            else if (cursor.Type == BsonType.Array)
            {
                documents = CountItems(cursor.Value);
            }
        }

        return (id, documents);
    }

    private static long CountItems(ReadOnlySpan<byte> array)
    {
        long count = 0;
        var items = new BsonReader(array);
        while (items.Next())
        {
            count++;
        }

        return count;
    }
}
