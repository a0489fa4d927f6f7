using System.Net;
using System.Net.Sockets;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>
/// Stands between a client and PostgreSQL and can lose the answer to a COMMIT: the server has committed, the client sees its connection break and
/// cannot know.
/// </summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private int _toLose;

    /// <param name="target">The server's port on loopback.</param>
    public LossyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many answers to a COMMIT were lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Loses the answer to the next COMMIT.</summary>
    public void LoseNextCommit() => Interlocked.Exchange(ref _toLose, 1);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            return; // disposed
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient near = client;
        using var far = new TcpClient();
        await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
        bool isLosing = false;
        Task up = PumpAsync(near, far, bytes =>
        {
            isLosing |= bytes.IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Exchange(ref _toLose, 0) == 1;
            return true;
        });
        Task down = PumpAsync(far, near, _ => !isLosing);
        await Task.WhenAny(up, down);
        Lost += isLosing ? 1 : 0;
    }

    // Ends with the connection, or with what is not to be passed on.
    private async Task PumpAsync(TcpClient from, TcpClient to, Func<ReadOnlySpan<byte>, bool> passes)
    {
        byte[] buffer = new byte[65536];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is var read and > 0 && passes(buffer.AsSpan(0, read)))
            {
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            return; // the other side is gone
        }
    }
}
