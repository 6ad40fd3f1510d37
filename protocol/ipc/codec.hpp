#pragma once

#include "protocol/hash.hpp"
#include "protocol/limits.hpp"
#include "protocol/result.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Bytes of the bridge's messages, through the `inspect` functions that the actors' messages have anyway, by a reader that trusts nothing
/// (why not CAF's: design notes "bytes into messages": hostile counts, unchecked enums and bools, unnoticed trailing bytes).
///
///   template <class Inspector>
///   typename Inspector::result_type inspect(Inspector& f, store_object& x) { return f(caf::meta::type_name("store_object"), x.type, x.text); }
///
/// Encoding, the only one that is accepted for a value: unsigned integers as LEB128 of minimal length (one byte types as they are), signed ones zigzag before
/// that, bool and optional's head 0 or 1, floating point as IEEE little-endian, enums as their underlying type, strings and vectors with their count first,
/// maps with strictly ascending keys, hashes and arrays without a count, structs as their fields in a row. What `inspect` passes besides fields is skipped;
/// CAF's load and save callbacks are not called.
namespace lama::protocol::ipc {

/// Arguments of `f(…)` that are no fields. To be specialised where CAF may be named:
///   template <class T> requires std::derived_from<T, caf::meta::annotation> struct is_annotation<T> : std::true_type {};
template <class T>
struct is_annotation : std::bool_constant<std::is_class_v<T> && std::is_empty_v<T>> {};

/// Which numbers are values of an enum: `bool is_valid(E)` found beside E, or a specialisation of this. There is no default: an unknown number is no value.
template <class E>
struct enum_check {
  static bool valid(E value) requires requires {
    { is_valid(value) } -> std::same_as<bool>;
  }
  { return is_valid(value); }
};

template <>
struct enum_check<errc> {
  static bool valid(errc value) {
    return value == errc::internal || (value >= errc::bad_input && value <= errc::cancelled);
  }
};

/// Fields of the top-level struct that even the oldest peer sends: `static constexpr std::size_t required_fields` in T, else none.
template <class T>
constexpr std::size_t required_fields() {
  if constexpr (requires { T::required_fields; })
    return T::required_fields;
  else
    return 0;
}

/// What one message may become, besides its own length.
struct budget {
  std::size_t items = limits::ipc_items;        ///< elements of all containers together
  std::size_t bytes = limits::ipc_memory_bytes; ///< memory of all elements and strings together
};

namespace detail {

template <class T>
struct is_vector : std::false_type {};
template <class T, class A>
struct is_vector<std::vector<T, A>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class K, class V, class C, class A>
struct is_map<std::map<K, V, C, A>> : std::true_type {};
template <class T>
struct is_pair : std::false_type {};
template <class A, class B>
struct is_pair<std::pair<A, B>> : std::true_type {};
template <class T>
struct is_array : std::false_type {};
template <class T, std::size_t N>
struct is_array<std::array<T, N>> : std::true_type {};

template <class T>
concept byte_sized = std::integral<T> && sizeof(T) == 1;

template <std::signed_integral T>
constexpr uint64_t zigzag(T value) {
  auto wide = static_cast<int64_t>(value);
  return (static_cast<uint64_t>(wide) << 1) ^ static_cast<uint64_t>(wide >> 63);
}
constexpr int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

} // namespace detail

/// An inspector that appends to a string.
class writer {
public:
  using result_type = bool;

  /// `fields`: only so many fields of the top-level struct are written, for a peer that knows no more.
  explicit writer(std::string& out, std::size_t fields = std::numeric_limits<std::size_t>::max()) : out_(out), fields_(fields) {
    // nop
  }

  template <class... Ts>
  bool operator()(Ts&&... arguments) {
    (argument(arguments), ...);
    return true;
  }

