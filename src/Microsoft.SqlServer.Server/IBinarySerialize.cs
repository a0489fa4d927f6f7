namespace Microsoft.SqlServer.Server;

/// <summary>What a CLR type of the user's own reads and writes itself by.</summary>
public interface IBinarySerialize
{
    /// <summary>Reads the value.</summary>
    void Read(BinaryReader r);

    /// <summary>Writes the value.</summary>
    void Write(BinaryWriter w);
}
