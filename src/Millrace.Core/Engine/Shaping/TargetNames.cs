using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Names of target tables.</summary>
public static class TargetNames
{
    /// <summary>Stands for the dataset's name in a table template.</summary>
    public const string DatasetPlaceholder = "{dataset}";

    /// <summary>
    /// The table that a dataset goes to. The template's first dot separates schema and table; dots in the dataset's name become
    /// underscores (<c>shop.orders</c> under <c>raw.{dataset}</c> is <c>raw.shop_orders</c>).
    /// </summary>
    /// <param name="template">The target's <c>table:</c>, such as <c>raw.{dataset}</c>.</param>
    /// <param name="dataset">The dataset as the configuration or the source names it.</param>
    /// <param name="naming">The destination's naming rule; shortens what is too long.</param>
    public static TableId For(string template, string dataset, NamingRule naming)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(naming);
        TableId parts = TableId.Parse(template);
        string flat = dataset.Replace('.', '_');
        string schema = parts.Schema.Replace(DatasetPlaceholder, flat, StringComparison.Ordinal);
        string name = parts.Name.Replace(DatasetPlaceholder, flat, StringComparison.Ordinal);
        return new TableId(schema, naming.Map(name, _ => false));
    }

    /// <summary>The child table of an array field: <c>orders__items</c> beside <c>orders</c>.</summary>
    /// <param name="parent">The parent's table.</param>
    /// <param name="field">The array's name.</param>
    /// <param name="naming">The destination's naming rule.</param>
    /// <param name="isTaken">Tells whether another array or another dataset has the table.</param>
    public static TableId Child(TableId parent, string field, NamingRule naming, Func<TableId, bool> isTaken)
    {
        ArgumentNullException.ThrowIfNull(field);
        ArgumentNullException.ThrowIfNull(naming);
        ArgumentNullException.ThrowIfNull(isTaken);
        string name = naming.Map(ChildPrefix(parent) + field, n => isTaken(new TableId(parent.Schema, n)));
        return new TableId(parent.Schema, name);
    }

    /// <summary>What the names of a table's child tables begin with (unless they had to be shortened).</summary>
    public static string ChildPrefix(TableId parent) => parent.Name + "__";
}
