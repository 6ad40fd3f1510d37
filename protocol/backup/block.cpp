#include "protocol/backup/block.hpp"

#include "protocol/limits.hpp"

#include <zstd.h>

#include <memory>

namespace lama::protocol::backup {

namespace {

/// zstd's default: 200 MB/s here, and objects shrink to a third.
constexpr int level = 3;

const unsigned char* bytes_of(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}
unsigned char* bytes_of(std::string& x) {
  return reinterpret_cast<unsigned char*>(x.data());
}

lama::error damaged() {
  return fail(errc::corrupt, "The backup file is damaged: a block is not as it was written. Take another copy of the file.", damaged_file);
}

hash next_in_chain(const hash& before, std::string_view content) {
  sha256_stream digest;
  digest.update(before.raw());
  digest.update(content);
  return digest.finish();
}

} // namespace

std::size_t most_block_bytes() {
  return ZSTD_compressBound(limits::backup_block_bytes) + 5 + 64;
}

std::string compress(std::string_view plain) {
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  auto size = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), plain.data(), plain.size(), level);
  packed.resize(ZSTD_isError(size) ? 0 : size); // fails only without memory; the reader then refuses the block
  return packed;
}

result<std::string> decompress(std::string_view packed, std::size_t plain_bytes) {
  if (plain_bytes > limits::backup_block_bytes)
    return damaged();
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
  std::string plain(plain_bytes, '\0');
  auto size = ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) || size != plain_bytes)
    return damaged();
  return plain;
}

block_guard block_guard::begin(std::optional<seal_description>& seal, const std::optional<key32>& key) {
  block_guard made;
  made.sealed_ = seal && key;
  if (made.sealed_) {
    seal->stream.resize(crypto_secretstream_xchacha20poly1305_HEADERBYTES);
    crypto_secretstream_xchacha20poly1305_init_push(&made.stream_, bytes_of(seal->stream), key->data());
  }
  return made;
}

block_guard block_guard::open(const std::optional<seal_description>& seal, const std::optional<key32>& key) {
  block_guard made;
  made.sealed_ = seal && key;
  if (made.sealed_)
    crypto_secretstream_xchacha20poly1305_init_pull(&made.stream_, bytes_of(std::string_view{seal->stream}), key->data());
  return made;
}

block_guard::~block_guard() {
  sodium_memzero(&stream_, sizeof stream_);
}

std::string block_guard::protect(std::string_view content, bool last) {
  if (!sealed_) {
    chain_ = next_in_chain(chain_, content);
    return std::string{chain_.raw()}.append(content);
  }
  std::string block(content.size() + crypto_secretstream_xchacha20poly1305_ABYTES, '\0');
  auto tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
  crypto_secretstream_xchacha20poly1305_push(&stream_, bytes_of(block), nullptr, bytes_of(content), content.size(), chain_.bytes.data(), chain_.bytes.size(),
                                             static_cast<unsigned char>(tag));
  return block;
}

result<std::string> block_guard::check(std::string_view block, bool& last) {
  last = false;
  if (!sealed_) {
    auto told = hash::from_bytes(block.substr(0, 32));
    auto content = block.substr(std::min<std::size_t>(block.size(), 32));
    if (!told || next_in_chain(chain_, content) != *told)
      return damaged();
    chain_ = *told;
    last = !content.empty() && content.front() == static_cast<char>(block_kind::end);
    return std::string{content};
  }
  if (block.size() < crypto_secretstream_xchacha20poly1305_ABYTES)
    return damaged();
  std::string content(block.size() - crypto_secretstream_xchacha20poly1305_ABYTES, '\0');
  unsigned char tag = 0;
  if (crypto_secretstream_xchacha20poly1305_pull(&stream_, bytes_of(content), nullptr, &tag, bytes_of(block), block.size(), chain_.bytes.data(),
                                                 chain_.bytes.size()) != 0)
    return damaged();
  last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
  return content;
}

} // namespace lama::protocol::backup
