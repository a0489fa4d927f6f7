namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>10^0 to 10^38 as integers.</summary>
internal static class PowersOfTen
{
    /// <summary>The most digits of a decimal in Millrace, and the largest power in the table.</summary>
    public const int MaxInt128Power = 38;

    private static readonly UInt128[] Table = Build();

    /// <summary>10^<paramref name="power"/>, for 0 to 38.</summary>
    public static UInt128 UInt128(int power) => Table[power];

    private static UInt128[] Build()
    {
        var table = new UInt128[MaxInt128Power + 1];
        table[0] = 1;
        for (var i = 1; i < table.Length; i++)
        {
            table[i] = table[i - 1] * 10;
        }

        return table;
    }
}
