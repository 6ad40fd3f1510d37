#pragma once

#include "protocol/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lama::net {

/// SCHEME://HOST[:PORT][/PATH][?QUERY], taken apart. No user info, no fragment.
struct url {
  std::string host; ///< a name or an address, without brackets
  uint16_t port = 0;
  std::string target; ///< path and query as given; "/" where there is none

  /// As it stands in the Host header: brackets around IPv6, no default port.
  std::string authority(uint16_t default_port = 80) const;
};

/// bad_input with the text and what is expected. At most 2048 bytes.
result<url> parse_url(std::string_view text, std::string_view scheme, uint16_t default_port = 80);

} // namespace lama::net
