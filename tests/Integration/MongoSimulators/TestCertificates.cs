using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>An authority, a server's certificate for loopback, and a client's: made for one test, gone with it.</summary>
internal sealed class TestCertificates : IDisposable
{
    public const string ClientSubject = "CN=reader,OU=tests,O=Millrace";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-tls-");

    public TestCertificates()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Test Authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
        Server = Sign("CN=127.0.0.1", server: true, out _);
        using X509Certificate2 client = Sign("CN=reader, OU=tests, O=Millrace", server: false, out string clientKey);
        AuthorityFile = Write("ca.pem", Authority.ExportCertificatePem());
        ClientFile = Write("client.pem", client.ExportCertificatePem() + "\n" + clientKey);
    }

    public X509Certificate2 Authority { get; }

    public X509Certificate2 Server { get; }

    public string AuthorityFile { get; }

    public string ClientFile { get; }

    public void Dispose()
    {
        Authority.Dispose();
        Server.Dispose();
        _folder.Delete(recursive: true);
    }

    private X509Certificate2 Sign(string subject, bool server, out string keyPem)
    {
        using RSA key = RSA.Create(2048);
        keyPem = key.ExportPkcs8PrivateKeyPem();
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        if (server)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], false));
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        using X509Certificate2 signed = request.Create(Authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(5), serial);
        using X509Certificate2 withKey = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
