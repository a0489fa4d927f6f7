using System.Collections.Immutable;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Engine.Shaping.Nesting;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Mapping;

/// <summary>
/// Applies <c>columns:</c>. Every mapping consumes its path: deeper paths first, then whole columns, then constants. Several mappings of one
/// path each get its value.
/// </summary>
internal sealed class MappingStage
{
    private readonly string _separator;
    private readonly (string From, ColumnMapping[] Mappings)[] _groups;
    private readonly ColumnMapping[] _constants;

    public MappingStage(ImmutableArray<ColumnMapping> mappings, string separator)
    {
        _separator = separator;
        _constants = [.. mappings.Where(m => m.Constant is not null)];
        _groups = [.. mappings.Where(m => m.Constant is null)
            .GroupBy(m => m.From!, StringComparer.Ordinal)
            .OrderByDescending(g => SourcePath.Split(g.Key).Length)
            .Select(g => (g.Key, g.ToArray()))];
    }

    /// <summary>Changes the columns in place.</summary>
    public void Apply(List<InputColumn> inputs, int rows)
    {
        foreach ((string from, ColumnMapping[] mappings) in _groups)
        {
            for (int i = inputs.Count - 1; i >= 0; i--)
            {
                InputColumn input = inputs[i];
                if (input.Path == from)
                {
                    inputs.RemoveAt(i);
                    inputs.InsertRange(i, Map(input, mappings));
                }
                else if (input.Values.Type.Kind == TypeKind.Json && from.StartsWith(input.Path + ".", StringComparison.Ordinal))
                {
                    inputs.AddRange(CutAll(inputs, i, from, mappings, rows));
                }
            }
        }

        foreach (ColumnMapping constant in _constants)
        {
            inputs.AddRange(Cast(new InputColumn("", constant.To!, Constant(constant.Constant!, rows), null), constant));
        }
    }

    private static IEnumerable<InputColumn> Map(InputColumn input, ColumnMapping[] mappings)
    {
        List<InputColumn> mapped = [];
        for (int i = 0; i < mappings.Length; i++)
        {
            Column values = i == mappings.Length - 1 ? input.Take() : input.Values.Copy();
            mapped.AddRange(Finish(new InputColumn(input.Path, mappings[i].To ?? input.Wanted, values, input.SourceType) { Expected = input.Expected }, mappings[i]));
        }

        return mapped;
    }

    private List<InputColumn> CutAll(List<InputColumn> inputs, int at, string from, ColumnMapping[] mappings, int rows)
    {
        InputColumn input = inputs[at];
        string[] path = SourcePath.Split(from[(input.Path.Length + 1)..]);
        List<InputColumn> cut = [];
        for (int i = 0; i < mappings.Length; i++)
        {
            ColumnMapping mapping = mappings[i];
            bool isLast = i == mappings.Length - 1;
            var found = new SlotSet(from, mapping.To ?? input.Wanted + _separator + string.Join(_separator, path));
            var source = (VarColumn)(isLast ? input.Take() : input.Values.Copy());
            var cutter = new PathCutter(path, found, mapping.Mask == MaskKind.None ? null : new Masker(mapping));
            VarColumn rest = cutter.Cut(source);
            if (isLast)
            {
                inputs[at] = new InputColumn(input.Path, input.Wanted, rest, input.SourceType) { Pinned = input.Pinned, Expected = input.Expected };
            }
            else
            {
                rest.Dispose();
            }

            cut.AddRange(found.ToInputs(rows).SelectMany(slot => Finish(slot, mapping)));
            cut.AddRange(cutter.Arrays.ToInputs(rows).SelectMany(slot => Finish(slot, mapping with { Mask = MaskKind.None })));
        }

        return cut;
    }

    private static IEnumerable<InputColumn> Finish(InputColumn input, ColumnMapping mapping)
    {
        if (mapping.Drop)
        {
            input.Dispose();
            return [];
        }

        if (mapping.Mask == MaskKind.None)
        {
            return Cast(input, mapping);
        }

        Column masked = new Masker(mapping).Mask(input.Take());
        return [new InputColumn(input.Path, input.Wanted, masked, "string")];
    }

    private static IEnumerable<InputColumn> Cast(InputColumn input, ColumnMapping mapping)
    {
        if (mapping.Cast is not { } type)
        {
            return [input];
        }

        (Column cast, Column? rest) = new ValueCaster(type).Cast(input.Take());
        InputColumn whole = new(input.Path, input.Wanted, cast, null) { Pinned = type };
        return rest is null ? [whole] : [whole, new InputColumn(input.Path, input.Wanted, rest, input.SourceType) { Pinned = type }];
    }

    private static VarColumn Constant(string text, int rows)
    {
        byte[] value = Encoding.UTF8.GetBytes(text);
        var column = (VarColumn)Column.Create(LogicalType.Text);
        for (int row = 0; row < rows; row++)
        {
            column.Append(value);
        }

        return column;
    }
}
