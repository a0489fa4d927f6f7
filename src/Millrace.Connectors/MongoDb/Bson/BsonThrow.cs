using System.Diagnostics.CodeAnalysis;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>The cold side of this folder: every error that it raises, away from the code that reads values.</summary>
internal static class BsonThrow
{
    private const string CorruptFix =
        "Check the file against its origin (a truncated copy is the usual cause), or let such documents go to quarantine.";

    [DoesNotReturn]
    public static void Corrupt(int offset, BsonErrorReason reason) => Corrupt(new BsonError(reason, offset));

    [DoesNotReturn]
    public static void Corrupt(BsonError error) =>
        throw new MillraceException(ErrorCodes.BsonCorrupt, $"Not a valid BSON document: {error}.", CorruptFix);

    [DoesNotReturn]
    public static void WrongType(BsonType expected, BsonType actual) =>
        throw new MillraceException(
            ErrorCodes.BsonWrongType,
            $"A BSON value of type {actual} was read as {expected}.",
            "Read the value by the type that it has.");

    [DoesNotReturn]
    public static void TooDeep() => Corrupt(0, BsonErrorReason.TooDeep);

    [DoesNotReturn]
    public static void BadName() =>
        throw new MillraceException(
            ErrorCodes.BsonNotRepresentable,
            "A field name or a regular expression holds a NUL character, which BSON cannot store there.",
            "Remove the NUL from the name or pattern.");

    [DoesNotReturn]
    public static void TooLarge() =>
        throw new MillraceException(
            ErrorCodes.BsonNotRepresentable,
            "A BSON document would be larger than 2 GiB.",
            "Split the document.");

    [DoesNotReturn]
    public static void BadJson(string what) =>
        throw new MillraceException(
            ErrorCodes.ExtendedJsonInvalid,
            $"Not valid MongoDB Extended JSON: {what}.",
            "Write the value as MongoDB Extended JSON v2, for instance {\"$date\": \"2024-01-31T00:00:00Z\"}.");

    [DoesNotReturn]
    public static void BadFilter(string what, string fix) =>
        throw new MillraceException(ErrorCodes.MongoFilterInvalid, what, fix);

    [DoesNotReturn]
    public static void BadProjection(string what, string fix) =>
        throw new MillraceException(ErrorCodes.MongoFieldsInvalid, what, fix);
}
