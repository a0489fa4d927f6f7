namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>Which spellings of Extended JSON are read.</summary>
public enum ExtendedJsonDialect : byte
{
    /// <summary>Version 2, canonical and relaxed, nothing else.</summary>
    V2,

    /// <summary>
    /// Version 2 and what older tools wrote: <c>{"$date": 42}</c>, <c>{"$binary": "…", "$type": "00"}</c>, numbers in place of the
    /// texts of <c>$numberInt</c> and <c>$numberLong</c>.
    /// </summary>
    V2AndLegacy,
}
