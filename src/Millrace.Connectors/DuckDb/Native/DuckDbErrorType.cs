namespace Millrace.Connectors.DuckDb.Native;

/// <summary><c>duckdb_error_type</c> of duckdb.h: the kinds of error that are told apart.</summary>
internal enum DuckDbErrorType
{
    Invalid = 0,
    OutOfRange = 1,
    Conversion = 2,
    Transaction = 10,
    Catalog = 13,
    Constraint = 18,
    Connection = 21,
    Binder = 24,
    IO = 28,
    Interrupt = 29,
    Fatal = 30,
    Internal = 31,
    OutOfMemory = 33,
    Permission = 34,
}
