using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>
/// Reads a script: parts it into statements and puts the engine's markers where <c>:name</c> stands for a parameter. Texts, quoted identifiers and
/// comments are left alone; so is a colon after a name, a number, a quote or a bracket (a cast, a slice, a struct's field).
/// </summary>
internal sealed class SqlScript
{
    private readonly string _script;
    private readonly ScriptSyntax _syntax;
    private readonly IReadOnlySet<string> _known;
    private readonly StringBuilder _text = new();
    private readonly List<string> _parameters = [];
    private readonly List<string> _unknown = [];
    private readonly ImmutableArray<ScriptStatement>.Builder _statements = ImmutableArray.CreateBuilder<ScriptStatement>();
    private int _at;
    private int _line = 1;
    private int _firstLine;
    private int _atomicDepth;
    private bool _hasBody;
    private string _lastWord = "";

    private SqlScript(string script, ScriptSyntax syntax, IReadOnlySet<string> known)
    {
        _script = script;
        _syntax = syntax;
        _known = known;
    }

    private char Current => _script[_at];

    private char Next => _at + 1 < _script.Length ? _script[_at + 1] : '\0';

    /// <summary>The statements of a script in order; those of comments alone are left out.</summary>
    /// <param name="script">The text.</param>
    /// <param name="syntax">How to read it.</param>
    /// <param name="known">The parameters that there are: another <c>:name</c> is left as it stands.</param>
    public static ImmutableArray<ScriptStatement> Parse(string script, ScriptSyntax syntax, IReadOnlySet<string> known)
    {
        var reader = new SqlScript(script, syntax, known);
        reader.ReadAll();
        return reader._statements.ToImmutable();
    }

    private void ReadAll()
    {
        while (_at < _script.Length)
        {
            if (_syntax.HasBatches && IsLineStart() && BatchEnd() is { } repeat)
            {
                End(repeat);
            }
            else if (!_syntax.HasBatches && Current == ';' && _atomicDepth == 0)
            {
                _at++;
                End(1);
            }
            else
            {
                ReadOne();
            }
        }

        End(1);
    }

    private void ReadOne()
    {
        switch (Current)
        {
            case '-' when Next == '-':
                Copy(EndOfLine() - _at);
                break;
            case '/' when Next == '*':
                Copy(EndOfComment() - _at);
                break;
            case '\'':
                CopyToken(EndOfQuoted('\'', hasBackslashes: _syntax.HasEscapeStrings && _lastWord is "E" or "e" && _at > 0 && _script[_at - 1] is 'E' or 'e'));
                break;
            case '"':
                CopyToken(EndOfQuoted('"', hasBackslashes: false));
                break;
            case '[' when _syntax.HasBrackets:
                CopyToken(EndOfQuoted(']', hasBackslashes: false));
                break;
            case '$' when _syntax.HasDollarQuotes && EndOfDollarQuoted() is { } end:
                CopyToken(end);
                break;
            case ':' when ParameterHere() is { } name:
                Begin();
                _text.Append(_syntax.Marker(PlaceOf(name), name));
                _at += 1 + name.Length;
                break;
            case ':' when Next == ':':
                CopyToken(_at + 2);
                break;
            default:
                ReadPlain();
                break;
        }
    }

    private void ReadPlain()
    {
        if (!IsNamePart(Current))
        {
            if (!char.IsWhiteSpace(Current))
            {
                Begin();
                _lastWord = "";
            }

            Copy(1);
            return;
        }

        int end = _at;
        while (end < _script.Length && (IsNamePart(_script[end]) || _script[end] == '$'))
        {
            end++;
        }

        string word = _script[_at..end];
        CountAtomic(word);
        CopyToken(end);
        _lastWord = word;
    }

    // The body of a function in standard SQL holds statements of its own: BEGIN ATOMIC … END.
    private void CountAtomic(string word)
    {
        if (_syntax.HasBatches)
        {
            return;
        }

        if (_atomicDepth == 0)
        {
            _atomicDepth = Is(word, "ATOMIC") && Is(_lastWord, "BEGIN") ? 1 : 0;
            _hasBody |= _atomicDepth > 0;
        }
        else if (Is(word, "CASE"))
        {
            _atomicDepth++;
        }
        else if (Is(word, "END"))
        {
            _atomicDepth--;
        }
    }

