using System.Text.Json;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Remembers between runs what scanning the oplog files told, so that a run does not scan again what was there before. Only a cache: where
/// it is missing or broken, the files are scanned.
/// </summary>
internal static class OplogIndex
{
    private const string FileName = "mongodb-oplog-index.json";

    /// <summary>Reads what is known, by path.</summary>
    public static Dictionary<string, OplogFileFacts> Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (directory.Length == 0 || !File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, OplogFileFacts>>(File.ReadAllBytes(path)) ?? [];
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Keeps what is known, in one step.</summary>
    /// <exception cref="MillraceException">MR1004: the folder cannot be written.</exception>
    public static void Save(string directory, Dictionary<string, OplogFileFacts> facts)
    {
        if (directory.Length == 0)
        {
            return;
        }

        try
        {
            StateFolder.Create(directory);
            string path = Path.Combine(directory, FileName);
            File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(facts));
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MillraceException(
                ErrorCodes.FileUnavailable,
                $"Cannot write to the state folder {directory}: {exception.Message}",
                "Check that this user may write there.",
                inner: exception);
        }
    }
}
