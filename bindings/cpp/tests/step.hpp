// One step of a scenario.
#ifndef STEP_HPP
#define STEP_HPP

#include <kpclient.hpp>

#include <set>

#include "json.hpp"

namespace kp = kpclient;

[[noreturn]] inline void wrong(const std::string &what) { throw std::runtime_error(what); }

/// One step; every field must be read by somebody.
class Step {
public:
    explicit Step(const Json &fields) : fields_(fields) {}

    bool has(const std::string &name) {
        seen_.insert(name);
        return fields_.has(name);
    }
    std::string text(const std::string &name) {
        return has(name) ? fields_.at(name).text : wrong_field(name);
    }
    std::string text_or(const std::string &name, const std::string &other) {
        return has(name) ? fields_.at(name).text : other;
    }
    std::vector<std::string> texts(const std::string &name) {
        std::vector<std::string> all;
        for (const Json &text : has(name) ? fields_.at(name).list : std::vector<Json>()) {
            all.push_back(text.text);
        }
        return all;
    }
    std::uint64_t number(const std::string &name, std::uint64_t other) {
        return has(name) ? static_cast<std::uint64_t>(fields_.at(name).number) : other;
    }
    bool is_true(const std::string &name) { return has(name) && fields_.at(name).is_true; }
    /// The text, so often.
    std::string content() {
        const std::string once = text_or("text", "");
        std::string whole;
        for (std::uint64_t i = number("times", 1); i > 0; --i) {
            whole += once;
        }
        return whole;
    }
    kp::Timeout timeout() {
        if (!has("timeout_ms")) {
            return kp::forever;
        }
        return std::chrono::milliseconds(number("timeout_ms", 0));
    }
    void all_were_read() const {
        for (const auto &[name, value] : fields_.object) {
            if (seen_.count(name) == 0) {
                wrong("nobody knows the field " + name);
            }
        }
    }

private:
    static std::string wrong_field(const std::string &name) { wrong("there is no " + name); }

    const Json &fields_;
    std::set<std::string> seen_{"do", "fails", "class"};
};

#endif
