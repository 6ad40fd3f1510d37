#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace lama {

/// What went wrong, as a class of failures. The numbers are stable: they are logged, counted and sent.
enum class errc : uint16_t {
  bad_input = 1,    ///< what was given does not conform; giving it again will not help
  not_found = 2,    ///< no such object, head, user, conversation
  conflict = 3,     ///< exists already, or the state does not allow it now
  forbidden = 4,    ///< not granted, or refused by policy
  locked = 5,       ///< the keys are locked (log in), or the store is held by another process
  wrong_secret = 6, ///< a password, key or MAC does not fit
  corrupt = 7,      ///< stored bytes are not what their name or index says
  io_failure = 8,   ///< the disk or the socket failed
  no_space = 9,     ///< the disk is full
  too_large = 10,   ///< over a limit of protocol/limits.hpp
  unsupported = 11, ///< a newer version, an unknown type, a service that is not there
  overloaded = 12,  ///< a bounded queue is full; try again later
  offline = 13,     ///< the other side is not connected
  timeout = 14,     ///< no answer by the deadline
  cancelled = 15,   ///< given up by whoever asked
  internal = 99,    ///< a broken invariant
};

/// A failure as a value. `message` is for people: what failed, with which input, what to do.
/// `detail` is for programs: the peer's code where there is one ("O2M-RTYC1"), else empty.
struct error {
  errc code = errc::internal;
  std::string message;
  std::string detail;

  friend bool operator==(const error&, const error&) = default;
};

/// Nothing to tell but that it worked.
using done = std::monostate;

/// Either a value or an error; never throws by itself. `*x` and `x->` ask for a value that is there.
template <class T>
class [[nodiscard]] result {
public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {
    // nop
  }
  result(lama::error failure) : state_(std::in_place_index<1>, std::move(failure)) {
    // nop
  }

  explicit operator bool() const {
    return state_.index() == 0;
  }
  T& operator*() & {
    return std::get<0>(state_);
  }
  const T& operator*() const& {
    return std::get<0>(state_);
  }
  T&& operator*() && {
    return std::get<0>(std::move(state_));
  }
  T* operator->() {
    return &std::get<0>(state_);
  }
  const T* operator->() const {
    return &std::get<0>(state_);
  }
  const lama::error& failure() const& {
    return std::get<1>(state_);
  }
  lama::error&& failure() && {
    return std::get<1>(std::move(state_));
  }

private:
  std::variant<T, lama::error> state_;
};

inline error fail(errc code, std::string message, std::string detail = {}) {
  return {code, std::move(message), std::move(detail)};
}

/// "not_found", for logs and JSON.
const char* to_string(errc code);

/// Leaves the enclosing function with the error of `EXPR`, if it is one.
#define LAMA_CHECK(EXPR)                                                                                                                                       \
  do {                                                                                                                                                         \
    if (auto lama_checked = (EXPR); !lama_checked)                                                                                                             \
      return std::move(lama_checked).failure();                                                                                                                \
  } while (false)

/// Declares NAME with the value of EXPR, or leaves the enclosing function with its error.
#define LAMA_TRY(NAME, EXPR)                                                                                                                                   \
  auto NAME##_result = (EXPR);                                                                                                                                 \
  if (!NAME##_result)                                                                                                                                          \
    return std::move(NAME##_result).failure();                                                                                                                 \
  auto& NAME = *NAME##_result

} // namespace lama
