namespace Millrace.Core.Schemas;

/// <summary>
/// The canonical, type-tagged text of a key value, used where one key field holds several types or documents
/// (<see cref="SystemColumns.Key"/>). A one-letter tag, a colon and the value:
/// <c>n:</c> any number, in shortest decimal form without exponent or trailing zeros (5, 5.0 and Decimal128 5 are one key, as in MongoDB);
/// <c>s:</c> string as it is; <c>o:</c> ObjectId, 24 lower-case hex digits; <c>u:</c> UUID, lower-case with hyphens;
/// <c>b:</c> <c>true</c> or <c>false</c>; <c>d:</c> date, milliseconds since 1970 in decimal; <c>x:</c> other binary, subtype in two hex
/// digits, a colon, hex bytes; <c>z:</c> null; <c>j:</c> anything else, its canonical extended JSON.
/// A source fills the column; a destination computes it in SQL only for the plain single-type columns below, when a table is re-keyed.
/// </summary>
public static class CanonicalKey
{
    /// <summary>
    /// The tag of a plain key column by its stored <see cref="ColumnSchema.SourceType"/>: <c>objectId</c>, <c>string</c>, <c>int</c>, <c>long</c>,
    /// <c>uuid</c>; null for any other, which is never a plain key.
    /// </summary>
    public static string? TagOf(string? sourceType) => sourceType switch
    {
        "objectId" => "o",
        "string" => "s",
        "int" or "long" => "n",
        "uuid" => "u",
        _ => null,
    };
}
