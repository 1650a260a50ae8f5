// A simulator of the daemon as a child process, for the example and the tests: kpclientd-sim on a
// Unix socket in a directory of its own, with its commands on its standard input.
#ifndef SIMULATOR_HPP
#define SIMULATOR_HPP

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

class Simulator {
public:
    explicit Simulator(std::string program, std::vector<std::string> options = {})
        : program_(std::move(program)), options_(std::move(options)) {
        std::string made = (std::filesystem::temp_directory_path() / "kpclient-XXXXXX").string();
        if (mkdtemp(made.data()) == nullptr) {
            throw std::runtime_error("no directory for the simulator");
        }
        directory_ = made;
        start();
    }
    Simulator(const Simulator &) = delete;
    Simulator &operator=(const Simulator &) = delete;
    ~Simulator() {
        end();
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

    const std::filesystem::path &directory() const { return directory_; }
    std::string socket() const { return (directory_ / "kpclientd.sock").string(); }

    /// Gives a command, and returns what stands behind `ok`.
    std::string tell(const std::string &command) {
        std::fputs((command + "\n").c_str(), commands_);
        std::fflush(commands_);
        const std::string answer = line();
        if (answer.rfind("ok", 0) != 0) {
            throw std::runtime_error(command + ": " + answer);
        }
        return answer.substr(answer.size() > 2 ? 3 : 2);
    }

    /// Waits until its numbers show this.
    void wait_until(const std::string &shown) {
        while (tell("stats").find(shown) == std::string::npos) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    /// Kills it as a crash would, and starts another one in its place.
    void kill_and_start() {
        ::kill(process_, SIGKILL);
        end();
        std::filesystem::remove(socket());
        start();
    }

private:
    void start() {
        int to[2];
        int from[2];
        if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
        std::vector<std::string> words = {program_,  "--unix",    socket(), "--control",
                                          "stdin",   "--instant"};
        words.insert(words.end(), options_.begin(), options_.end());
        std::vector<char *> arguments;
        for (std::string &word : words) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        process_ = fork();
        if (process_ == 0) {
            dup2(to[0], STDIN_FILENO);
            dup2(from[1], STDOUT_FILENO);
            execv(arguments[0], arguments.data());
            _exit(127);
        }
        ::close(to[0]);
        ::close(from[1]);
        commands_ = fdopen(to[1], "w");
        answers_ = fdopen(from[0], "r");
        while (line().rfind("ready:", 0) != 0) {
        }
    }

    void end() {
        std::fclose(commands_);
        waitpid(process_, nullptr, 0);
        std::fclose(answers_);
    }

    std::string line() {
        std::string read;
        for (int c = std::fgetc(answers_); c != '\n'; c = std::fgetc(answers_)) {
            if (c == EOF) {
                throw std::runtime_error("the simulator has ended");
            }
            read += static_cast<char>(c);
        }
        return read;
    }

    std::string program_;
    std::vector<std::string> options_;
    std::filesystem::path directory_;
    pid_t process_ = -1;
    std::FILE *commands_ = nullptr;
    std::FILE *answers_ = nullptr;
};

#endif
