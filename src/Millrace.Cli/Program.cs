using Millrace.Cli.CommandLine;

using var interruption = new Interruption(Console.Error);
return await MillraceCommandLine.RunAsync(args, Console.Out, Console.Error, interruption.Token).ConfigureAwait(false);
