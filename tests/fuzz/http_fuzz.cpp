#include "net/http_rules.hpp"

#include <cstddef>
#include <cstdint>

// What the UI port decides by a request's head: the first line is the target, then one header a line. A path that is taken climbs nowhere and holds no control
// characters; a range lies within its file; a cookie and a parameter are pieces of what was sent.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace lama::net;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto line = text.substr(0, text.find('\n'));
  auto rest = text.substr(line.size());
  if (auto path = decode_path(line)) {
    auto bad = path->find("..") != path->npos || path->find('\\') != path->npos || !path->starts_with('/');
    for (unsigned char c : *path)
      bad = bad || c < ' ' || c == 127;
    if (bad || path->size() > line.size())
      __builtin_trap();
  }
  if (auto user = query_parameter(line, "user"); user && user->size() > line.size())
    __builtin_trap();
  for (uint64_t file : {uint64_t{0}, uint64_t{10}, UINT64_MAX}) {
    auto range = parse_range(rest, file);
    if (range.kind == byte_range::kinds::part && (range.length == 0 || range.offset >= file || range.length > file - range.offset))
      __builtin_trap();
  }
  if (auto cookie = cookie_named(rest, "lama-session-8766"); cookie && rest.find("lama-session-8766=" + *cookie) == rest.npos)
    __builtin_trap();
  host_rules rules{8766, {"lama.example:443"}};
  if (rules.allows_host(rest) && rest.size() > std::string_view{"lama.example:8766"}.size())
    __builtin_trap();
  if (host_rules::allows_origin(rest, "localhost:8766") && !rest.empty() && lower_case(rest) != "http://localhost:8766" &&
      lower_case(rest) != "https://localhost:8766")
    __builtin_trap();
  (void)accepts_encoding(rest, "br");
  if (media_type(rest).find(';') != std::string::npos)
    __builtin_trap();
  (void)bearer_token(rest);
  return 0;
}
