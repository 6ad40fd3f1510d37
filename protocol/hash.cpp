#include "protocol/hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace lama {

namespace {

constexpr char digits[] = "0123456789abcdef";

const EVP_MD* fetched_sha256() {
  static const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

struct context_owner {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~context_owner() {
    EVP_MD_CTX_free(context);
  }
};

/// Of each byte the value as a digit of [0-9a-f]; 0x80 for what is none. Looked up: a store reads some millions of hashes a second.
constexpr auto digit_values = [] {
  std::array<uint8_t, 256> values{};
  for (auto& x : values)
    x = 0x80;
  for (uint8_t i = 0; i < 16; ++i)
    values[static_cast<unsigned char>(digits[i])] = i;
  return values;
}();

uint8_t value_of(char digit) {
  return digit_values[static_cast<unsigned char>(digit)];
}

} // namespace

std::optional<hash> hash::from_hex(std::string_view text) {
  if (text.size() != 64)
    return std::nullopt;
  hash x;
  unsigned wrong = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    unsigned high = value_of(text[2 * i]);
    unsigned low = value_of(text[2 * i + 1]);
    wrong |= high | low;
    x.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return wrong > 15 ? std::nullopt : std::optional{x};
}

std::optional<hash> hash::from_bytes(std::string_view raw) {
  hash x;
  if (raw.size() != x.bytes.size())
    return std::nullopt;
  std::memcpy(x.bytes.data(), raw.data(), raw.size());
  return x;
}

std::string hash::hex() const {
  return to_hex(raw());
}

hash sha256(std::string_view bytes) {
  thread_local context_owner owner;
  hash x;
  unsigned length = 0;
  // These calls fail only where OpenSSL has no memory or no SHA-256; there is no way on from either.
  if (EVP_DigestInit_ex2(owner.context, fetched_sha256(), nullptr) != 1 || EVP_DigestUpdate(owner.context, bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(owner.context, x.bytes.data(), &length) != 1)
    std::abort();
  return x;
}

sha256_stream::sha256_stream() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_), fetched_sha256(), nullptr) != 1)
    std::abort();
}

sha256_stream::~sha256_stream() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

sha256_stream::sha256_stream(sha256_stream&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {
  // nop
}

sha256_stream& sha256_stream::operator=(sha256_stream&& other) noexcept {
  std::swap(context_, other.context_);
  return *this;
}

void sha256_stream::update(std::string_view bytes) {
  if (EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) != 1)
    std::abort();
}

hash sha256_stream::finish() {
  hash x;
  unsigned length = 0;
  if (EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), x.bytes.data(), &length) != 1)
    std::abort();
  return x;
}

std::string to_hex(std::string_view bytes) {
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    text[2 * i] = digits[byte >> 4];
    text[2 * i + 1] = digits[byte & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    return std::nullopt;
  std::string bytes(text.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; };
    unsigned high = value_of(lower(text[2 * i]));
    unsigned low = value_of(lower(text[2 * i + 1]));
    if ((high | low) > 15)
      return std::nullopt;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  return bytes;
}

} // namespace lama
