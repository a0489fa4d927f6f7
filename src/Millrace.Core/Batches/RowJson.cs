using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Core.Schemas;

namespace Millrace.Core.Batches;

/// <summary>
/// Rows and values as JSON, for quarantine, <c>_millrace_extra</c> and previews. Numbers stand as numbers with all their digits, floats without
/// a JSON form (NaN, infinities) and every other kind as the text of <see cref="ValueText"/>.
/// </summary>
public static class RowJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A writer for rows and values, with their escaping.</summary>
    public static Utf8JsonWriter CreateWriter(IBufferWriter<byte> output) => new(output, Options);

    /// <summary>One row of a batch as a JSON object: the columns that hold a value, by name.</summary>
    public static string Of(RecordBatch batch, int row)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var buffer = new ArrayBufferWriter<byte>();
        using (Utf8JsonWriter writer = CreateWriter(buffer))
        {
            writer.WriteStartObject();
            for (int i = 0; i < batch.Columns.Length; i++)
            {
                if (!batch.Columns[i].IsNull(row))
                {
                    writer.WritePropertyName(batch.Schema.Columns[i].Name);
                    WriteValue(writer, batch.Columns[i], row);
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes the value of a row, or null.</summary>
    public static void WriteValue(Utf8JsonWriter writer, Column column, int row)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(column);
        if (column.IsNull(row))
        {
            writer.WriteNullValue();
            return;
        }

        switch (column)
        {
            case Column<bool> flags:
                writer.WriteBooleanValue(flags.Values[row]);
                break;
            case VarColumn json when json.Type.Kind == TypeKind.Json:
                writer.WriteRawValue(json[row], skipInputValidation: true);
                break;
            case VarColumn text when text.Type.Kind == TypeKind.Text:
                writer.WriteStringValue(text[row]);
                break;
            case VarColumn bytes:
                writer.WriteBase64StringValue(bytes[row]);
                break;
            default:
                WriteFixed(writer, column, row);
                break;
        }
    }

    private static void WriteFixed(Utf8JsonWriter writer, Column column, int row)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        ValueText.Write(column, row, buffer);
        bool isNumber = column.Type.Kind is >= TypeKind.Int16 and <= TypeKind.Decimal;
        bool isFinite = column switch
        {
            Column<double> c => double.IsFinite(c.Values[row]),
            Column<float> c => float.IsFinite(c.Values[row]),
            _ => true,
        };
        if (isNumber && isFinite)
        {
            writer.WriteRawValue(buffer.WrittenSpan, skipInputValidation: true);
        }
        else
        {
            writer.WriteStringValue(buffer.WrittenSpan);
        }
    }
}
