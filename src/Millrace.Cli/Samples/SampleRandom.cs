namespace Millrace.Cli.Samples;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): the same seed gives the same
/// numbers on every platform and in every version, which <see cref="Random"/> does not promise.
/// </summary>
internal struct SampleRandom
{
    private ulong _state;

    /// <summary>Starts a stream.</summary>
    /// <param name="seed">The sample's seed.</param>
    /// <param name="stream">Which of the independent streams under that seed.</param>
    public SampleRandom(long seed, long stream)
    {
        _state = Mix((ulong)seed) ^ Mix((ulong)stream + 0x632BE59BD9B4E019);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>A number from 0 up to (not including) <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>True in <paramref name="percent"/> of a hundred cases.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
