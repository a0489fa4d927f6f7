namespace Millrace.Core.Native;

/// <summary>The families of operating systems that name their shared libraries differently.</summary>
public enum NativePlatform
{
    /// <summary><c>libname.so</c>, <c>libname.so.N</c>.</summary>
    Linux,

    /// <summary><c>libname.dylib</c>, <c>libname.N.dylib</c>.</summary>
    MacOS,

    /// <summary><c>name.dll</c>.</summary>
    Windows,
}
