using System.Buffers;
using System.Text;
using System.Text.Json;
using Millrace.Core.Batches;

namespace Millrace.Core.Engine.Shaping;

/// <summary>A row as quarantine shows it: mapped and masked, before it met its table.</summary>
internal static class RawRow
{
    public static string Of(IReadOnlyList<InputColumn> inputs, IReadOnlyList<InputColumn> aside, int row)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (Utf8JsonWriter writer = RowJson.CreateWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (InputColumn input in inputs.Concat(aside))
            {
                if (!input.Values.IsNull(row))
                {
                    writer.WritePropertyName(input.Wanted);
                    RowJson.WriteValue(writer, input.Values, row);
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
