using System.Security.Cryptography;
using System.Text;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>Writes scripts and keeps every text that they had.</summary>
/// <param name="transaction">The transaction.</param>
/// <param name="stamp">The versions that the rows are marked with.</param>
internal sealed class ScriptWriter(CatalogTransaction transaction, VersionStamp stamp)
{
    private static readonly RowStatements Scripts = new("scripts", "path", ["text", "version"]);

    /// <summary>Makes this the script's text; a text that was changed by SQL in between is kept as a version that no apply made.</summary>
    public async ValueTask WriteAsync(string path, string text)
    {
        (string Text, bool IsRemoved)? current = await CurrentAsync(path).ConfigureAwait(false);
        (int Version, string Text)? kept = await LastVersionAsync(path).ConfigureAwait(false);
        if (current is { IsRemoved: false } same && same.Text == text && kept?.Text == text)
        {
            return;
        }

        // The version refers to the script, so that this comes first.
        int version = kept?.Version ?? 0;
        await Scripts.WriteAsync(transaction, stamp, path, text, version).ConfigureAwait(false);
        if (current is { } was && was.Text != kept?.Text && was.Text != text)
        {
            await KeepAsync(path, ++version, was.Text, since: null).ConfigureAwait(false);
            kept = (version, was.Text);
        }

        if (kept?.Text != text)
        {
            await KeepAsync(path, ++version, text, stamp.Changed).ConfigureAwait(false);
        }

        await Scripts.WriteAsync(transaction, stamp, path, text, version).ConfigureAwait(false);
    }

    private async ValueTask<(string Text, bool IsRemoved)?> CurrentAsync(string path)
    {
        List<(string, bool)> rows = await transaction.QueryAsync(
            """
            SELECT s."text", s.removed_version FROM metadata.scripts s WHERE s.path = @path
            """,
            row => (row.Text(0), !row.IsNull(1)),
            ("@path", path)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private async ValueTask<(int Version, string Text)?> LastVersionAsync(string path)
    {
        List<(int, string)> rows = await transaction.QueryAsync(
            """
            SELECT v.version, v."text"
            FROM metadata.script_versions v
            WHERE v.path = @path AND v.version = (SELECT max(o.version) FROM metadata.script_versions o WHERE o.path = @path)
            """,
            row => (row.Int(0), row.Text(1)),
            ("@path", path)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private async ValueTask KeepAsync(string path, int version, string text, long? since) => await transaction.ExecuteAsync(
        """
        INSERT INTO metadata.script_versions (path, version, "text", sha256, since_version) VALUES (@path, @version, @text, @sha256, @since)
        """,
        ("@path", path), ("@version", version), ("@text", text),
        ("@sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))), ("@since", since)).ConfigureAwait(false);
}
