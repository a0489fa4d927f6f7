using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Millrace.Core.Config;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>Files as this folder reads them: once through, in large pieces, with coded errors.</summary>
internal static class FileAccessor
{
    private const int SampleBytes = 64 << 10;

    /// <summary>Opens a file for reading while others may still write to it.</summary>
    public static FileStream Open(string path)
    {
        try
        {
            // The readers bring their own large buffers.
            return new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            ThrowUnreadable(path, exception);
            return null;
        }
    }

    /// <summary>16 hex digits of the size and of the first and last 64 KiB.</summary>
    public static string Fingerprint(string path)
    {
        using FileStream stream = Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> size = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(size, stream.Length);
        hash.AppendData(size);
        byte[] sample = ArrayPool<byte>.Shared.Rent(SampleBytes);
        try
        {
            hash.AppendData(sample, 0, stream.ReadAtLeast(sample.AsSpan(0, SampleBytes), SampleBytes, throwOnEndOfStream: false));
            stream.Position = Math.Max(stream.Position, stream.Length - SampleBytes);
            hash.AppendData(sample, 0, stream.ReadAtLeast(sample.AsSpan(0, SampleBytes), SampleBytes, throwOnEndOfStream: false));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(sample);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    /// <summary>Reads past bytes of a stream that cannot seek.</summary>
    public static void Skip(Stream stream, long count, string path)
    {
        byte[] waste = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            while (count > 0)
            {
                int read = stream.Read(waste, 0, (int)Math.Min(count, waste.Length));
                if (read == 0)
                {
                    ThrowShorter(path, count);
                }

                count -= read;
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            ThrowUnreadable(path, exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(waste);
        }
    }

    [DoesNotReturn]
    public static void ThrowUnreadable(string path, Exception cause) => throw new MillraceException(
        ErrorCodes.FileUnavailable, $"Cannot read {path}: {cause.Message}", "Check that the file is there and that this user may read it.", inner: cause);

    [DoesNotReturn]
    private static void ThrowShorter(string path, long missing) => throw new MillraceException(
        ErrorCodes.DumpTruncated,
        $"{path} ends {Quantity.Of(missing, "byte")} before the place where reading should go on.",
        "Put the whole file back, or start anew with `millrace run --full-refresh`.");
}
