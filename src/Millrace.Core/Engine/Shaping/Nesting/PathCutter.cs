using System.Buffers;
using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Engine.Shaping.Mapping;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>
/// Takes one path out of JSON values: what it leads to is handed on, and is gone from the JSON. Everything else is copied byte for byte.
/// An array on the way is gone through element by element; the result is then a JSON array of what was found, each element masked.
/// </summary>
internal sealed class PathCutter(string[] path, SlotSet found, Masker? masker)
{
    private readonly byte[][] _names = [.. path.Select(JsonText.Utf8)];
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly List<(int Start, int Length)> _hits = [];
    private bool _isInArray;

    /// <summary>What was found by way of arrays: masked already, and apart from what was found plainly, which is not.</summary>
    public SlotSet Arrays { get; } = new(found.Path, found.Wanted);

    /// <summary>Cuts the path out of every row; the given column is used up.</summary>
    public VarColumn Cut(VarColumn source)
    {
        var target = (VarColumn)Column.Create(LogicalType.Json);
        for (int row = 0; row < source.Count; row++)
        {
            if (source.IsNull(row))
            {
                target.AppendFrom(source, row);
                if (source.IsUnset(row))
                {
                    found.AddUnset(row, masker is null ? LogicalType.Json : LogicalType.Text);
                }

                continue;
            }

            CutRow(source[row], target, row);
            target.EndValue(row);
        }

        source.Dispose();
        return target;
    }

    private void CutRow(ReadOnlySpan<byte> json, VarColumn target, int row)
    {
        // A name may be spelled with escapes, so its absence is certain only where there are none.
        if (json.IndexOf(_names[^1]) < 0 && !json.Contains((byte)'\\'))
        {
            target.Write(json);
            return;
        }

        _hits.Clear();
        _isInArray = false;
        Utf8JsonReader reader = JsonText.Open(json);
        CopyValue(ref reader, json, 0, target);
        if (_hits.Count == 0)
        {
            return;
        }

        if (_isInArray)
        {
            AppendArray(json, row);
        }
        else
        {
            (int start, int length) = _hits[0];
            ReadOnlySpan<byte> value = json.Slice(start, length);
            Utf8JsonReader leaf = JsonText.Open(value);
            TypedJson.Append(ref leaf, value, found, row);
        }
    }

    private void CopyValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, int depth, VarColumn target)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                CopyObject(ref reader, json, depth, target);
                break;
            case JsonTokenType.StartArray:
                CopyArray(ref reader, json, depth, target);
                break;
            default:
                target.Write(JsonText.TakeRaw(ref reader, json));
                break;
        }
    }

    private void CopyObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, int depth, VarColumn target)
    {
        target.Write("{"u8);
        bool isFirst = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isOnPath = reader.ValueTextEquals(_names[depth]);
            ReadOnlySpan<byte> name = json[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
            reader.Read();
            if (isOnPath && depth == _names.Length - 1)
            {
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                _hits.Add((start, (int)reader.BytesConsumed - start));
                continue;
            }

            target.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            target.Write(name);
            if (isOnPath)
            {
                CopyValue(ref reader, json, depth + 1, target);
            }
            else
            {
                target.Write(JsonText.TakeRaw(ref reader, json));
            }
        }

        target.Write("}"u8);
    }

    private void CopyArray(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, int depth, VarColumn target)
    {
        int before = _hits.Count;
        target.Write("["u8);
        bool isFirst = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            target.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            CopyValue(ref reader, json, depth, target);
        }

        target.Write("]"u8);
        _isInArray |= _hits.Count > before;
    }

    private void AppendArray(ReadOnlySpan<byte> json, int row)
    {
        var target = (VarColumn)Arrays.Slot(LogicalType.Json, null);
        target.Write("["u8);
        for (int i = 0; i < _hits.Count; i++)
        {
            target.Write(i == 0 ? ""u8 : ","u8);
            ReadOnlySpan<byte> value = json.Slice(_hits[i].Start, _hits[i].Length);
            if (masker is null || value.SequenceEqual("null"u8))
            {
                target.Write(value);
            }
            else
            {
                AppendMasked(value, target);
            }
        }

        target.Write("]"u8);
        target.EndValue(row);
    }

    private void AppendMasked(ReadOnlySpan<byte> value, VarColumn target)
    {
        // Masked as the same value outside an array is: by its typed text.
        var single = new SlotSet("", "");
        Utf8JsonReader reader = JsonText.Open(value);
        TypedJson.Append(ref reader, value, single, 0);
        foreach (InputColumn input in single.ToInputs(1))
        {
            _scratch.ResetWrittenCount();
            ValueText.Write(input.Values, 0, _scratch);
            target.Write("\""u8);
            masker!.Write(_scratch.WrittenSpan, target);
            target.Write("\""u8);
            input.Dispose();
        }
    }
}
