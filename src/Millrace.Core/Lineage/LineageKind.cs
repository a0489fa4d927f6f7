namespace Millrace.Core.Lineage;

/// <summary>What an edge of lineage says. The first five are of tables (the target has no column), the others of columns.</summary>
public enum LineageKind
{
    /// <summary>Step E loads the dataset into the table.</summary>
    Loaded,

    /// <summary>SQL makes rows of the table from rows of the other.</summary>
    Transformed,

    /// <summary>The source decides which rows there are, by a condition, and gives no value.</summary>
    Filtered,

    /// <summary>The source's column joins.</summary>
    Joined,

    /// <summary>The source's column groups.</summary>
    Grouped,

    /// <summary>The value as it is, under its own name.</summary>
    Copied,

    /// <summary>The value as it is, under another name.</summary>
    Renamed,

    /// <summary>The value in another type.</summary>
    Cast,

    /// <summary>The value masked.</summary>
    Masked,

    /// <summary>A value that comes from no table: a constant, a parameter, the time.</summary>
    Constant,

    /// <summary>A value made from it, and perhaps from others.</summary>
    Derived,
}
