#include "net/url.hpp"

#include <algorithm>
#include <charconv>

namespace lama::net {

namespace {

constexpr std::size_t url_bytes = 2048;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

} // namespace

std::string url::authority(uint16_t default_port) const {
  auto name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port ? name : name + ":" + std::to_string(port);
}

result<url> parse_url(std::string_view text, std::string_view scheme, uint16_t default_port) {
  auto refused = [&] {
    return fail(errc::bad_input,
                "\"" + std::string{text.substr(0, 200)} + "\" is not an address of the form " + std::string{scheme} + "://HOST[:PORT][/PATH].");
  };
  auto printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; }); // it goes into a request line
  if (!printable || text.size() > url_bytes || !text.starts_with(scheme) || !text.substr(scheme.size()).starts_with("://"))
    return refused();
  auto rest = text.substr(scheme.size() + 3);
  auto end = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, end);
  url parsed;
  parsed.target = rest.substr(end, rest.find('#') == rest.npos ? rest.npos : rest.find('#') - end);
  if (!parsed.target.starts_with('/'))
    parsed.target.insert(0, "/");

  auto bracketed = authority.starts_with('[');
  auto host_end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == authority.npos)
    return refused();
  parsed.host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  auto after = authority.substr(host_end + (bracketed ? 1 : 0));
  auto is_allowed = [bracketed](char c) { return is_host_character(c) || (bracketed && (c == ':' || c == '%')); };
  if (parsed.host.empty() || !std::ranges::all_of(parsed.host, is_allowed))
    return refused();
  parsed.port = default_port;
  if (!after.empty()) {
    auto digits = after.substr(1);
    auto read = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
    if (after[0] != ':' || read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || parsed.port == 0)
      return refused();
  }
  return parsed;
}

} // namespace lama::net
