using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>What a field's base column is to be, whichever value comes first.</summary>
/// <param name="Type">The type that it starts with; it may widen.</param>
/// <param name="SourceType">The source's name of the type.</param>
internal sealed record ExpectedColumn(LogicalType Type, string? SourceType);
