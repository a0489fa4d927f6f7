namespace Millrace.Connectors.Sql.Reading;

/// <summary>How a task reads by its cursor column.</summary>
/// <param name="Bounds">Conditions of a backfill.</param>
/// <param name="Lookback">How far before its watermark a read begins, or null.</param>
/// <param name="MayRepeat">True where a row that is read again does no harm.</param>
internal sealed record CursorSettings(IReadOnlyList<string> Bounds, Lookback? Lookback, bool MayRepeat);