  template <class T>
  void value(const T& x) {
    if constexpr (std::same_as<T, bool>) {
      out_ += x ? '\1' : '\0';
    } else if constexpr (std::is_enum_v<T>) {
      value(static_cast<std::underlying_type_t<T>>(x));
    } else if constexpr (detail::byte_sized<T>) {
      out_ += static_cast<char>(x);
    } else if constexpr (std::unsigned_integral<T>) {
      varint(x);
    } else if constexpr (std::signed_integral<T>) {
      varint(detail::zigzag(x));
    } else if constexpr (std::same_as<T, double>) {
      fixed(std::bit_cast<uint64_t>(x));
    } else if constexpr (std::same_as<T, float>) {
      fixed(std::bit_cast<uint32_t>(x));
    } else if constexpr (std::same_as<T, std::string>) {
      varint(x.size());
      out_ += x;
    } else if constexpr (std::same_as<T, hash>) {
      out_ += x.raw();
    } else if constexpr (detail::is_optional<T>::value) {
      value(x.has_value());
      if (x)
        value(*x);
    } else if constexpr (detail::is_vector<T>::value || detail::is_map<T>::value) {
      varint(x.size());
      for (const auto& item : x)
        value(item);
    } else if constexpr (detail::is_array<T>::value) {
      for (const auto& item : x)
        value(item);
    } else if constexpr (detail::is_pair<T>::value) {
      value(x.first);
      value(x.second);
    } else {
      ++depth_;
      inspect(*this, const_cast<T&>(x)); // the one `inspect` serves readers too; a writer changes nothing
      --depth_;
    }
  }

private:
  template <class T>
  void argument(const T& x) {
    if constexpr (!is_annotation<T>::value) {
      auto top_level = depth_ == 1;
      if (top_level && written_++ >= fields_)
        return;
      value(x);
    }
  }

  void varint(uint64_t x) {
    for (; x >= 0x80; x >>= 7)
      out_ += static_cast<char>(x | 0x80);
    out_ += static_cast<char>(x);
  }

  template <std::unsigned_integral T>
  void fixed(T x) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      out_ += static_cast<char>(x >> (8 * i));
  }

  std::string& out_;
  std::size_t fields_;
  std::size_t written_ = 0;
  std::size_t depth_ = 0;
};

/// An inspector that takes fields from bytes. After the first fault it reads nothing more, and says where and why.
class reader {
public:
  using result_type = bool;

  explicit reader(std::string_view bytes, budget left = {}) : bytes_(bytes), left_(left) {
    // nop
  }

  template <class... Ts>
  bool operator()(Ts&&... arguments) {
    return (argument(arguments) && ...);
  }

  template <class T>
  bool value(T& x) {
    if constexpr (std::same_as<T, bool>) {
      return flag(x);
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      if (!value(number))
        return false;
      x = static_cast<T>(number);
      return enum_check<T>::valid(x) || refuse("a number that the enum does not have");
    } else if constexpr (detail::byte_sized<T>) {
      if (bytes_.size() == position_)
        return refuse("it ends within a number");
      x = static_cast<T>(bytes_[position_++]);
      return true;
    } else if constexpr (std::unsigned_integral<T>) {
      uint64_t number = 0;
      if (!varint(number))
        return false;
      x = static_cast<T>(number);
      return number <= std::numeric_limits<T>::max() || refuse("a number that is too large");
    } else if constexpr (std::signed_integral<T>) {
      uint64_t number = 0;
      if (!varint(number))
        return false;
      auto wide = detail::unzigzag(number);
      x = static_cast<T>(wide);
      return std::in_range<T>(wide) || refuse("a number that is too large");
    } else if constexpr (std::same_as<T, double>) {
      uint64_t bits = 0;
      return fixed(bits) && (x = std::bit_cast<double>(bits), true);
    } else if constexpr (std::same_as<T, float>) {
      uint32_t bits = 0;
      return fixed(bits) && (x = std::bit_cast<float>(bits), true);
    } else if constexpr (std::same_as<T, std::string>) {
      return text(x);
    } else if constexpr (std::same_as<T, hash>) {
      std::string_view raw;
      return take(32, raw) && (x = *hash::from_bytes(raw), true);
    } else if constexpr (detail::is_optional<T>::value) {
      bool present = false;
      x.reset();
      return flag(present) && (!present || value(x.emplace()));
    } else if constexpr (detail::is_vector<T>::value) {
      return list(x);
    } else if constexpr (detail::is_map<T>::value) {
      return map(x);
    } else if constexpr (detail::is_array<T>::value) {
      for (auto& item : x)
        if (!value(item))
          return false;
      return true;
    } else if constexpr (detail::is_pair<T>::value) {
      return value(x.first) && value(x.second);
    } else {
      ++depth_;
      inspect(*this, x);
      --depth_;
      return fault_ == nullptr;
    }
  }

