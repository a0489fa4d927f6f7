using FsCheck;
using FsCheck.Fluent;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Shaping;

public sealed class TypeLatticeTests
{
    private static readonly LogicalType[] Types =
    [
        LogicalType.Boolean, LogicalType.Int16, LogicalType.Int32, LogicalType.Int64, LogicalType.Float32, LogicalType.Float64,
        LogicalType.Decimal(1, 0), LogicalType.Decimal(1, 1), LogicalType.Decimal(10, 2), LogicalType.Decimal(19, 0), LogicalType.Decimal(20, 19),
        LogicalType.Decimal(38, 0), LogicalType.Decimal(38, 19), LogicalType.Decimal(38, 38), LogicalType.Text, LogicalType.Json,
        LogicalType.Bytes, LogicalType.Uuid, LogicalType.Date, LogicalType.Time(0), LogicalType.Time(7), LogicalType.TimestampUtc(0),
        LogicalType.TimestampUtc(7), LogicalType.TimestampNaive(3), LogicalType.TimestampNaive(6),
    ];

    public static TheoryData<LogicalType, LogicalType, JoinKind, LogicalType> Table => new()
    {
        { LogicalType.Int16, LogicalType.Int32, JoinKind.Lossless, LogicalType.Int32 },
        { LogicalType.Int32, LogicalType.Int64, JoinKind.Lossless, LogicalType.Int64 },
        { LogicalType.Int16, LogicalType.Float32, JoinKind.Lossless, LogicalType.Float32 },
        { LogicalType.Int32, LogicalType.Float32, JoinKind.Lossless, LogicalType.Float64 },
        { LogicalType.Int32, LogicalType.Float64, JoinKind.Lossless, LogicalType.Float64 },
        { LogicalType.Int64, LogicalType.Float64, JoinKind.IfWithin53Bits, LogicalType.Float64 },
        { LogicalType.Float32, LogicalType.Float64, JoinKind.Lossless, LogicalType.Float64 },
        { LogicalType.Int64, LogicalType.Decimal(4, 2), JoinKind.Lossless, LogicalType.Decimal(21, 2) },
        { LogicalType.Int64, LogicalType.Decimal(38, 20), JoinKind.Variant, default },
        { LogicalType.Decimal(10, 2), LogicalType.Decimal(8, 6), JoinKind.Lossless, LogicalType.Decimal(14, 6) },
        { LogicalType.Decimal(38, 0), LogicalType.Decimal(2, 1), JoinKind.Variant, default },
        { LogicalType.Decimal(10, 2), LogicalType.Float64, JoinKind.Variant, default },
        { LogicalType.Date, LogicalType.TimestampUtc(3), JoinKind.Lossless, LogicalType.TimestampUtc(3) },
        { LogicalType.TimestampUtc(3), LogicalType.TimestampUtc(6), JoinKind.Lossless, LogicalType.TimestampUtc(6) },
        { LogicalType.TimestampUtc(3), LogicalType.TimestampNaive(3), JoinKind.Variant, default },
        { LogicalType.Time(3), LogicalType.Time(7), JoinKind.Lossless, LogicalType.Time(7) },
        { LogicalType.Text, LogicalType.Json, JoinKind.Variant, default },
        { LogicalType.Text, LogicalType.Int32, JoinKind.Variant, default },
        { LogicalType.Boolean, LogicalType.Int16, JoinKind.Variant, default },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void The_table_is_as_the_design_says(LogicalType a, LogicalType b, JoinKind kind, LogicalType type)
    {
        JoinResult joined = TypeLattice.Join(a, b);
        joined.Kind.ShouldBe(kind);
        if (kind != JoinKind.Variant)
        {
            joined.Type.ShouldBe(type);
        }
    }

    [Fact]
    public void Joining_is_idempotent_and_commutative_for_every_pair()
    {
        foreach (LogicalType a in Types)
        {
            TypeLattice.Join(a, a).ShouldBe(JoinResult.Lossless(a));
            foreach (LogicalType b in Types)
            {
                Same(TypeLattice.Join(a, b), TypeLattice.Join(b, a)).ShouldBeTrue($"{a} and {b}");
            }
        }
    }

    [Fact]
    public void Joining_is_associative_for_every_triple()
    {
        foreach (LogicalType a in Types)
        {
            foreach (LogicalType b in Types)
            {
                foreach (LogicalType c in Types)
                {
                    Same(TypeLattice.Join(a, b).And(c), TypeLattice.Join(b, c).And(a)).ShouldBeTrue($"{a}, {b}, {c}");
                }
            }
        }
    }

    [Fact]
    public void Joining_random_decimals_integers_and_times_is_associative() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>().Generator.Three().ToArbitrary(), seeds =>
        {
            (LogicalType a, LogicalType b, LogicalType c) = (Random(seeds.Item1), Random(seeds.Item2), Random(seeds.Item3));
            return Same(TypeLattice.Join(a, b).And(c), TypeLattice.Join(b, c).And(a));
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(new Replay(new Rnd(20261121, 7), null)));

    [Fact]
    public void A_joined_type_covers_both_parts()
    {
        foreach (LogicalType a in Types)
        {
            foreach (LogicalType b in Types)
            {
                JoinResult joined = TypeLattice.Join(a, b);
                if (joined.Kind == JoinKind.Lossless)
                {
                    TypeLattice.Covers(joined.Type, a).ShouldBeTrue($"{joined.Type} over {a}");
                    TypeLattice.Covers(joined.Type, b).ShouldBeTrue($"{joined.Type} over {b}");
                }
            }
        }
    }

    private static bool Same(JoinResult a, JoinResult b) =>
        a.Kind == b.Kind && (a.Kind == JoinKind.Variant || a.Type == b.Type);

    private static LogicalType Random(int seed)
    {
        var random = new Random(seed);
        int precision = random.Next(1, 39);
        return random.Next(7) switch
        {
            0 => LogicalType.Int16,
            1 => LogicalType.Int32,
            2 => LogicalType.Int64,
            3 => LogicalType.Time((byte)random.Next(8)),
            4 => LogicalType.TimestampUtc((byte)random.Next(8)),
            _ => LogicalType.Decimal(precision, random.Next(precision + 1)),
        };
    }
}
