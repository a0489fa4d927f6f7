using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Millrace.Testing.MongoDb.Server;

namespace Millrace.Testing.MongoDb.Wire;

/// <summary>Accepts connections on loopback.</summary>
internal sealed class WireListener : IAsyncDisposable
{
    private readonly ServerState _server;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, (ClientConnection Connection, Task Run)> _clients = new();
    private readonly Task _accepting;
    private int _numbers;

    public WireListener(ServerState server)
    {
        _server = server;
        _listener = new TcpListener(IPAddress.Loopback, server.Options.Port);
        _listener.Start(512);
        server.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Lets no connection that is open now answer any more.</summary>
    public void Silence()
    {
        foreach ((ClientConnection connection, _) in _clients.Values)
        {
            connection.IsSilent = true;
        }
    }

    /// <summary>Closes all sockets; clients may connect anew.</summary>
    public void CloseAll()
    {
        foreach ((ClientConnection connection, _) in _clients.Values)
        {
            connection.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        CloseAll();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_clients.Values.Select(c => c.Run)).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false);
                socket.NoDelay = true;
                _ = Task.Run(() => ServeAsync(socket));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopped, or a client that was gone before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        int number = Interlocked.Increment(ref _numbers);
        _server.Counters.AddConnection();
        try
        {
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            string? subject = null;
            if (_server.Options.Certificate is not null)
            {
                (stream, subject) = await SecureAsync(stream).ConfigureAwait(false);
            }

            var connection = new ClientConnection(_server, socket, stream, number) { CertificateSubject = subject };
            // Known before it answers: whoever has an answer may have the connection closed.
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _clients[number] = (connection, ended.Task);
            if (_stop.IsCancellationRequested)
            {
                connection.Close();
            }

            try
            {
                await connection.RunAsync(_stop.Token).ConfigureAwait(false);
            }
            finally
            {
                ended.SetResult();
            }
        }
        catch (Exception error) when (error is IOException or AuthenticationException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A client that speaks no TLS, or has no certificate that is accepted.
            socket.Dispose();
        }
        finally
        {
            _clients.TryRemove(number, out _);
        }
    }

    private async Task<(Stream Stream, string? Subject)> SecureAsync(Stream inner)
    {
        X509Certificate2? authority = _server.Options.ClientAuthority;
        var stream = new SslStream(inner);
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = _server.Options.Certificate,
                ClientCertificateRequired = authority is not null,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => authority is null || IsSignedBy(certificate, authority),
            },
            _stop.Token).ConfigureAwait(false);
        using X509Certificate2? client = stream.RemoteCertificate is null ? null : new X509Certificate2(stream.RemoteCertificate);

        // Distinguished names are compared as RFC 2253 writes them, which is without spaces and the most particular part first.
        return (stream, client?.SubjectName.Decode(X500DistinguishedNameFlags.Reversed).Replace(", ", ",", StringComparison.Ordinal));
    }

    private static bool IsSignedBy(X509Certificate? certificate, X509Certificate2 authority)
    {
        if (certificate is null)
        {
            return false;
        }

        using var presented = new X509Certificate2(certificate);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(presented);
    }
}
