// Reading one line of an imported file. Declared in import.hpp.
#include "protocol/limits.hpp"
#include "protocol/models/import.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace lama::models {

namespace {

using protocol::json;

constexpr std::size_t most_author = 256;
constexpr std::size_t most_file_name = 1024;
/// The format has two levels below the line itself; the parser would recurse as deep as it is told to.
constexpr int most_depth = 4;

error bad_line(int64_t number, const std::string& what) {
  return fail(errc::bad_input, "line " + std::to_string(number) + ": " + what);
}

bool nests_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > most_depth)
        return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

/// Digits only, exactly `count` of them.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count)
    return std::nullopt;
  int out = 0;
  for (auto i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return std::nullopt;
    out = out * 10 + (text[i] - '0');
  }
  return out;
}

bool is_at(std::string_view text, std::size_t at, std::string_view any_of) {
  return at < text.size() && any_of.find(text[at]) != any_of.npos;
}

/// What follows the seconds: fraction and offset. Nothing where it is neither.
std::optional<int64_t> rest_of_time(std::string_view text, int64_t out) {
  std::size_t at = 19;
  if (is_at(text, at, ".,")) {
    int64_t unit = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      out += (text[at] - '0') * unit;
  }
  if (at == text.size() || text.substr(at) == "Z")
    return out;
  auto hours = digits(text, at + 1, 2);
  auto minutes = is_at(text, at + 3, ":") ? digits(text, at + 4, 2) : digits(text, at + 3, 2);
  auto length = is_at(text, at + 3, ":") ? 6u : 5u;
  if (!is_at(text, at, "+-") || !hours || !minutes || *hours > 23 || *minutes > 59 || text.size() != at + length)
    return std::nullopt;
  auto offset = (*hours * 60 + *minutes) * int64_t{60'000};
  return text[at] == '+' ? out - offset : out + offset;
}

std::optional<int64_t> time_in(const json& x) {
  // Some tools write seconds as 1714560000.123; a number here is milliseconds and whole.
  if (x.is_number_integer())
    return to_milliseconds(x.get<double>());
  return x.is_string() ? parse_time(x.get_ref<const std::string&>()) : std::nullopt;
}

/// A string member; absent answers empty. Nothing for another kind or too long a text.
std::optional<std::string> text_in(const json& x, const char* name, std::size_t most) {
  auto found = x.find(name);
  if (found == x.end())
    return std::string{};
  if (!found->is_string() || found->get_ref<const std::string&>().size() > most)
    return std::nullopt;
  return found->get<std::string>();
}

/// An attachment is read from beside the imported file, and from nowhere else.
bool is_inside(std::string_view file) {
  if (file.empty() || file.front() == '/' || file.find('\\') != file.npos || file.find('\0') != file.npos)
    return false;
  for (std::size_t at = 0; at <= file.size();) {
    auto end = std::min(file.find('/', at), file.size());
    if (file.substr(at, end - at) == "..")
      return false;
    at = end + 1;
  }
  return true;
}

result<std::vector<import_attachment>> attachments_in(const json& x, int64_t number) {
  std::vector<import_attachment> out;
  auto found = x.find("attachments");
  if (found == x.end())
    return out;
  if (!found->is_array() || found->size() > limits::chat_attachments)
    return bad_line(number, "\"attachments\" must be a list of at most " + std::to_string(limits::chat_attachments));
  for (const auto& item : *found) {
    if (!item.is_object())
      return bad_line(number, "an attachment must be an object with \"file\"");
    auto file = text_in(item, "file", most_file_name);
    auto name = text_in(item, "name", most_file_name);
    auto type = text_in(item, "type", most_file_name);
    if (!file || !name || !type)
      return bad_line(number, "\"file\", \"name\" and \"type\" of an attachment must be texts of at most 1024 bytes");
    if (!is_inside(*file))
      return bad_line(number, "the attachment \"" + *file + "\" must be a path below the folder of the imported file");
    if (name->empty())
      *name = file->substr(file->rfind('/') + 1);
    if (type->empty())
      *type = "application/octet-stream";
    out.push_back({std::move(*name), std::move(*type), std::move(*file)});
  }
  return out;
}

} // namespace

std::optional<int64_t> parse_time(std::string_view text) {
  auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second)
    return std::nullopt;
  if (!is_at(text, 4, "-") || !is_at(text, 7, "-") || !is_at(text, 10, "T ") || !is_at(text, 13, ":") || !is_at(text, 16, ":"))
    return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)}, std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return rest_of_time(text, ((days * 24 + *hour) * 60 + *minute) * 60'000 + *second * int64_t{1000});
}

result<std::optional<import_line>> parse_import_line(std::string_view line, int64_t number) {
  if (line.ends_with('\r')) // the same line, whoever saved the file
    line.remove_suffix(1);
  if (line.size() > limits::import_line_bytes)
    return fail(errc::too_large, "line " + std::to_string(number) + " has more than " + std::to_string(limits::import_line_bytes >> 20) + " MiB");
  if (line.find_first_not_of(" \t\r") == line.npos)
    return std::optional<import_line>{};
  if (nests_too_deep(line))
    return bad_line(number, "it nests deeper than the format does");
  auto x = json::parse(line, nullptr, false);
  if (!x.is_object())
    return bad_line(number, "it is not a JSON object; each line must be one");
  auto time = x.contains("time") ? time_in(x["time"]) : std::nullopt;
  if (!time)
    return bad_line(number, "\"time\" must be like \"2024-05-01T12:30:00Z\", or milliseconds since 1970");
  auto author = text_in(x, "author", most_author);
  if (!author || author->empty())
    return bad_line(number, "\"author\" must be a text of 1 to 256 bytes");
  auto text = text_in(x, "text", limits::chat_text_bytes);
  if (!text)
    return bad_line(number, "\"text\" must be a text of at most " + std::to_string(limits::chat_text_bytes) + " bytes");
  LAMA_TRY(attachments, attachments_in(x, number));
  if (text->empty() && attachments.empty())
    return bad_line(number, "it has neither \"text\" nor \"attachments\"");
  auto key = sha256(std::to_string(number) + "\n" + std::string{line});
  return std::optional{import_line{number, *time, std::move(*author), std::move(*text), std::move(attachments), key}};
}

} // namespace lama::models
