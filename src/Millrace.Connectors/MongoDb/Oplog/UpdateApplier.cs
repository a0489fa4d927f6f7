using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Applies the update of an oplog entry to the document before it. Three forms: a replacement, <c>$set</c>/<c>$unset</c> with dotted paths
/// (version 1), and the <c>diff</c> of version 2. Idempotent, as the oplog is made to be. Holds buffers; not safe for concurrent use.
/// Source: MongoDB server, <c>update/document_diff_applier.cpp</c> and <c>update/update_oplog_entry_serialization.h</c>, by their behaviour.
/// </summary>
internal sealed class UpdateApplier : IDisposable
{
    private readonly ByteBuffer _first = new();
    private readonly ByteBuffer _second = new();
    private readonly BsonWriter _firstWriter;
    private readonly BsonWriter _secondWriter;

    public UpdateApplier()
    {
        _firstWriter = new(_first);
        _secondWriter = new(_second);
    }

    /// <summary>True where the update replaces the document, so that the document before it does not matter.</summary>
    public static bool IsReplacement(ReadOnlySpan<byte> update)
    {
        var reader = new BsonReader(update);
        return !reader.Next() || reader.Name is not [(byte)'$', ..];
    }

    /// <summary>Applies an update.</summary>
    /// <param name="before">The document before it.</param>
    /// <param name="update">The entry's <c>o</c>; not a replacement.</param>
    /// <returns>The document after it, valid until the next call.</returns>
    /// <exception cref="Core.Errors.MillraceException">MR1115: the update cannot be understood; MR1101: it is not valid BSON.</exception>
    public ReadOnlySpan<byte> Apply(ReadOnlySpan<byte> before, ReadOnlySpan<byte> update)
    {
        _firstWriter.Abandon();
        _secondWriter.Abandon();
        _first.Clear();
        var reader = new BsonReader(update);
        if (reader.Find("diff"u8) && reader.Type == BsonType.Document)
        {
            DocumentDiff.Apply(before, reader.Value, _firstWriter);
            return _first.WrittenSpan;
        }

        return ApplyOperators(before, update);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private ReadOnlySpan<byte> ApplyOperators(ReadOnlySpan<byte> before, ReadOnlySpan<byte> update)
    {
        ReadOnlySpan<byte> current = before;
        bool useFirst = true;
        var operators = new BsonReader(update);
        while (operators.Next())
        {
            bool isSet = operators.Name.SequenceEqual("$set"u8);
            if (operators.Name.SequenceEqual("$v"u8))
            {
                continue;
            }

            if ((!isSet && !operators.Name.SequenceEqual("$unset"u8)) || operators.Type != BsonType.Document)
            {
                UpdateThrow.Rejected($"it uses the operator '{System.Text.Encoding.UTF8.GetString(operators.Name)}', which oplogs do not have");
            }

            var fields = new BsonReader(operators.Value);
            while (fields.Next())
            {
                ByteBuffer buffer = useFirst ? _first : _second;
                buffer.Clear();
                DottedUpdate.Apply(current, fields.Name, isSet, fields.Current, useFirst ? _firstWriter : _secondWriter);
                current = buffer.WrittenSpan;
                useFirst = !useFirst;
            }
        }

        return current;
    }
}
