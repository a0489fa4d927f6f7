using System.Net.Sockets;
using Millrace.Testing.MongoDb.Auth;
using Millrace.Testing.MongoDb.Commands;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Server;

namespace Millrace.Testing.MongoDb.Wire;

/// <summary>A client's connection: reads messages and answers them, one after another.</summary>
/// <param name="server">What is shared.</param>
/// <param name="socket">The connection.</param>
/// <param name="stream">What is read and written: the socket, or TLS over it.</param>
/// <param name="number">The connection's number.</param>
internal sealed class ClientConnection(ServerState server, Socket socket, Stream stream, int number)
{
    public int Number => number;

    /// <summary>Who has logged in.</summary>
    public MongoUser? User { get; set; }

    /// <summary>The subject of the certificate that the client has shown.</summary>
    public string? CertificateSubject { get; init; }

    /// <summary>A SCRAM conversation that is under way.</summary>
    public ScramConversation? Conversation { get; set; }

    /// <summary>Whether it answers no more and is about to be closed.</summary>
    public bool IsSilent { get; set; }

    /// <summary>What happens to the answer of the command that runs.</summary>
    public Fault? ReplyFault { get; set; }

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var reply = new ReplyBuffer();
        var reader = new MessageReader(stream);
        try
        {
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false) is { } request)
            {
                await AnswerAsync(request, reply, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or InvalidDataException or DropConnectionException or ObjectDisposedException)
        {
            // The client went away, broke the protocol, or a fault closes the connection: in each case it ends here.
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Closes the socket at once: what the client sent and has not been read yet makes this a reset.</summary>
    public void Close()
    {
        socket.Close();
        stream.Dispose();
    }

    private async Task AnswerAsync(WireRequest request, ReplyBuffer reply, CancellationToken cancellation)
    {
        int responseTo = request.RequestId;
        while (true)
        {
            ReplyFault = null;
            await CommandRunner.RunAsync(server, this, request, reply, cancellation).ConfigureAwait(false);
            if (IsSilent)
            {
                throw new DropConnectionException();
            }

            if (request.MoreToCome)
            {
                return;
            }

            // A hello that waits goes on answering for as long as the client listens.
            bool more = request.ExhaustAllowed && request.Command["maxAwaitTimeMS"] is not null && request.Command["topologyVersion"] is not null;
            ReadOnlyMemory<byte> message = reply.Finish(request, responseTo, more);
            await SendAsync(message, cancellation).ConfigureAwait(false);
            if (!more)
            {
                return;
            }

            responseTo = reply.RequestId;
            request.Command["topologyVersion"] = server.Topology.TopologyVersion;
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        switch (ReplyFault)
        {
            case null:
                await stream.WriteAsync(message, cancellation).ConfigureAwait(false);
                break;
            case { Action: FaultAction.SlowReply } fault:
                for (int at = 0; at < message.Length; at += fault.Bytes)
                {
                    await stream.WriteAsync(message.Slice(at, Math.Min(fault.Bytes, message.Length - at)), cancellation).ConfigureAwait(false);
                    await Task.Delay(fault.Pause, cancellation).ConfigureAwait(false);
                }

                break;
            case { Action: FaultAction.PartialReply } fault:
                await stream.WriteAsync(message[..Math.Min(fault.Bytes, message.Length - 1)], cancellation).ConfigureAwait(false);
                socket.Shutdown(SocketShutdown.Send);
                throw new DropConnectionException();
            default:
                throw new DropConnectionException();
        }
    }
}
