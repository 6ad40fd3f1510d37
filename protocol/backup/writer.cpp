#include "protocol/backup/block.hpp"
#include "protocol/backup/file.hpp"
#include "protocol/limits.hpp"

#include <utility>

namespace lama::protocol::backup {

namespace {

/// A block is closed at this size: enough for zstd to find what repeats, little to lose.
constexpr std::size_t block_target = 512u << 10;

void append_u32(std::string& to, std::size_t x) {
  for (int shift = 0; shift < 32; shift += 8)
    to += static_cast<char>(x >> shift & 0xff);
}

} // namespace

struct writer::state {
  state(header x, const std::optional<key32>& key, byte_sink to)
      : description(std::move(x)), guard(block_guard::begin(description.seal, key)), sink(std::move(to)) {
    // nop
  }

  result<done> write_header() {
    auto text = text_of(description);
    std::string out{magic};
    append_u32(out, text.size());
    out += text;
    auto checksum = sha256(out);
    guard.bind(checksum);
    out += checksum.raw();
    return sink(out);
  }

  result<done> write_block(std::string_view content, bool last) {
    auto block = guard.protect(content, last);
    std::string length;
    append_u32(length, block.size());
    LAMA_CHECK(sink(length));
    return sink(block);
  }

  result<done> close_block() {
    if (waiting.empty())
      return done{};
    std::string content(1, static_cast<char>(block_kind::entries));
    append_u32(content, waiting.size());
    content += compress(waiting);
    waiting.clear();
    return write_block(content, false);
  }

  header description;
  block_guard guard;
  byte_sink sink;
  std::string waiting;
  summary told;
};

writer::writer(std::unique_ptr<state> made) : state_(std::move(made)) {
  // nop
}
writer::writer(writer&&) noexcept = default;
writer::~writer() = default;

result<writer> writer::begin(header description, const std::optional<key32>& key, byte_sink sink) {
  if (description.seal.has_value() != key.has_value())
    return fail(errc::internal, "A sealed backup needs a key, and no other has one.");
  writer made{std::make_unique<state>(std::move(description), key, std::move(sink))};
  LAMA_CHECK(made.state_->write_header());
  return made;
}

result<done> writer::add(std::string_view key, std::string_view value) {
  auto& x = *state_;
  auto size = key.size() + value.size() + 8;
  if (key.empty() || key.size() > limits::backup_key_bytes || size > limits::backup_block_bytes)
    return fail(errc::too_large, "A value of " + std::to_string(value.size()) + " bytes is too long for a backup.");
  if (x.waiting.size() + size > limits::backup_block_bytes)
    LAMA_CHECK(x.close_block());
  append_u32(x.waiting, key.size());
  x.waiting += key;
  append_u32(x.waiting, value.size());
  x.waiting += value;
  ++x.told.entries;
  x.told.bytes += key.size() + value.size();
  return x.waiting.size() >= block_target ? x.close_block() : result<done>{done{}};
}

result<summary> writer::finish(const hash& digest) {
  LAMA_CHECK(state_->close_block());
  state_->told.digest = digest;
  LAMA_CHECK(state_->write_block(std::string(1, static_cast<char>(block_kind::end)) + text_of(state_->told), true));
  return state_->told;
}

} // namespace lama::protocol::backup
