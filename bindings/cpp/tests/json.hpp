// A small reader of JSON, for the table of scenarios and the simulator's numbers.
#ifndef JSON_HPP
#define JSON_HPP

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct Json {
    enum class Kind { Null, Bool, Number, Text, List, Object };

    Kind kind = Kind::Null;
    bool is_true = false;
    double number = 0;
    std::string text{};
    std::vector<Json> list{};
    std::map<std::string, Json> object{};

    static Json parse(std::string_view text) {
        Reader reader{text};
        Json value = reader.value();
        if (reader.peek() != '\0') {
            throw std::runtime_error("something behind the JSON");
        }
        return value;
    }

    bool has(const std::string &name) const { return object.count(name) != 0; }
    const Json &at(const std::string &name) const { return object.at(name); }

private:
    struct Reader {
        std::string_view rest;

        char peek() {
            while (!rest.empty() && std::string_view(" \n\r\t").find(rest[0]) != rest.npos) {
                rest.remove_prefix(1);
            }
            return rest.empty() ? '\0' : rest[0];
        }
        char take() {
            if (rest.empty()) {
                throw std::runtime_error("the JSON ends too early");
            }
            const char c = rest[0];
            rest.remove_prefix(1);
            return c;
        }
        bool takes(char wanted) {
            if (peek() != wanted) {
                return false;
            }
            take();
            return true;
        }
        void expect(char wanted) {
            if (!takes(wanted)) {
                throw std::runtime_error(std::string("JSON without ") + wanted);
            }
        }

        Json value() {
            Json made;
            switch (peek()) {
            case '{':
                made.kind = Kind::Object;
                for (take(); !takes('}'); takes(',')) {
                    peek();
                    std::string name = string();
                    expect(':');
                    made.object.emplace(std::move(name), value());
                }
                break;
            case '[':
                made.kind = Kind::List;
                for (take(); !takes(']'); takes(',')) {
                    made.list.push_back(value());
                }
                break;
            case '"':
                made.kind = Kind::Text;
                made.text = string();
                break;
            default:
                made = word();
            }
            return made;
        }

        Json word() {
            const std::string found(rest.substr(0, rest.find_first_of(",]} \n\r\t")));
            rest.remove_prefix(found.size());
            Json made;
            if (found == "true" || found == "false") {
                made.kind = Kind::Bool;
                made.is_true = found == "true";
            } else if (found != "null") {
                char *end = nullptr;
                made.kind = Kind::Number;
                made.number = std::strtod(found.c_str(), &end);
                if (found.empty() || *end != '\0') {
                    throw std::runtime_error("no JSON: " + found);
                }
            }
            return made;
        }

        std::string string() {
            std::string made;
            expect('"');
            for (char c = take(); c != '"'; c = take()) {
                if (c != '\\') {
                    made += c;
                    continue;
                }
                c = take();
                switch (c) {
                case 'n': made += '\n'; break;
                case 't': made += '\t'; break;
                case 'r': made += '\r'; break;
                case 'b': made += '\b'; break;
                case 'f': made += '\f'; break;
                case 'u': unicode(made); break;
                default: made += c;
                }
            }
            return made;
        }

        void unicode(std::string &made) {
            std::string digits;
            for (int i = 0; i < 4; ++i) {
                digits += take();
            }
            const unsigned long code = std::strtoul(digits.c_str(), nullptr, 16);
            if (code < 0x80) {
                made += static_cast<char>(code);
            } else if (code < 0x800) {
                made += static_cast<char>(0xc0 | (code >> 6));
                made += static_cast<char>(0x80 | (code & 0x3f));
            } else {
                made += static_cast<char>(0xe0 | (code >> 12));
                made += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
                made += static_cast<char>(0x80 | (code & 0x3f));
            }
        }
    };
};

#endif
