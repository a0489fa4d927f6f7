namespace Millrace.Connectors.Sql.Reading;

/// <summary>How a column is asked for.</summary>
internal enum ReadForm
{
    /// <summary>As it is.</summary>
    Value,

    /// <summary>As the engine prints it.</summary>
    Text,

    /// <summary>As JSON.</summary>
    Json,
}
