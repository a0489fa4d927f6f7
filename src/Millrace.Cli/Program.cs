using System.Globalization;
using Millrace.Cli.CommandLine;

// What is printed, parsed and sorted must not hang on who runs it.
CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;

using var interruption = new Interruption(Console.Error);
return await MillraceCommandLine.RunAsync(args, Console.Out, Console.Error, interruption.Token).ConfigureAwait(false);
