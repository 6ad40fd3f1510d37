#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lama {

/// SHA-256 of an object's text, an id object's text or a blob: its name (docs/protocol/01 §2). Text form: 64 lower-case hex digits.
struct hash {
  std::array<uint8_t, 32> bytes{};

  /// Nothing but 64 characters of [0-9a-f] is a hash.
  static std::optional<hash> from_hex(std::string_view text);
  /// The 32 bytes as they stand in keys and frames; nothing where there are not 32.
  static std::optional<hash> from_bytes(std::string_view raw);

  std::string hex() const;
  std::string_view raw() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  friend auto operator<=>(const hash&, const hash&) = default;
};

/// Through one fetched digest and one context a thread (docs/decisions, performance).
hash sha256(std::string_view bytes);

/// SHA-256 over pieces, for blobs that are never held whole.
class sha256_stream {
public:
  sha256_stream();
  ~sha256_stream();
  sha256_stream(sha256_stream&&) noexcept;
  sha256_stream& operator=(sha256_stream&&) noexcept;

  void update(std::string_view bytes);
  hash finish();

private:
  void* context_; // EVP_MD_CTX
};

std::string to_hex(std::string_view bytes);
/// Any case; nothing where it is not an even number of hex digits.
std::optional<std::string> from_hex(std::string_view text);

} // namespace lama

template <>
struct std::hash<lama::hash> {
  std::size_t operator()(const lama::hash& x) const noexcept {
    std::size_t first;
    std::memcpy(&first, x.bytes.data(), sizeof first);
    return first;
  }
};
