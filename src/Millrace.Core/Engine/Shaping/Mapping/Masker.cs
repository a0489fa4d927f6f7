using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Mapping;

/// <summary>Replaces values by what <see cref="MaskKind"/> says. The same text under the same key gives the same mask in every run.</summary>
internal sealed class Masker(ColumnMapping mapping)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(mapping.MaskKey ?? "");
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>Masks a column; the given one is used up.</summary>
    public Column Mask(Column source)
    {
        var target = (VarColumn)Column.Create(LogicalType.Text);
        for (int row = 0; row < source.Count; row++)
        {
            if (source.IsUnset(row))
            {
                target.AppendUnset();
            }
            else if (source.IsNull(row))
            {
                target.AppendNull();
            }
            else
            {
                _text.ResetWrittenCount();
                ValueText.Write(source, row, _text);
                Write(_text.WrittenSpan, target);
                target.EndValue(row);
            }
        }

        source.Dispose();
        return target;
    }

    /// <summary>Writes the mask of one text.</summary>
    public void Write(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        if (mapping.Mask == MaskKind.Redact)
        {
            output.Write("***"u8);
            return;
        }

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text, hash);
        Convert.TryToHexStringLower(hash, output.GetSpan(hash.Length * 2), out int written);
        output.Advance(written);
    }
}
