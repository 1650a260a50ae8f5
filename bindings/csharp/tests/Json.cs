using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Kpclient.Tests
{
    /// <summary>
    /// Reads JSON: objects are dictionaries, arrays lists, numbers long, else string, bool and null. The table of
    /// scenarios and the simulator's counts need no more, and every runtime has another reader.
    /// </summary>
    internal sealed class Json
    {
        private readonly string text;
        private int at;

        private Json(string text)
        {
            this.text = text;
        }

        internal static object Parse(string text)
        {
            return new Json(text).Value();
        }

        private object Value()
        {
            switch (Next())
            {
                case '{': return Object();
                case '[': return Array();
                case '"': return Text();
                default: return Word();
            }
        }

        private object Object()
        {
            var fields = new Dictionary<string, object>();
            at++;
            while (!Ends('}'))
            {
                Next();
                var name = Text();
                Check.That(Next() == ':', "no colon in JSON");
                at++;
                fields[name] = Value();
            }
            return fields;
        }

        private object Array()
        {
            var items = new List<object>();
            at++;
            while (!Ends(']')) items.Add(Value());
            return items;
        }

        private bool Ends(char end)
        {
            var next = Next();
            if (next == ',') at++;
            if (next == end) at++;
            return next == end;
        }

        private string Text()
        {
            var said = new StringBuilder();
            for (at++; text[at] != '"'; at++)
            {
                if (text[at] != '\\')
                {
                    said.Append(text[at]);
                    continue;
                }
                at++;
                said.Append(Escaped());
            }
            at++;
            return said.ToString();
        }

        private char Escaped()
        {
            switch (text[at])
            {
                case 'n': return '\n';
                case 't': return '\t';
                case 'u':
                    at += 4;
                    return (char)int.Parse(text.Substring(at - 3, 4), NumberStyles.HexNumber);
                default: return text[at];
            }
        }

        private object Word()
        {
            var begin = at;
            while (at < text.Length && ",]} \n\r\t".IndexOf(text[at]) < 0) at++;
            var word = text.Substring(begin, at - begin);
            if (word == "true" || word == "false") return word == "true";
            if (word == "null") return null;
            return (long)double.Parse(word, CultureInfo.InvariantCulture);
        }

        private char Next()
        {
            while (char.IsWhiteSpace(text[at])) at++;
            return text[at];
        }
    }
}
