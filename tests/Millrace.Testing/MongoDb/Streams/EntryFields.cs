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
            // Names are told by length first: each entry has a dozen.
            switch (reader.Name)
            {
                case [(byte)'o']:
                    O = reader.Value;
                    break;
                case [(byte)'o', (byte)'p']:
                    Op = reader.GetString() is [var first, ..] ? (char)first : 'n';
                    break;
                case [(byte)'n', (byte)'s']:
                    Namespace = NameOf(reader.GetString());
                    break;
                case [(byte)'o', (byte)'2']:
                    O2 = reader.Value;
                    break;
                case [(byte)'u', (byte)'i']:
                    Collection = new Guid(reader.GetBinary(out _), bigEndian: true);
                    break;
                case [(byte)'w', (byte)'a', (byte)'l', (byte)'l']:
                    Wall = reader.GetDateTimeMillis();
                    break;
                case [(byte)'l', (byte)'s', (byte)'i', (byte)'d']:
                    Lsid = reader.Value;
                    break;
                case { Length: 9 } name when name.SequenceEqual("txnNumber"u8):
                    TransactionNumber = reader.GetInt64();
                    break;
                case { Length: 11 } name when name.SequenceEqual("multiOpType"u8):
                    IsVectored = true;
                    break;
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
