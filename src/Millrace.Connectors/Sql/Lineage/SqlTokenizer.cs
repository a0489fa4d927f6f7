using System.Collections.Immutable;
using Millrace.Connectors.Sql.Steps;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Parts a statement into tokens; brackets become groups. Comments are left out.</summary>
internal sealed class SqlTokenizer
{
    private const string OperatorChars = "<>=~!@#%^&|?";
    private readonly string _text;
    private readonly ScriptSyntax _syntax;
    private int _at;

    private SqlTokenizer(string text, ScriptSyntax syntax)
    {
        _text = text;
        _syntax = syntax;
    }

    /// <summary>A statement's tokens.</summary>
    /// <exception cref="UnreadableSqlException">Brackets or quotes do not close.</exception>
    public static ImmutableArray<SqlToken> Read(string statement, ScriptSyntax syntax) => new SqlTokenizer(statement, syntax).ReadUntil('\0');

    private char Next(int ahead = 1) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private ImmutableArray<SqlToken> ReadUntil(char close)
    {
        var tokens = ImmutableArray.CreateBuilder<SqlToken>();
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == close)
            {
                _at++;
                return tokens.ToImmutable();
            }

            if (char.IsWhiteSpace(c))
            {
                _at++;
            }
            else if (c == '-' && Next() == '-')
            {
                int end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
            }
            else if (c == '/' && Next() == '*')
            {
                SkipComment();
            }
            else
            {
                tokens.Add(ReadOne(c));
            }
        }

        return close == '\0' ? tokens.ToImmutable() : throw new UnreadableSqlException($"a bracket is not closed by '{close}'");
    }

    private SqlToken ReadOne(char c) => c switch
    {
        '\'' => Text(hasBackslashes: false),
        '"' => new(SqlTokenKind.Quoted, Quoted('"')),
        '`' => new(SqlTokenKind.Quoted, Quoted('`')),
        '[' when _syntax.HasBrackets => new(SqlTokenKind.Quoted, Quoted(']')),
        '(' => Group("(", ')'),
        '[' => Group("[", ']'),
        '{' => Group("{", '}'),
        ')' or ']' or '}' => throw new UnreadableSqlException($"a '{c}' closes no bracket"),
        '$' => Dollar(),
        '.' when char.IsAsciiDigit(Next()) => Number(),
        _ when char.IsAsciiDigit(c) => Number(),
        _ when char.IsLetter(c) || c == '_' => Word(),
        _ => Symbol(c),
    };

    private SqlToken Group(string open, char close)
    {
        _at++;
        return new(SqlTokenKind.Group, open) { Items = ReadUntil(close) };
    }

    private SqlToken Word()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '$'))
        {
            _at++;
        }

        string word = _text[start.._at];
        bool isPrefix = _at < _text.Length && _text[_at] == '\'' && word is "E" or "e" or "N" or "n" or "B" or "b" or "X" or "x";
        return isPrefix && _at < _text.Length && _text[_at] == '\''
            ? Text(_syntax.HasEscapeStrings && word is "E" or "e")
            : new(SqlTokenKind.Word, word);
    }

    private SqlToken Number()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.'
            || (_text[_at] is '+' or '-' && _text[_at - 1] is 'e' or 'E')))
        {
            _at++;
        }

        return new(SqlTokenKind.Number, _text[start.._at]);
    }

    private SqlToken Symbol(char c)
    {
        int start = _at++;
        if ((c == ':' && Next(0) is ':' or '=') || (c == '-' && Next(0) == '>'))
        {
            _at++;
            _at += c == '-' && Next(0) == '>' ? 1 : 0;
        }
        else if (OperatorChars.Contains(c, StringComparison.Ordinal))
        {
            while (_at < _text.Length && OperatorChars.Contains(_text[_at], StringComparison.Ordinal))
            {
                _at++;
            }
        }

        return new(SqlTokenKind.Symbol, _text[start.._at]);
    }

    private SqlToken Text(bool hasBackslashes)
    {
        int start = ++_at;
        for (; _at < _text.Length; _at++)
        {
            if (hasBackslashes && _text[_at] == '\\')
            {
                _at++;
            }
            else if (_text[_at] == '\'' && Next() == '\'')
            {
                _at++;
            }
            else if (_text[_at] == '\'')
            {
                return new(SqlTokenKind.Text, _text[start.._at++]);
            }
        }

        throw new UnreadableSqlException("a text is not closed");
    }

    private string Quoted(char close)
    {
        var name = new System.Text.StringBuilder();
        for (_at++; _at < _text.Length; _at++)
        {
            if (_text[_at] != close)
            {
                name.Append(_text[_at]);
            }
            else if (Next() == close)
            {
                name.Append(close);
                _at++;
            }
            else
            {
                _at++;
                return name.ToString();
            }
        }

        throw new UnreadableSqlException("a quoted name is not closed");
    }

    // $1 is a parameter's marker, $tag$ … $tag$ a text.
    private SqlToken Dollar()
    {
        int end = _at + 1;
        while (end < _text.Length && (char.IsLetterOrDigit(_text[end]) || _text[end] == '_'))
        {
            end++;
        }

        bool isTag = _syntax.HasDollarQuotes && end < _text.Length && _text[end] == '$' && !char.IsAsciiDigit(_text[_at + 1]);
        if (!isTag)
        {
            string marker = _text[_at..end];
            _at = end;
            return new(SqlTokenKind.Parameter, marker);
        }

        string tag = _text[_at..(end + 1)];
        int close = _text.IndexOf(tag, end + 1, StringComparison.Ordinal);
        string text = close < 0 ? throw new UnreadableSqlException("a dollar-quoted text is not closed") : _text[(end + 1)..close];
        _at = close + tag.Length;
        return new(SqlTokenKind.Text, text);
    }

    private void SkipComment()
    {
        int depth = 0;
        for (; _at < _text.Length; _at++)
        {
            if (_text[_at] == '/' && Next() == '*')
            {
                depth++;
                _at++;
            }
            else if (_text[_at] == '*' && Next() == '/')
            {
                _at++;
                if (--depth == 0)
                {
                    _at++;
                    return;
                }
            }
        }
    }
}
