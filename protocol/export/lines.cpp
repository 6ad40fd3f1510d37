#include "protocol/export/export.hpp"

#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace lama::protocol::exporting {

namespace {

using nlohmann::json;

constexpr std::size_t most_name_bytes = 80;

/// Letters, digits and what no file system minds; cut between characters.
std::string safe_name(std::string_view name) {
  std::string safe;
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    auto odd = byte < 0x20 || byte == 0x7f || std::string_view{"/\\:*?\"<>|%#"}.find(c) != std::string_view::npos;
    safe += odd ? '_' : c;
  }
  if (safe.size() > most_name_bytes) {
    // What stands behind the last dot says what the file is.
    auto dot = safe.rfind('.');
    auto extension = dot != std::string::npos && safe.size() - dot <= 12 ? safe.substr(dot) : std::string{};
    auto end = most_name_bytes - extension.size();
    while (end > 0 && (static_cast<unsigned char>(safe[end]) & 0xc0) == 0x80)
      --end;
    safe = safe.substr(0, end) + extension;
  }
  while (!safe.empty() && (safe.back() == '.' || safe.back() == ' '))
    safe.pop_back();
  return safe;
}

std::string text_in(const json& from, const char* name) {
  auto found = from.find(name);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

json as_json(const exported_file& x) {
  json shown{{"name", x.name}, {"type", x.type}, {"blob", x.blob}};
  if (!x.file.empty())
    shown["file"] = x.file;
  return shown;
}

} // namespace

std::string line_of(const exported_message& x) {
  json line{{"time", x.time}, {"author", x.author}, {"text", x.text}, {"message", x.message}};
  if (!x.sender.empty())
    line["sender"] = x.sender;
  if (!x.source.empty())
    line["source"] = x.source;
  if (x.me)
    line["me"] = true;
  if (!x.edited.empty())
    line["edited"] = x.edited;
  for (const auto& file : x.files)
    // What was not here is told apart, for an import takes every attachment for a file.
    line[file.file.empty() ? "missingAttachments" : "attachments"].push_back(as_json(file));
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

result<exported_message> read_line(std::string_view line) {
  if (line.size() > limits::import_line_bytes)
    return fail(errc::too_large, "A line of an export is too long.");
  auto from = json::parse(line, nullptr, false);
  if (!from.is_object() || text_in(from, "time").empty())
    return fail(errc::bad_input, "This is no line of an export.");
  exported_message x{text_in(from, "time"),   text_in(from, "author"), text_in(from, "sender"), text_in(from, "message"),
                     text_in(from, "source"), text_in(from, "text"),   from.contains("me"),     std::vector<exported_file>{}};
  for (const char* list : {"attachments", "missingAttachments"})
    for (const auto& file : from.contains(list) && from[list].is_array() ? from[list] : json::array())
      if (file.is_object())
        x.files.push_back({text_in(file, "file"), text_in(file, "name"), text_in(file, "type"), text_in(file, "blob")});
  return x;
}

const std::string& author_names::name_of(const std::string& person, const std::string& shown) {
  auto [found, is_new] = by_person_.try_emplace(person);
  if (is_new) {
    auto base = shown.empty() ? person.substr(0, 12) : shown;
    found->second = base;
    for (int i = 2; !taken_.insert(found->second).second; ++i)
      found->second = base + " (" + std::to_string(i) + ')';
  }
  return found->second;
}

std::map<std::string, std::string> author_names::people() const {
  std::map<std::string, std::string> all;
  for (const auto& [person, name] : by_person_)
    all.emplace(name, person);
  return all;
}

std::string file_path(std::string_view blob, std::string_view name) {
  return "files/" + std::string{blob.substr(0, 16)} + '-' + safe_name(name.empty() ? "file" : name);
}

std::string conversation_file(std::size_t number, std::string_view title) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%03zu-", number);
  return text.data() + safe_name(title.empty() ? "conversation" : title);
}

} // namespace lama::protocol::exporting
