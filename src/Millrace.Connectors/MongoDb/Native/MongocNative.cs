using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// The part of libmongoc and libbson (mongoc.h, bson.h; 1.23 and 2.x have the same signatures here) that the connector calls; names are the
/// driver's. A C bool is one byte. A <c>bson_t*</c> that a function fills in needs 128 bytes, aligned to 128.
/// </summary>
internal static unsafe partial class MongocNative
{
    /// <summary>Bytes of a <c>bson_t</c>, and its alignment.</summary>
    internal const int BsonSize = 128;

    private const string Mongoc = MongocLibrary.ImportName;
    private const string Bson = MongocLibrary.BsonImportName;

    // The library
    [LibraryImport(Mongoc)] internal static partial void mongoc_init();
    [LibraryImport(Mongoc)] internal static partial int mongoc_get_major_version();
    [LibraryImport(Mongoc)] internal static partial int mongoc_get_minor_version();
    [LibraryImport(Mongoc)] internal static partial int mongoc_get_micro_version();
    [LibraryImport(Mongoc)]
    internal static partial void mongoc_log_set_handler(delegate* unmanaged[Cdecl]<int, byte*, byte*, void*, void> handler, void* userData);

    // BSON
    [LibraryImport(Bson)] internal static partial nint bson_new_from_data(byte* data, nuint length);
    [LibraryImport(Bson)] internal static partial void bson_destroy(nint bson);
    [LibraryImport(Bson), SuppressGCTransition] internal static partial byte* bson_get_data(nint bson);

    // Connection strings
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint mongoc_uri_new_with_error(string uri, MongocError* error);
    [LibraryImport(Mongoc)] internal static partial void mongoc_uri_destroy(nint uri);
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mongoc_uri_get_option_as_int32(nint uri, string option, int fallback);
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte mongoc_uri_set_option_as_int32(nint uri, string option, int value);
    [LibraryImport(Mongoc)] internal static partial byte* mongoc_uri_get_appname(nint uri);
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte mongoc_uri_set_appname(nint uri, string name);
    [LibraryImport(Mongoc)] internal static partial byte* mongoc_uri_get_password(nint uri);
    [LibraryImport(Mongoc)] internal static partial byte* mongoc_uri_get_database(nint uri);

    // Pools and clients: a pool is safe for concurrent use, a client belongs to one thread at a time
    [LibraryImport(Mongoc)] internal static partial nint mongoc_client_pool_new_with_error(nint uri, MongocError* error);
    [LibraryImport(Mongoc)] internal static partial void mongoc_client_pool_destroy(nint pool);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_client_pool_set_error_api(nint pool, int version);
    [LibraryImport(Mongoc)] internal static partial nint mongoc_client_pool_try_pop(nint pool);
    [LibraryImport(Mongoc)] internal static partial void mongoc_client_pool_push(nint pool, nint client);

    // Commands: the reply is always to be destroyed
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte mongoc_client_command_simple(
        nint client, string database, nint command, nint readPreference, nint reply, MongocError* error);
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte mongoc_client_read_command_with_opts(
        nint client, string database, nint command, nint readPreference, nint options, nint reply, MongocError* error);

    // Sessions
    [LibraryImport(Mongoc)] internal static partial nint mongoc_client_start_session(nint client, nint options, MongocError* error);
    [LibraryImport(Mongoc)] internal static partial void mongoc_client_session_destroy(nint session);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_client_session_append(nint session, nint options, MongocError* error);
    [LibraryImport(Mongoc)]
    internal static partial void mongoc_client_session_advance_operation_time(nint session, uint timestamp, uint increment);
    [LibraryImport(Mongoc)] internal static partial void mongoc_client_session_advance_cluster_time(nint session, nint clusterTime);

    // Databases and collections
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint mongoc_client_get_database(nint client, string name);
    [LibraryImport(Mongoc)] internal static partial void mongoc_database_destroy(nint database);
    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint mongoc_client_get_collection(nint client, string database, string collection);
    [LibraryImport(Mongoc)] internal static partial void mongoc_collection_destroy(nint collection);
    [LibraryImport(Mongoc)]
    internal static partial nint mongoc_database_find_collections_with_opts(nint database, nint options);

    // Cursors: what next() gives lives until the next call
    [LibraryImport(Mongoc)]
    internal static partial nint mongoc_collection_find_with_opts(nint collection, nint filter, nint options, nint readPreference);
    [LibraryImport(Mongoc)]
    internal static partial nint mongoc_collection_aggregate(nint collection, int flags, nint pipeline, nint options, nint readPreference);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_cursor_next(nint cursor, nint* document);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_cursor_error_document(nint cursor, MongocError* error, nint* reply);
    [LibraryImport(Mongoc)] internal static partial void mongoc_cursor_destroy(nint cursor);

    // Change streams
    [LibraryImport(Mongoc)] internal static partial nint mongoc_client_watch(nint client, nint pipeline, nint options);
    [LibraryImport(Mongoc)] internal static partial nint mongoc_database_watch(nint database, nint pipeline, nint options);
    [LibraryImport(Mongoc)] internal static partial nint mongoc_collection_watch(nint collection, nint pipeline, nint options);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_change_stream_next(nint stream, nint* document);
    [LibraryImport(Mongoc)] internal static partial byte mongoc_change_stream_error_document(nint stream, MongocError* error, nint* reply);
    [LibraryImport(Mongoc)] internal static partial nint mongoc_change_stream_get_resume_token(nint stream);
    [LibraryImport(Mongoc)] internal static partial void mongoc_change_stream_destroy(nint stream);
}
