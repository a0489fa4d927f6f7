using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>How definitions are written as JSON.</summary>
internal static class DefinitionText
{
    /// <summary>As the project writes them.</summary>
    public static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
