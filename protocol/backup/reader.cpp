#include "protocol/backup/block.hpp"
#include "protocol/backup/file.hpp"
#include "protocol/limits.hpp"

#include <utility>

namespace lama::protocol::backup {

namespace {

lama::error torn() {
  return fail(errc::corrupt, "The backup file is torn: it ends before its end. Was the copy interrupted, the disk full? Take another copy of the file.",
              torn_file);
}
lama::error damaged(const char* what) {
  return fail(errc::corrupt, std::string{"The backup file is damaged: "} + what + ". Take another copy of the file.", damaged_file);
}

uint32_t u32_at(std::string_view from) {
  uint32_t x = 0;
  for (int i = 3; i >= 0; --i)
    x = x << 8 | static_cast<unsigned char>(from[static_cast<std::size_t>(i)]);
  return x;
}

/// A length and as many bytes; nothing where they are not there.
std::optional<std::string_view> take_piece(std::string_view& from) {
  if (from.size() < 4 || from.size() - 4 < u32_at(from))
    return std::nullopt;
  auto piece = from.substr(4, u32_at(from));
  from.remove_prefix(4 + piece.size());
  return piece;
}

} // namespace

struct reader::state {
  byte_source source;
  header description{};
  hash header_checksum{};
  std::optional<block_guard> guard{};
  std::string plain{};     ///< of the present block
  std::string_view rest{}; ///< of it
  bool ended = false;
  summary told{};
  summary counted{};

  /// All of `count` bytes, or as many as there are.
  result<std::string> read(std::size_t count) {
    std::string bytes;
    while (bytes.size() < count) {
      LAMA_TRY(piece, source(count - bytes.size()));
      if (piece.empty())
        break;
      bytes += piece;
    }
    return bytes;
  }
  result<std::string> read_all_of(std::size_t count) {
    LAMA_TRY(bytes, read(count));
    if (bytes.size() < count)
      return torn();
    return std::move(bytes);
  }

  result<done> read_header() {
    LAMA_TRY(start, read(magic.size() + 4));
    if (!start.starts_with(magic.substr(0, start.size())) || start.empty())
      return fail(errc::bad_input, "This is no backup of lama.");
    if (start.size() < magic.size() + 4)
      return torn();
    auto length = u32_at(std::string_view{start}.substr(magic.size()));
    if (length > limits::backup_header_bytes)
      return damaged("its description is too long");
    LAMA_TRY(text, read_all_of(length + 32));
    auto checksum = sha256(start.append(text, 0, length));
    if (checksum.raw() != std::string_view{text}.substr(length))
      return damaged("its description is not as it was written");
    LAMA_TRY(read, read_header_text(std::string_view{text}.substr(0, length)));
    description = std::move(read);
    header_checksum = checksum;
    return done{};
  }

  void start_blocks(const std::optional<key32>& key) {
    guard = block_guard::open(description.seal, key);
    guard->bind(header_checksum);
  }

  result<done> read_block() {
    LAMA_TRY(length, read_all_of(4));
    if (u32_at(length) > most_block_bytes())
      return damaged("a block is too long");
    LAMA_TRY(block, read_all_of(u32_at(length)));
    bool last = false;
    LAMA_TRY(content, guard->check(block, last));
    auto kind = content.empty() ? char{} : content.front();
    if (kind == static_cast<char>(block_kind::end) && last)
      return read_end(std::string_view{content}.substr(1));
    if (kind != static_cast<char>(block_kind::entries) || last || content.size() < 5)
      return damaged("a block is of no known kind");
    LAMA_TRY(unpacked, decompress(std::string_view{content}.substr(5), u32_at(std::string_view{content}.substr(1))));
    plain = std::move(unpacked);
    rest = plain;
    return done{};
  }

  result<done> read_end(std::string_view text) {
    LAMA_TRY(read, read_summary_text(text));
    told = read;
    ended = true;
    if (counted.entries != told.entries || counted.bytes != told.bytes)
      return damaged("it holds not as much as it says");
    LAMA_TRY(more, source(1));
    return more.empty() ? result<done>{done{}} : damaged("something follows its end");
  }
};

reader::reader(std::unique_ptr<state> made) : state_(std::move(made)) {
  // nop
}
reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;
reader::~reader() = default;

result<reader> reader::open(byte_source source) {
  reader made{std::make_unique<state>(state{std::move(source)})};
  LAMA_CHECK(made.state_->read_header());
  return made;
}

const header& reader::description() const {
  return state_->description;
}

result<done> reader::unseal(const unsealer& how) {
  std::optional<key32> key;
  if (state_->description.seal) {
    LAMA_TRY(found, how(*state_->description.seal));
    key = found;
  }
  state_->start_blocks(key);
  return done{};
}

result<std::optional<reader::entry>> reader::next() {
  auto& x = *state_;
  if (!x.guard && x.description.seal)
    return fail(errc::wrong_secret, "The backup is sealed; it needs its passphrase.");
  if (!x.guard)
    x.start_blocks(std::nullopt);
  // An empty block costs as much of the file as it costs us, so that this ends.
  while (x.rest.empty() && !x.ended)
    LAMA_CHECK(x.read_block());
  if (x.rest.empty())
    return std::optional<entry>{};
  auto key = take_piece(x.rest);
  auto value = key ? take_piece(x.rest) : std::nullopt;
  if (!value || key->empty() || key->size() > limits::backup_key_bytes)
    return damaged("an entry is cut off");
  ++x.counted.entries;
  x.counted.bytes += key->size() + value->size();
  return std::optional{entry{*key, *value}};
}

const summary& reader::end() const {
  return state_->told;
}

} // namespace lama::protocol::backup
