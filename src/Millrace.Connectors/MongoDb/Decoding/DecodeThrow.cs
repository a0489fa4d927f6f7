using System.Diagnostics.CodeAnalysis;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>Why a document cannot be a row; kept away from the code that decodes.</summary>
internal static class DecodeThrow
{
    [DoesNotReturn]
    public static void BadShape(FieldColumns field, int count) => throw Rejected(count > DocumentDecoder.MaxFields
        ? $"it has more than {DocumentDecoder.MaxFields} top-level fields"
        : $"the field '{field.Text}' stands in it twice");

    [DoesNotReturn]
    public static void RepeatedName(ReadOnlySpan<byte> name) =>
        throw Rejected($"the field '{System.Text.Encoding.UTF8.GetString(name)}' stands twice in a document within it");

    [DoesNotReturn]
    public static void InvalidUtf8() => throw Rejected("a name or string in it is not UTF-8");

    [DoesNotReturn]
    public static void BadBoolean() => throw Rejected("a boolean in it is neither 0 nor 1");

    private static MillraceException Rejected(string why) => new(
        ErrorCodes.DocumentRejected, $"The document cannot be a row: {why}.", "Correct the document in the source; later changes to it are read again.");
}
