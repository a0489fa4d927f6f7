namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>A project file is not YAML.</summary>
    public static readonly ErrorCode InvalidYaml = new("MR1010", "A project file is not valid YAML.", ErrorKind.Configuration);

    /// <summary>A setting does not exist.</summary>
    public static readonly ErrorCode UnknownSetting = new("MR1011", "A setting does not exist.", ErrorKind.Configuration);

    /// <summary>A setting has a value that it cannot have.</summary>
    public static readonly ErrorCode InvalidValue = new("MR1012", "A setting has a value that it cannot have.", ErrorKind.Configuration);

    /// <summary>A setting that is needed is not there.</summary>
    public static readonly ErrorCode MissingSetting = new("MR1013", "A setting that is needed is not there.", ErrorKind.Configuration);

    /// <summary>A name that refers to nothing in the project.</summary>
    public static readonly ErrorCode UnknownName = new("MR1014", "A name refers to nothing in the project.", ErrorKind.Configuration);

    /// <summary>Two things have one name, or two tasks write one table.</summary>
    public static readonly ErrorCode Duplicate = new("MR1015", "Two things share what must be one's own.", ErrorKind.Configuration);

    /// <summary>Settings that do not go together.</summary>
    public static readonly ErrorCode Unsupported = new("MR1016", "Settings that do not go together, or that a connector does not offer.", ErrorKind.Configuration);

    /// <summary>A setting that a later version brings.</summary>
    public static readonly ErrorCode NotAvailableYet = new("MR1017", "A later version of Millrace brings this.", ErrorKind.Configuration);

    /// <summary>A script that a step names is not there.</summary>
    public static readonly ErrorCode ScriptMissing = new("MR1019", "A script that a step names is not there.", ErrorKind.Configuration);

    /// <summary>Tasks or jobs that wait for each other.</summary>
    public static readonly ErrorCode Cycle = new("MR1020", "Tasks or jobs wait for each other in a circle.", ErrorKind.Configuration);

    /// <summary>A secret that stands in a file as plain text.</summary>
    public static readonly ErrorCode PlainSecret = new("MR1018", "A secret stands in the project file as plain text.", ErrorKind.Configuration);
}
