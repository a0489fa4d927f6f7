using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>A table, view or query as a task reads it.</summary>
/// <param name="Dataset">Its name in the task.</param>
/// <param name="From">What stands after FROM.</param>
/// <param name="Columns">Its columns, in order.</param>
/// <param name="Key">The columns of its primary key, in the key's order; empty where there is none.</param>
internal sealed record Relation(string Dataset, string From, ImmutableArray<RelationColumn> Columns, ImmutableArray<string> Key)
{
    /// <summary>The schema of batches whose values all fit their columns.</summary>
    public TableSchema Schema => field ??= new(
        TableId.Parse(Dataset), [.. Columns.Select(c => new ColumnSchema(c.Name, c.Type, c.Nullable))], Key) { IsDeclared = true };

    /// <summary>True where rows have a place that a later run can go on from: every column of the key can order them.</summary>
    public bool CanPage => !Key.IsEmpty && Key.All(k => Columns.Any(c => c.Name == k && c.CanOrder));

    /// <summary>A column.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.ColumnNotFound"/>.</exception>
    /// <param name="name">Its name; where no column has it exactly, one that differs in case alone.</param>
    /// <param name="setting">The setting that names it.</param>
    public RelationColumn Column(string name, string setting)
    {
        RelationColumn? found = Columns.FirstOrDefault(c => c.Name == name)
            ?? (Columns.Count(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase)) == 1
                ? Columns.First(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase))
                : null);
        return found ?? throw new MillraceException(
            ErrorCodes.ColumnNotFound,
            $"{Dataset} has no column '{name}'.",
            Suggestion.For(name, Columns.Select(c => c.Name)),
            $"source.{setting}");
    }

    /// <summary>The same with these columns alone, and those of the key.</summary>
    /// <param name="fields">Names; empty for all.</param>
    /// <param name="further">A column that is needed besides, or null.</param>
    public Relation Only(ImmutableArray<string> fields, string? further)
    {
        if (fields.IsEmpty)
        {
            return this;
        }

        HashSet<string> names = [.. fields.Select(f => Column(f, "fields").Name), .. Key];
        if (further is not null)
        {
            names.Add(Column(further, "cursor_field").Name);
        }

        return new(Dataset, From, [.. Columns.Where(c => names.Contains(c.Name))], Key);
    }
}
