#include "apps/lama/terminal.hpp"

#include "protocol/crypto/crypto.hpp"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace lama::app {

namespace {

/// Characters, as far as code points tell.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  return text;
}

result<std::string> type_password(const std::string& prompt) {
  std::FILE* terminal = std::fopen("/dev/tty", "r+");
  if (!terminal)
    return fail(errc::bad_input, "There is no terminal to type it at; use --password-file or LAMA_PASSWORD (for a backup --passphrase-file or LAMA_PASSPHRASE).");
  std::fputs(prompt.c_str(), terminal);
  std::fflush(terminal);
  termios before{};
  auto quiet = ::tcgetattr(::fileno(terminal), &before) == 0;
  if (quiet) {
    auto silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(::fileno(terminal), TCSAFLUSH, &silent);
  }
  std::string typed;
  for (int c = std::fgetc(terminal); c != EOF && c != '\n'; c = std::fgetc(terminal))
    typed += static_cast<char>(c);
  if (quiet)
    ::tcsetattr(::fileno(terminal), TCSAFLUSH, &before);
  std::fputs("\n", terminal);
  std::fclose(terminal);
  return typed;
}

/// Twice, where it is new.
result<std::string> type_secret(const std::string& prompt, bool is_new) {
  LAMA_TRY(typed, type_password(prompt));
  if (!is_new)
    return typed;
  LAMA_TRY(again, type_password("The same again: "));
  auto same = protocol::equal_secret(typed, again);
  protocol::wipe(again);
  if (!same)
    return fail(errc::bad_input, "The two are not the same.");
  return typed;
}

result<std::string> given_secret(const std::string& file, const char* variable) {
  if (!file.empty()) {
    std::ifstream in{file};
    std::string line;
    if (!in || !std::getline(in, line))
      return fail(errc::not_found, "The file " + file + " cannot be read, or is empty.");
    return without_line_end(std::move(line));
  }
  const auto* value = std::getenv(variable);
  return std::string{value ? value : ""};
}

} // namespace

std::string printable(std::string_view text, bool lines) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    // C1 controls are two bytes in UTF-8: C2 80 to C2 9F.
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      out += ' ';
      ++i;
    } else if ((c < 0x20 || c == 0x7f) && !(lines && (c == '\n' || c == '\t'))) {
      out += ' ';
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

void print_table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& head : heads)
    widths.push_back(width_of(head));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], width_of(row[i]));
  auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size())
        line += std::string(widths[i] - width_of(row[i]) + 2, ' ');
    }
    std::cout << line << '\n';
  };
  print(heads);
  for (const auto& row : rows) {
    auto shown = row;
    for (auto& cell : shown)
      cell = printable(cell);
    print(shown);
  }
}

void print_json(const json& x) {
  std::cout << x.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

int report(const error& failure, bool as_json) {
  if (as_json)
    std::cerr << json{{"error", {{"code", to_string(failure.code)}, {"message", failure.message}}}}.dump(-1, ' ', false, json::error_handler_t::replace)
              << '\n';
  else
    std::cerr << "lama: " << printable(failure.message, true) << '\n';
  return failed;
}

progress_line::progress_line() : terminal_{::isatty(STDERR_FILENO) == 1} {
  // nop
}

progress_line::~progress_line() {
  clear();
}

void progress_line::show(const std::string& text) {
  auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - last_ < std::chrono::milliseconds{100})
    return;
  last_ = now;
  drawn_ = true;
  std::cerr << "\r\x1b[K" << text << std::flush;
}

void progress_line::clear() {
  if (drawn_)
    std::cerr << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

result<std::string> given_password(const std::string& file) {
  return given_secret(file, "LAMA_PASSWORD");
}

result<std::string> ask_password(const std::string& file, const std::string& user, bool is_new) {
  LAMA_TRY(given, given_password(file));
  return given.empty() ? type_secret((is_new ? "New password for " : "Password of ") + user + ": ", is_new) : std::move(given);
}

result<std::string> ask_passphrase(const std::string& file, bool is_new) {
  LAMA_TRY(given, given_secret(file, "LAMA_PASSPHRASE"));
  return given.empty() ? type_secret(is_new ? "New passphrase for the backup: " : "Passphrase of the backup: ", is_new) : std::move(given);
}

std::string grouped(uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string duration_text(int64_t milliseconds) {
  auto seconds = milliseconds / 1000;
  if (seconds < 60)
    return std::to_string(seconds) + " s";
  if (seconds < 3600)
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

} // namespace lama::app
