using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>The fields of an oplog entry, or of an operation inside one, that events are made of.</summary>
internal ref struct EntryFields
{
    private static string s_lastNamespace = "";

    public EntryFields(ReadOnlySpan<byte> entry)
    {
        var reader = new BsonReader(entry);
        while (reader.Next())
        {
            ReadOnlySpan<byte> name = reader.Name;
            if (name.SequenceEqual("op"u8))
            {
                Op = reader.GetString() is [var first, ..] ? (char)first : 'n';
            }
            else if (name.SequenceEqual("ns"u8))
            {
                Namespace = NameOf(reader.GetString());
            }
            else if (name.SequenceEqual("o"u8))
            {
                O = reader.Value;
            }
            else if (name.SequenceEqual("o2"u8))
            {
                O2 = reader.Value;
            }
            else if (name.SequenceEqual("ui"u8))
            {
                Collection = new Guid(reader.GetBinary(out _), bigEndian: true);
            }
            else if (name.SequenceEqual("wall"u8))
            {
                Wall = reader.GetDateTimeMillis();
            }
            else if (name.SequenceEqual("lsid"u8))
            {
                Lsid = reader.Value;
            }
            else if (name.SequenceEqual("txnNumber"u8))
            {
                TransactionNumber = reader.GetInt64();
            }
            else if (name.SequenceEqual("multiOpType"u8))
            {
                IsVectored = true;
            }
        }
    }

    public char Op { get; } = 'n';

    public string Namespace { get; } = "";

    public ReadOnlySpan<byte> O { get; }

    public ReadOnlySpan<byte> O2 { get; }

    public Guid Collection { get; }

    public long Wall { get; }

    public ReadOnlySpan<byte> Lsid { get; }

    public long TransactionNumber { get; }

    /// <summary>Whether an applyOps is no transaction, but the inserts of one command.</summary>
    public bool IsVectored { get; }

    // Most entries have the namespace of the one before: no string is made for them.
    private static string NameOf(ReadOnlySpan<byte> utf8)
    {
        string last = s_lastNamespace;
        if (last.Length == utf8.Length && Same(last, utf8))
        {
            return last;
        }

        return s_lastNamespace = Encoding.UTF8.GetString(utf8);
    }

    private static bool Same(string text, ReadOnlySpan<byte> utf8)
    {
        for (int i = 0; i < utf8.Length; i++)
        {
            if (text[i] != utf8[i] || utf8[i] >= 0x80)
            {
                return false;
            }
        }

        return true;
    }
}
