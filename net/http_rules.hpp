#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the UI port decides by a request's head alone: pure functions.
namespace lama::net {

/// The exact Host values that are answered: a page of another site that points its own name here (DNS rebinding) sends its own name.
class host_rules {
public:
  /// `hosts` as in `http_server::allow_hosts`.
  host_rules(uint16_t port, const std::vector<std::string>& hosts);

  bool allows_host(std::string_view host) const;
  /// Absent (not sent by a browser's script) or this very host, by http or https.
  static bool allows_origin(std::string_view origin, std::string_view host);
  /// What a browser says of where a request comes from (Fetch Metadata): other sites, and other ports of this host, may link to the page and no more.
  /// `site`, `mode` as in Sec-Fetch-Site and Sec-Fetch-Mode; empty: not a browser, or an old one.
  static bool allows_fetch(std::string_view site, std::string_view mode, bool is_page);

private:
  std::vector<std::string> allowed_; ///< lower case
};

/// One range of RFC 9110 §14. Whatever is not one well-formed range of bytes means all of it.
struct byte_range {
  enum class kinds : uint8_t { all, part, unsatisfiable };
  kinds kind = kinds::all;
  uint64_t offset = 0;
  uint64_t length = 0;
};
byte_range parse_range(std::string_view header, uint64_t size);

/// The path of a request target, percent-decoded; nothing where it is not an absolute path, or holds "..", '\\', or control characters, encoded or not.
std::optional<std::string> decode_path(std::string_view target);

/// One parameter of a request target's query, percent-decoded; nothing where it is not there, or not decodable.
std::optional<std::string> query_parameter(std::string_view target, std::string_view name);

/// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type);

/// The token of "Bearer TOKEN" (any case of the scheme); empty: none.
std::string bearer_token(std::string_view authorization);

/// Does Accept-Encoding name the encoding, and not with q=0?
bool accepts_encoding(std::string_view header, std::string_view encoding);

/// The content of one cookie of a Cookie header; nothing where it is not there.
std::optional<std::string> cookie_named(std::string_view header, std::string_view name);

std::string lower_case(std::string_view text);

} // namespace lama::net
