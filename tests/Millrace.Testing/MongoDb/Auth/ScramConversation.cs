using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Testing.MongoDb.Auth;

/// <summary>The server's side of SCRAM (RFC 5802, RFC 7677), with SHA-1 over MongoDB's password digest or SHA-256 over the password.</summary>
internal sealed class ScramConversation
{
    private readonly HashAlgorithmName _hash;
    private readonly byte[] _salted;
    private readonly string _clientFirst;
    private readonly string _serverFirst;
    private readonly string _nonce;

    /// <summary>Begins with the client's first message.</summary>
    public ScramConversation(bool isSha256, string clientFirstMessage, Func<string, MongoUser?> find)
    {
        _hash = isSha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1;
        int bare = clientFirstMessage.IndexOf(",,", StringComparison.Ordinal) + 2;
        _clientFirst = clientFirstMessage[bare..];
        Dictionary<char, string> fields = Fields(_clientFirst);
        string name = fields['n'].Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        User = find(name);

        // A user that is not there fails at the proof, like a wrong password.
        string password = User?.Password ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        byte[] salt = RandomNumberGenerator.GetBytes(isSha256 ? 28 : 16);
        int iterations = isSha256 ? 15000 : 10000;
        _salted = Rfc2898DeriveBytes.Pbkdf2(isSha256 ? password : Digest(name, password), salt, iterations, _hash, isSha256 ? 32 : 20);
        _nonce = fields['r'] + Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));
        _serverFirst = $"r={_nonce},s={Convert.ToBase64String(salt)},i={iterations.ToString(CultureInfo.InvariantCulture)}";
    }

    public MongoUser? User { get; }

    public string ServerFirst => _serverFirst;

    /// <summary>Whether the proof was right: all that is left is an empty message.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Whether the client leaves the empty last exchange out.</summary>
    public bool SkipsEmptyExchange { get; init; }

    /// <summary>Checks the proof.</summary>
    /// <returns>The server's final message, or null where the proof is wrong.</returns>
    public string? Prove(string clientFinal)
    {
        Dictionary<char, string> fields = Fields(clientFinal);
        string withoutProof = clientFinal[..clientFinal.LastIndexOf(",p=", StringComparison.Ordinal)];
        byte[] message = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{withoutProof}");
        byte[] clientKey = Mac(_salted, "Client Key"u8);
        byte[] signature = Mac(Hash(clientKey), message);
        byte[] expected = [.. clientKey.Zip(signature, (a, b) => (byte)(a ^ b))];
        if (User is null || fields['r'] != _nonce || !CryptographicOperations.FixedTimeEquals(expected, Convert.FromBase64String(fields['p'])))
        {
            return null;
        }

        IsProven = true;
        return "v=" + Convert.ToBase64String(Mac(Mac(_salted, "Server Key"u8), message));
    }

#pragma warning disable CA5350, CA5351 // MongoDB's SCRAM-SHA-1 prescribes both.
    private static string Digest(string name, string password) =>
        Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes($"{name}:mongo:{password}")));

    private byte[] Mac(byte[] key, ReadOnlySpan<byte> message) =>
        _hash == HashAlgorithmName.SHA256 ? HMACSHA256.HashData(key, message) : HMACSHA1.HashData(key, message);

    private byte[] Hash(byte[] bytes) => _hash == HashAlgorithmName.SHA256 ? SHA256.HashData(bytes) : SHA1.HashData(bytes);
#pragma warning restore CA5350, CA5351

    private static Dictionary<char, string> Fields(string message) => message.Split(',').ToDictionary(f => f[0], f => f[2..]);
}
