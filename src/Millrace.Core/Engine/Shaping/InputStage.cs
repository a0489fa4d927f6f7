using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Engine.Shaping.Mapping;
using Millrace.Core.Engine.Shaping.Nesting;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>A batch's columns as the task wants them: arrays set apart, mappings applied, nested values flattened, constants added.</summary>
internal sealed class InputStage(TaskDefinition task, TableState table, SampledTypes sample)
{
    private readonly MappingStage? _mappings = task.Columns.IsEmpty ? null : new MappingStage(task.Columns, task.Nested.Separator);
    private readonly Flattener? _flattener = task.Nested.Mode == NestedMode.Flatten ? new Flattener(task.Nested) : null;

    /// <summary>Takes a batch's columns over.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="arrays">Gets the arrays that go to child tables; null where there are none.</param>
    public List<InputColumn> Read(RecordBatch batch, List<InputColumn>? arrays)
    {
        var inputs = new List<InputColumn>(batch.Columns.Length);
        for (int i = 0; i < batch.Columns.Length; i++)
        {
            ColumnSchema column = batch.Schema.Columns[i];
            inputs.Add(new InputColumn(PathOf(column.Name), column.Name, batch.Columns[i], column.SourceType) { Expected = sample.Of(column.Name), IsDeclared = batch.Schema.IsDeclared });
        }

        if (arrays is not null)
        {
            SplitArrays(inputs, arrays);
        }

        _mappings?.Apply(inputs, batch.RowCount);
        if (_flattener is not null)
        {
            Flatten(inputs);
        }

        return inputs;
    }

    /// <summary>The arrays that quarantine may show as they are: those that no mapping reaches into.</summary>
    public IReadOnlyList<InputColumn> Showable(List<InputColumn> arrays) =>
        [.. arrays.Where(a => !task.Columns.Any(c => c.From?.StartsWith(a.Path + ".", StringComparison.Ordinal) == true))];

    // In flattened tables a dot is a level, so one inside a top-level name must be told apart.
    private string PathOf(string name) => _flattener is null ? name : SourcePath.Escape(name);

    private void SplitArrays(List<InputColumn> inputs, List<InputColumn> arrays)
    {
        foreach (InputColumn input in inputs)
        {
            bool isMapped = task.Columns.Any(c => c.From == input.Path);
            if (!isMapped && input.Values is VarColumn { Type.Kind: TypeKind.Json } json && ArraySplitter.Split(json) is { } split)
            {
                arrays.Add(new InputColumn(input.Path, input.Wanted, split, null));
            }
        }
    }

    private void Flatten(List<InputColumn> inputs)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Values.Type.Kind == TypeKind.Json && inputs[i].Pinned is null)
            {
                InputColumn whole = inputs[i];
                List<InputColumn> parts = _flattener!.Flatten(whole, table);
                foreach (InputColumn own in parts.Where(p => p.Path == whole.Path))
                {
                    own.Expected = whole.Expected;
                }

                inputs.RemoveAt(i);
                inputs.InsertRange(i, parts);
                i += parts.Count - 1;
            }
        }
    }
}
