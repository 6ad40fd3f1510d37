#include "net/http_rules.hpp"

#include <algorithm>
#include <charconv>

namespace lama::net {

namespace {

/// All digits, no sign, and it fits.
std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return std::nullopt;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

} // namespace

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

host_rules::host_rules(uint16_t port, const std::vector<std::string>& hosts) {
  auto at_port = [port](const std::string& host) { return host + ":" + std::to_string(port); };
  for (const auto* own : {"127.0.0.1", "localhost", "[::1]"}) {
    allowed_.push_back(at_port(own));
    if (port == 80) // browsers leave it out
      allowed_.emplace_back(own);
  }
  for (const auto& host : hosts) {
    auto name = lower_case(host);
    auto has_port = name.find(':', name.starts_with('[') ? std::min(name.find(']'), name.size()) : 0) != std::string::npos;
    allowed_.push_back(has_port ? name : at_port(name));
    if (!has_port && port == 80)
      allowed_.push_back(name);
    for (const std::string_view default_port : {":443", ":80"})
      if (name.ends_with(default_port))
        allowed_.push_back(name.substr(0, name.size() - default_port.size()));
  }
}

bool host_rules::allows_host(std::string_view host) const {
  return std::ranges::find(allowed_, lower_case(host)) != allowed_.end();
}

bool host_rules::allows_origin(std::string_view origin, std::string_view host) {
  if (origin.empty())
    return true;
  auto given = lower_case(origin);
  auto own = lower_case(host);
  return given == "http://" + own || given == "https://" + own;
}

bool host_rules::allows_fetch(std::string_view site, std::string_view mode, bool is_page) {
  return site.empty() || site == "same-origin" || site == "none" || (is_page && mode == "navigate");
}

byte_range parse_range(std::string_view header, uint64_t size) {
  byte_range all{byte_range::kinds::all, 0, size};
  if (lower_case(header.substr(0, 6)) != "bytes=")
    return all;
  auto text = trim(header.substr(6));
  auto dash = text.find('-');
  if (dash == text.npos || text.find(',') != text.npos)
    return all;
  auto first = number(text.substr(0, dash));
  auto last = number(text.substr(dash + 1));
  if (dash == 0) { // the last N bytes
    if (!last)
      return all;
    auto length = std::min(*last, size);
    return {length == 0 ? byte_range::kinds::unsatisfiable : byte_range::kinds::part, size - length, length};
  }
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first))
    return all;
  if (*first >= size)
    return {byte_range::kinds::unsatisfiable, 0, 0};
  auto end = last ? std::min(*last, size - 1) : size - 1;
  return {byte_range::kinds::part, *first, end - *first + 1};
}

namespace {

/// Percent-decoded; nothing for what is no such text, and for control characters.
std::optional<std::string> decoded(std::string_view raw) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto c = raw[i];
    if (c == '%') {
      auto high = i + 2 < raw.size() ? hex_digit(raw[i + 1]) : std::nullopt;
      auto low = high ? hex_digit(raw[i + 2]) : std::nullopt;
      if (!low)
        return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < ' ' || c == 127)
      return std::nullopt;
    text += c;
  }
  return text;
}

} // namespace

std::optional<std::string> decode_path(std::string_view target) {
  auto raw = target.substr(0, target.find('?'));
  if (!raw.starts_with('/'))
    return std::nullopt;
  auto path = decoded(raw);
  if (!path || path->find("..") != path->npos || path->find('\\') != path->npos)
    return std::nullopt;
  return path;
}

std::optional<std::string> query_parameter(std::string_view target, std::string_view name) {
  auto mark = target.find('?');
  auto query = mark == target.npos ? std::string_view{} : target.substr(mark + 1);
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (item.size() > name.size() && item.starts_with(name) && item[name.size()] == '=')
      return decoded(item.substr(name.size() + 1));
  }
  return std::nullopt;
}

std::string media_type(std::string_view content_type) {
  return lower_case(trim(content_type.substr(0, content_type.find(';'))));
}

std::string bearer_token(std::string_view authorization) {
  constexpr std::size_t scheme = 7;
  if (lower_case(authorization.substr(0, scheme)) != "bearer ")
    return {};
  return std::string{trim(authorization.substr(scheme))};
}

bool accepts_encoding(std::string_view header, std::string_view encoding) {
  while (!header.empty()) {
    auto comma = std::min(header.find(','), header.size());
    auto item = trim(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    auto semicolon = std::min(item.find(';'), item.size());
    if (lower_case(trim(item.substr(0, semicolon))) != encoding)
      continue;
    auto weight = trim(item.substr(std::min(semicolon + 1, item.size())));
    return !(weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == weight.npos);
  }
  return false;
}

std::optional<std::string> cookie_named(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    auto end = std::min(header.find(';'), header.size());
    auto item = trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    if (item.size() > name.size() && item.starts_with(name) && item[name.size()] == '=')
      return std::string{item.substr(name.size() + 1)};
  }
  return std::nullopt;
}

} // namespace lama::net
