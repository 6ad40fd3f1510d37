#include "protocol/result.hpp"

namespace lama {

const char* to_string(errc code) {
  switch (code) {
  case errc::bad_input:
    return "bad_input";
  case errc::not_found:
    return "not_found";
  case errc::conflict:
    return "conflict";
  case errc::forbidden:
    return "forbidden";
  case errc::locked:
    return "locked";
  case errc::wrong_secret:
    return "wrong_secret";
  case errc::corrupt:
    return "corrupt";
  case errc::io_failure:
    return "io_failure";
  case errc::no_space:
    return "no_space";
  case errc::too_large:
    return "too_large";
  case errc::unsupported:
    return "unsupported";
  case errc::overloaded:
    return "overloaded";
  case errc::offline:
    return "offline";
  case errc::timeout:
    return "timeout";
  case errc::cancelled:
    return "cancelled";
  case errc::internal:
    return "internal";
  }
  return "internal";
}

} // namespace lama