    private static bool Is(string word, string keyword) => string.Equals(word, keyword, StringComparison.OrdinalIgnoreCase);

    private string? ParameterHere()
    {
        char before = _at == 0 ? ' ' : _script[_at - 1];
        if (before is ':' or '\'' or '"' or ']' or ')' || IsNamePart(before))
        {
            return null;
        }

        int end = _at + 1;
        while (end < _script.Length && IsNamePart(_script[end]))
        {
            end++;
        }

        string name = _script[(_at + 1)..end];
        if (_known.Contains(name))
        {
            return name;
        }

        if (name.Length > 0 && !_unknown.Contains(name))
        {
            _unknown.Add(name);
        }

        return null;
    }

    private int PlaceOf(string name)
    {
        int at = _parameters.IndexOf(name);
        if (at < 0)
        {
            at = _parameters.Count;
            _parameters.Add(name);
        }

        return at + 1;
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_';

    private bool IsLineStart() => _at == 0 || _script[_at - 1] == '\n';

    // How often the batch runs that a line GO ends here, with the line read; or null.
    private int? BatchEnd()
    {
        int end = EndOfLine();
        string[] words = _script[_at..end].Trim().TrimEnd(';').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int repeat = 1;
        bool isEnd = words is [{ } go] && Is(go, "GO")
            || (words is [{ } first, { } count] && Is(first, "GO") && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out repeat));
        if (!isEnd)
        {
            return null;
        }

        Skip(Math.Min(_script.Length, end + 1));
        return repeat;
    }

    private int EndOfLine()
    {
        int end = _script.IndexOf('\n', _at);
        return end < 0 ? _script.Length : end;
    }

    private int EndOfComment()
    {
        int depth = 0;
        for (int at = _at; at + 1 < _script.Length; at++)
        {
            if (_script[at] == '/' && _script[at + 1] == '*')
            {
                depth++;
                at++;
            }
            else if (_script[at] == '*' && _script[at + 1] == '/')
            {
                at++;
                if (--depth == 0)
                {
                    return at + 1;
                }
            }
        }

        return _script.Length;
    }

    private int EndOfQuoted(char quote, bool hasBackslashes)
    {
        for (int at = _at + 1; at < _script.Length; at++)
        {
            if (hasBackslashes && _script[at] == '\\')
            {
                at++;
            }
            else if (_script[at] == quote)
            {
                if (at + 1 < _script.Length && _script[at + 1] == quote)
                {
                    at++;
                }
                else
                {
                    return at + 1;
                }
            }
        }

        return _script.Length;
    }

    private int? EndOfDollarQuoted()
    {
        int end = _at + 1;
        while (end < _script.Length && IsNamePart(_script[end]))
        {
            end++;
        }

        bool isTag = end < _script.Length && _script[end] == '$' && !(end > _at + 1 && char.IsDigit(_script[_at + 1]));
        if (!isTag)
        {
            return null;
        }

        string tag = _script[_at..(end + 1)];
        int close = _script.IndexOf(tag, end + 1, StringComparison.Ordinal);
        return close < 0 ? _script.Length : close + tag.Length;
    }

    private void Begin()
    {
        if (_firstLine == 0)
        {
            _firstLine = _line;
        }
    }

    private void CopyToken(int end)
    {
        Begin();
        Copy(end - _at);
        _lastWord = "";
    }

    private void Copy(int length)
    {
        // What stands before a statement's first word is not part of it, so that lines count from there.
        if (_firstLine > 0)
        {
            _text.Append(_script, _at, length);
        }

        Skip(_at + length);
    }

    private void Skip(int end)
    {
        _line += _script.AsSpan(_at, end - _at).Count('\n');
        _at = end;
    }

    private void End(int repeat)
    {
        if (_firstLine > 0)
        {
            var statement = new ScriptStatement(_text.ToString().TrimEnd(), _firstLine, [.. _parameters]) { HasBody = _hasBody, Unknown = [.. _unknown] };
            _statements.AddRange(Enumerable.Repeat(statement, repeat));
        }

        _text.Clear();
        _parameters.Clear();
        _unknown.Clear();
        _firstLine = 0;
        _atomicDepth = 0;
        _hasBody = false;
        _lastWord = "";
    }
}
