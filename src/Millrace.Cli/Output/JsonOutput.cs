using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Cli.Output;

/// <summary>What verbs write under <c>--json</c>. Written by hand: no reflection, so it costs nothing at start-up.</summary>
internal static class JsonOutput
{
    // The output goes to a program or a terminal, never into a page: non-ASCII names stay readable.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>Writes one JSON value and a line end.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="write">Writes the value.</param>
    /// <param name="indented">False for one line (events).</param>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> write, bool indented = true)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented, Encoder = Encoder }))
        {
            write(writer);
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