  /// All of it was read, and nothing was wrong.
  bool finished() {
    return fault_ == nullptr && (position_ == bytes_.size() || refuse("bytes after its end"));
  }
  /// Fields of the top-level struct that were there.
  std::size_t fields() const {
    return fields_;
  }
  std::size_t position() const {
    return position_;
  }
  /// bad_input with the place.
  error failure() const {
    return fail(errc::bad_input, "The message is refused at byte " + std::to_string(position_) + ": " + (fault_ ? fault_ : "nothing is wrong") + ".");
  }

private:
  template <class T>
  bool argument(T& x) {
    if constexpr (is_annotation<std::remove_const_t<T>>::value) {
      return fault_ == nullptr;
    } else {
      if (fault_)
        return false;
      if (depth_ == 1) {
        if (position_ == bytes_.size())
          return true; // an older peer: what it does not know stays at its default
        ++fields_;
      }
      return value(x);
    }
  }

  bool refuse(const char* why) {
    if (!fault_)
      fault_ = why;
    return false;
  }

  bool flag(bool& x) {
    if (bytes_.size() == position_)
      return refuse("it ends within a flag");
    auto byte = static_cast<uint8_t>(bytes_[position_]);
    if (byte > 1)
      return refuse("a flag that is neither 0 nor 1");
    ++position_;
    x = byte == 1;
    return true;
  }

  bool take(uint64_t count, std::string_view& raw) {
    if (count > bytes_.size() - position_)
      return refuse("it ends within a value");
    raw = bytes_.substr(position_, count);
    position_ += count;
    return true;
  }

  bool varint(uint64_t& x) {
    x = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.size() == position_)
        return refuse("it ends within a number");
      auto byte = static_cast<uint8_t>(bytes_[position_++]);
      auto last = byte < 0x80;
      if ((shift == 63 && byte > 1) || (last && byte == 0 && shift > 0))
        return refuse("a number that is not in its shortest form");
      x |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (last)
        return true;
    }
    return refuse("a number that is too large");
  }

  template <std::unsigned_integral T>
  bool fixed(T& x) {
    std::string_view raw;
    if (!take(sizeof(T), raw))
      return false;
    x = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      x |= static_cast<T>(static_cast<T>(static_cast<uint8_t>(raw[i])) << (8 * i));
    return true;
  }

  bool spend(std::size_t items, std::size_t bytes) {
    if (items > left_.items || bytes > left_.bytes)
      return refuse("more than a message may hold");
    left_.items -= items;
    left_.bytes -= bytes;
    return true;
  }

  bool text(std::string& x) {
    uint64_t count = 0;
    std::string_view raw;
    if (!varint(count) || !take(count, raw) || !spend(0, raw.size()))
      return false;
    x.assign(raw);
    return true;
  }

  /// Grows with what is really there: each element is paid for before it is made.
  template <class T>
  bool list(T& x) {
    uint64_t count = 0;
    x.clear();
    if (!varint(count))
      return false;
    if (count > left_.items)
      return refuse("more than a message may hold");
    for (uint64_t i = 0; i < count; ++i)
      if (!spend(1, sizeof(typename T::value_type)) || !value(x.emplace_back()))
        return false;
    return true;
  }

  template <class T>
  bool map(T& x) {
    uint64_t count = 0;
    x.clear();
    if (!varint(count))
      return false;
    if (count > left_.items)
      return refuse("more than a message may hold");
    for (uint64_t i = 0; i < count; ++i) {
      typename T::key_type key{};
      if (!spend(1, sizeof(typename T::value_type)) || !value(key))
        return false;
      if (!x.empty() && !x.key_comp()(x.rbegin()->first, key))
        return refuse("keys that do not ascend");
      if (!value(x.emplace_hint(x.end(), std::move(key), typename T::mapped_type{})->second))
        return false;
    }
    return true;
  }

  std::string_view bytes_;
  budget left_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  std::size_t fields_ = 0;
  const char* fault_ = nullptr;
};

/// A whole message as bytes. `fields` as in `writer`.
template <class T>
std::string encode(const T& x, std::size_t fields = std::numeric_limits<std::size_t>::max()) {
  std::string bytes;
  writer{bytes, fields}.value(x);
  return bytes;
}

/// A whole message from bytes: all of them, or bad_input with the place. `encode(x, fields)` gives the same bytes again.
template <class T>
result<T> decode(std::string_view bytes, budget allowed = {}, std::size_t* fields = nullptr) {
  T x{};
  reader from{bytes, allowed};
  if (!from.value(x) || !from.finished())
    return from.failure();
  if (from.fields() < required_fields<T>())
    return fail(errc::bad_input, "The message is refused: it has " + std::to_string(from.fields()) + " of the " + std::to_string(required_fields<T>()) +
                                     " fields that it needs.");
  if (fields)
    *fields = from.fields();
  return x;
}

} // namespace lama::protocol::ipc
