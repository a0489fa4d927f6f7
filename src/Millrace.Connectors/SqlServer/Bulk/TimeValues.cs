namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>Ranges and steps of SQL Server's dates and times.</summary>
internal static class TimeRange
{
    public const string OutOfRange = "The date lies outside SQL Server's range, the years 1 to 9999.";
    public const string NoTimeOfDay = "The time of day lies outside SQL Server's range, 00:00:00 to 23:59:59.9999999.";
    public const string TooFine = "The time is finer than its column in SQL Server keeps.";

    private static readonly long FirstTick = -DateTime.UnixEpoch.Ticks;
    private static readonly long LastTick = DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks;

    /// <summary>Why an instant, in ticks since 1970, cannot be held.</summary>
    public static string? Refuse(long ticks, long grain) =>
        ticks < FirstTick || ticks > LastTick ? OutOfRange : ticks % grain != 0 ? TooFine : null;

    /// <summary>Why a day, counted from 1970, cannot be held.</summary>
    public static string? RefuseDay(int day) =>
        day < FirstTick / TimeSpan.TicksPerDay || day > LastTick / TimeSpan.TicksPerDay ? OutOfRange : null;

    /// <summary>The driver's instant.</summary>
    public static DateTime Instant(long ticks) => new(ticks + DateTime.UnixEpoch.Ticks);
}

/// <summary>date, and a date in datetime2.</summary>
internal readonly struct DateValue : IFixedValue<int, DateTime>
{
    public static string? Refuse(int value, long grain) => TimeRange.RefuseDay(value);

    public static DateTime Convert(int value) => TimeRange.Instant(value * TimeSpan.TicksPerDay);
}

/// <summary>A date as the instant at which it begins in UTC.</summary>
internal readonly struct DateInstantValue : IFixedValue<int, DateTimeOffset>
{
    public static string? Refuse(int value, long grain) => TimeRange.RefuseDay(value);

    public static DateTimeOffset Convert(int value) => new(DateValue.Convert(value), TimeSpan.Zero);
}

/// <summary>time.</summary>
internal readonly struct TimeOfDayValue : IFixedValue<long, TimeSpan>
{
    public static string? Refuse(long value, long grain) =>
        value is < 0 or >= TimeSpan.TicksPerDay ? TimeRange.NoTimeOfDay : value % grain != 0 ? TimeRange.TooFine : null;

    public static TimeSpan Convert(long value) => new(value);
}

/// <summary>datetime2.</summary>
internal readonly struct NaiveValue : IFixedValue<long, DateTime>
{
    public static string? Refuse(long value, long grain) => TimeRange.Refuse(value, grain);

    public static DateTime Convert(long value) => TimeRange.Instant(value);
}

/// <summary>datetimeoffset, always at +00:00.</summary>
internal readonly struct InstantValue : IFixedValue<long, DateTimeOffset>
{
    public static string? Refuse(long value, long grain) => TimeRange.Refuse(value, grain);

    public static DateTimeOffset Convert(long value) => new(TimeRange.Instant(value), TimeSpan.Zero);
}
