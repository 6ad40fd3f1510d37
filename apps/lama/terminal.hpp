#pragma once

#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What people see: tables, progress, errors; and the one thing they type: a password.
namespace lama::app {

using nlohmann::json;

// Exit codes (contract).
inline constexpr int worked = 0;
inline constexpr int failed = 1;
inline constexpr int wrong_use = 2;

/// Without control characters: text of others must not drive the terminal. Line ends become spaces unless `lines`.
std::string printable(std::string_view text, bool lines = false);

/// Columns as wide as they must be; the last one as long as it is.
void print_table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows);
void print_json(const json& x);

/// To stderr: the message, or {"error":{…}} for programs. Answers the exit code.
int report(const error& failure, bool as_json);

/// One line on stderr that is drawn anew, when that is a terminal.
class progress_line {
public:
  progress_line();
  ~progress_line();
  /// At most ten times a second.
  void show(const std::string& text);
  void clear();
  bool visible() const {
    return terminal_;
  }

private:
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

/// From the file, else LAMA_PASSWORD, else typed without echo (twice, where it is new).
result<std::string> ask_password(const std::string& file, const std::string& user, bool is_new);
/// The same without a prompt; empty where none is given.
result<std::string> given_password(const std::string& file);

/// Of a backup: from the file, else LAMA_PASSPHRASE, else typed as a password is.
result<std::string> ask_passphrase(const std::string& file, bool is_new);

/// "12,345"
std::string grouped(uint64_t number);
/// "3 h 12 min", "42 s"
std::string duration_text(int64_t milliseconds);

} // namespace lama::app
