using System.Globalization;
using System.Text.Json;

namespace Millrace.EndToEndTests.Support;

/// <summary>A row put together to a document again: each field from the one column of its columns that holds a value.</summary>
internal static class ActualRow
{
    /// <summary>Fields with their values in normal form.</summary>
    /// <param name="row">The row.</param>
    /// <param name="map">The source field of each column.</param>
    public static Dictionary<string, string> Read(Dictionary<string, Cell> row, Dictionary<string, string> map)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string column, Cell cell) in row)
        {
            if (column.StartsWith("_millrace_", StringComparison.Ordinal))
            {
                continue;
            }

            string field = map.TryGetValue(column, out string? source) ? source : throw new InvalidDataException($"Column {column} is not in the column map.");
            string value = ValueOf(cell);
            if (!fields.TryAdd(field, value))
            {
                fields[field] += " and also " + value;
            }
        }

        return fields;
    }

    private static string ValueOf(Cell cell) => cell.Kind switch
    {
        CellKind.Number => "number:" + (ExactNumber.Normalize(cell.Text) ?? cell.Text),
        CellKind.Float => "number:" + ExactNumber.OfFloat(double.Parse(cell.Text, CultureInfo.InvariantCulture)),
        CellKind.Text => "text:" + cell.Text,
        CellKind.Boolean => "boolean:" + cell.Text,
        CellKind.Uuid => "uuid:" + cell.Text,
        CellKind.Microseconds => "instant:" + ExactNumber.Normalize(cell.Text),
        CellKind.Bytes => "bytes:" + cell.Text,
        _ => Json(cell.Text),
    };

    private static string Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 256 });
        return "json:" + NormalJson.Of(document.RootElement);
    }
}
