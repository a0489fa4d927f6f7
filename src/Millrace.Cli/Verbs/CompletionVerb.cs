using System.CommandLine;
using Millrace.Cli.CommandLine;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace completion SHELL</c>: a script that makes a shell complete verbs, options and names of the project.</summary>
internal static class CompletionVerb
{
    // Each asks the program itself what fits, so that the scripts never grow stale.
    private const string Bash = """
        _millrace() {
            local IFS=$'\n' line="${COMP_LINE:0:COMP_POINT}"
            COMPREPLY=($(compgen -W "$(millrace "[suggest:${#line}]" "$line" 2> /dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _millrace millrace
        """;

    private const string Zsh = """
        #compdef millrace
        _millrace() {
            local line="${(j: :)words[1,CURRENT]}"
            local -a found
            found=("${(@f)$(millrace "[suggest:${#line}]" "$line" 2> /dev/null)}")
            (( ${#found[1]} )) && compadd -a found || _files
        }
        compdef _millrace millrace
        """;

    private const string Fish = """
        function __millrace_complete
            set -l line (commandline -cp)
            millrace "[suggest:"(string length -- "$line")"]" "$line" 2> /dev/null
        end
        complete -f -c millrace -a '(__millrace_complete)'
        """;

    public static Verb Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var verb = new Verb("completion", "Print a script that makes your shell complete millrace's verbs, options and jobs.")
        {
            Examples = ["source <(millrace completion bash)", "source <(millrace completion zsh)        # after compinit, in ~/.zshrc", "millrace completion fish > ~/.config/fish/completions/millrace.fish"],
        };
        verb.Arguments.Add(shell);
        verb.Does(context =>
        {
            context.Out.WriteLine(context.Get(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash });
            return ExitCodes.Ok;
        });
        return verb;
    }
}
