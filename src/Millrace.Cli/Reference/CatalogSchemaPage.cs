using System.Text;
using Millrace.Catalog.Stores;

namespace Millrace.Cli.Reference;

/// <summary>The page that shows the catalog's tables and views.</summary>
internal static class CatalogSchemaPage
{
    /// <summary>Its text.</summary>
    /// <param name="mark">The line that says that it is generated.</param>
    public static string Text(string mark)
    {
        CatalogSchema schema = CatalogSchema.Read();
        var page = new StringBuilder($"{mark}\n\n# The catalog's schema\n\nTables and views as the migrations make them; types are PostgreSQL's. ")
            .Append("What they are for, and how to change definitions by SQL: [the catalog](../catalog.md).\n\n## Views\n\n| view | shows |\n|---|---|\n");
        foreach ((string name, string comment) in schema.Views)
        {
            page.Append($"| `{name}` | {comment} |\n");
        }

        page.Append("\n## Tables\n\n| table | |\n|---|---|\n");
        foreach (CatalogTable table in schema.Tables.Where(t => t.Comment.Length > 0))
        {
            page.Append($"| `{table.Name}` | {table.Comment} |\n");
        }

        page.Append("\n```mermaid\nerDiagram\n");
        var references = new SortedSet<string>(StringComparer.Ordinal);
        foreach (CatalogTable table in schema.Tables)
        {
            page.Append($"    {table.Name} {{\n");
            foreach (CatalogColumn column in table.Columns)
            {
                string key = column.IsKey ? " PK" : column.References is null ? "" : " FK";
                page.Append($"        {column.Type} {column.Name}{key}\n");
            }

            page.Append("    }\n");

            // Versions are referred to by every definition: the lines would hide all others.
            references.UnionWith(table.Columns.Where(c => c.References is not null && !c.Name.EndsWith("_version", StringComparison.Ordinal))
                .Select(c => $"    {c.References} ||--o{{ {table.Name} : {c.Name}\n"));
        }

        return page.AppendJoin("", references).Append("```\n").ToString();
    }
}
