namespace Millrace.Testing.MongoDb.Storage;

/// <summary>A place in an <see cref="IdIndex"/>, good until the next write.</summary>
internal readonly record struct IndexPosition(int Block, int At)
{
    /// <summary>Past the last entry, or before the first.</summary>
    public static IndexPosition End => new(-1, -1);

    public bool IsEnd => Block < 0;
}
