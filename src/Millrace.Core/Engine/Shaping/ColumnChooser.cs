using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// Decides for one value at a time which column takes it, by the type lattice, the destination's types and max_columns. Knows no
/// contract; changes the table only in <see cref="Apply"/>.
/// </summary>
internal sealed class ColumnChooser(TableState table, Func<LogicalType, LogicalType?> fit, int maxColumns)
{
    private const string TextKind = "text";
    private readonly Dictionary<LogicalType, LogicalType?> _fits = [];

    /// <summary>True while the table may get another column for data.</summary>
    public bool HasRoom => table.DataColumns < maxColumns;

    /// <summary>Chooses for a value of a type.</summary>
    /// <param name="field">The value's field.</param>
    /// <param name="type">The value's type.</param>
    /// <param name="isWide">True where the value is one of <see cref="WideValues"/>.</param>
    public Verdict Choose(TargetField field, LogicalType type, bool isWide)
    {
        if (field.Base < 0 && (field.Pinned ?? field.Expected?.Type ?? type) is var first && Fit(first) is { } fitted)
        {
            return HasRoom || field.IsKey ? new(VerdictKind.NewBase, -1, fitted) : new(VerdictKind.Extra, -1, default);
        }

        if (field.Base < 0 || Fit(type) is not { } arriving)
        {
            return Variant(field, type);
        }

        LogicalType current = table[field.Base].Type;
        JoinResult joined = TypeLattice.Join(current, arriving);
        bool isBeyond53Bits = current.Kind == TypeKind.Int64 ? field.IsWide : isWide;
        return joined.Kind switch
        {
            JoinKind.Lossless => ChooseCommon(field, current, arriving, joined.Type, isWide),
            JoinKind.IfWithin53Bits when !isBeyond53Bits => ChooseCommon(field, current, arriving, joined.Type, false),
            _ => Variant(field, type),
        };
    }

    /// <summary>Makes the verdict true and returns the column.</summary>
    public int Apply(TargetField field, Verdict verdict, string? sourceType)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.NewBase:
                return table.AddBase(field, verdict.Type, field.Expected is { } expected ? expected.SourceType : sourceType);
            case VerdictKind.NewVariant:
                return table.AddVariant(field, verdict.Variant!, verdict.Type);
            case VerdictKind.Widen:
                table.Widen(verdict.Column, verdict.Type);
                return verdict.Column;
            default:
                return verdict.Column;
        }
    }

    private Verdict ChooseCommon(TargetField field, LogicalType current, LogicalType arriving, LogicalType common, bool isWide)
    {
        // Dates beyond the reach of ticks: the one lossless pair with values that do not fit.
        bool isDateToTimestamp = current.Kind != arriving.Kind && (current.Kind == TypeKind.Date || arriving.Kind == TypeKind.Date);
        if (isDateToTimestamp && (current.Kind == TypeKind.Date ? field.IsWide : isWide))
        {
            return Variant(field, arriving);
        }

        LogicalType? fitted = Fit(common);
        if (fitted == current)
        {
            return Verdict.Existing(field.Base);
        }

        return fitted is null || field.Pinned is not null ? Variant(field, arriving) : new(VerdictKind.Widen, field.Base, fitted.Value);
    }

    private Verdict Variant(TargetField field, LogicalType type)
    {
        LogicalType? fitted = Fit(VariantKind.TypeOf(type));
        string kind = fitted is null ? TextKind : VariantKind.Of(type);
        LogicalType arriving = fitted ?? LogicalType.Text;
        int column = field.VariantOf(kind);
        if (column < 0)
        {
            return HasRoom ? new(VerdictKind.NewVariant, -1, arriving, kind) : new(VerdictKind.Extra, -1, default);
        }

        LogicalType current = table[column].Type;
        JoinResult joined = TypeLattice.Join(current, arriving);
        if (joined.Kind == JoinKind.Lossless && Fit(joined.Type) is { } common)
        {
            return common == current ? Verdict.Existing(column) : new(VerdictKind.Widen, column, common);
        }

        // A decimal too long even for the decimal variant keeps its digits as text.
        return kind == TextKind ? new(VerdictKind.Extra, -1, default) : Variant(field, LogicalType.Text);
    }

    private LogicalType? Fit(LogicalType type)
    {
        if (!_fits.TryGetValue(type, out LogicalType? fitted))
        {
            fitted = fit(type);
            _fits.Add(type, fitted);
        }

        return fitted;
    }
}
