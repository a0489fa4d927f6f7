using System.Runtime.InteropServices;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Native;

namespace Millrace.Testing.MongoDb.External;

/// <summary>What of libmongoc transactions need, which the connector has no use for. Names are the driver's.</summary>
internal static unsafe partial class TransactionNative
{
    private const string Mongoc = MongocLibrary.ImportName;

    static TransactionNative()
    {
        MongocLibrary.EnsureLoaded();
        NativeLibraryLoader.Bind(typeof(TransactionNative).Assembly, Mongoc, MongocLibrary.Driver);
    }

    [LibraryImport(Mongoc)] internal static partial nint mongoc_write_concern_new();
    [LibraryImport(Mongoc)] internal static partial void mongoc_write_concern_set_wmajority(nint concern, int timeout);
    [LibraryImport(Mongoc)] internal static partial void mongoc_write_concern_destroy(nint concern);
    [LibraryImport(Mongoc)] internal static partial nint mongoc_transaction_opts_new();
    [LibraryImport(Mongoc)] internal static partial void mongoc_transaction_opts_set_write_concern(nint options, nint concern);
    [LibraryImport(Mongoc)] internal static partial void mongoc_transaction_opts_destroy(nint options);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_client_session_start_transaction(nint session, nint options, MongocError* error);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_client_session_commit_transaction(nint session, nint reply, MongocError* error);
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte mongoc_client_command_with_opts(
        nint client, string database, nint command, nint readPreference, nint options, nint reply, MongocError* error);
}
