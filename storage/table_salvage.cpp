#include "storage/table_salvage.hpp"

#include "storage/files.hpp"
#include "storage/table_format.hpp"

#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/table.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace lama::storage {

namespace {

struct found_block {
  block_handle where;
  std::string first; ///< internal keys
  std::string last;
};

/// In the order that LevelDB keeps; or nothing, where they are not keys of a table.
bool in_order(const std::vector<table_entry>& entries, std::string_view after) {
  for (const auto& x : entries) {
    if (!is_internal_key(x.key) || (!after.empty() && !comes_before(after, x.key)))
      return false;
    after = x.key;
  }
  return !entries.empty();
}

/// Its values are the places of the blocks before it.
bool is_index(const std::vector<table_entry>& entries, const std::vector<found_block>& blocks, std::size_t at) {
  auto next = blocks.begin();
  for (const auto& x : entries) {
    auto where = decode_handle(x.value);
    if (!where || where->end() > at)
      return false;
    if (next != blocks.end() && *where == next->where)
      ++next;
  }
  return next == blocks.end();
}

/// The first entry has nothing of a key before it, and a key of 8 to 127 bytes; where the block is compressed, that is the first literal of Snappy's.
bool may_begin_block(std::string_view x) {
  auto byte = [&](std::size_t i) { return i < x.size() ? static_cast<unsigned char>(x[i]) : 255u; };
  auto is_entry = [&](std::size_t i) { return byte(i) == 0 && byte(i + 1) >= 8 && byte(i + 1) < 128; };
  if (is_entry(0))
    return true;
  std::size_t i = 0; // behind the length
  while (i < 4 && byte(i) >= 128)
    ++i;
  auto tag = byte(++i);
  auto length = tag >> 2;
  return tag % 4 == 0 && is_entry(i + 1 + (length < 60 ? 0 : length - 59));
}

class salvage {
public:
  explicit salvage(std::string_view table) : table_(table) {
    // nop
  }

  std::optional<mended_table> run() {
    while (!ended_ && at_ < table_.size())
      take(block_at(at_, table_.size()));
    if (blocks_.empty())
      return std::nullopt;
    return write();
  }

private:
  /// The first end of a block that begins at `at`: where the checksum of all before it stands. Nothing within `most` bytes.
  std::optional<block_handle> block_at(std::size_t at, std::size_t most) {
    crc32c crc;
    auto end = at + std::min({most, table_.size() - at, steps_left_});
    steps_left_ -= end - at;
    for (auto i = at; i + block_trailer_bytes <= end; ++i) {
      crc.process_byte(static_cast<unsigned char>(table_[i])); // here perhaps the byte that says how a block is compressed
      if (static_cast<unsigned char>(table_[i]) <= last_compression && masked(crc) == number_at(table_, i + 1))
        return block_handle{at, i - at};
    }
    return std::nullopt;
  }

  /// Behind what is no block.
  std::optional<block_handle> next_block(std::size_t from) {
    auto end = std::min(table_.size(), from + salvage_gap_bytes);
    for (auto at = from; at < end; ++at)
      if (may_begin_block(table_.substr(at, 16)))
        if (auto found = block_at(at, salvage_block_bytes))
          return found;
    return std::nullopt;
  }

  void take(std::optional<block_handle> found) {
    auto gap = at_;
    if (!found)
      found = next_block(at_ + 1);
    if (!found) {
      ended_ = true;
      return;
    }
    at_ = found->end();
    auto entries = entries_of(table_, *found);
    if (entries.empty() || is_index(entries, blocks_, found->offset)) {
      ended_ = !entries.empty() || !blocks_.empty(); // filter or index: no data stands behind
      return;
    }
    if (!in_order(entries, blocks_.empty() ? std::string_view{} : blocks_.back().last))
      return;
    skipped_ += found->offset - gap;
    blocks_.push_back({*found, entries.front().key, entries.back().key});
  }

  std::optional<mended_table> write() const {
    auto data_end = blocks_.back().where.end();
    std::string bytes{table_.substr(0, data_end)};
    block_writer index;
    for (std::size_t i = 0; i < blocks_.size(); ++i)
      index.add(i + 1 < blocks_.size() ? key_between(blocks_[i].last, blocks_[i + 1].first) : blocks_[i].last, encode(blocks_[i].where));
    auto index_at = append_block(bytes, index.finish());
    auto meta_at = append_block(bytes, block_writer{}.finish());
    if (bytes.size() + footer_bytes > table_.size())
      return std::nullopt;
    bytes.resize(table_.size() - footer_bytes);
    bytes += footer(meta_at, index_at);
    return mended_table{std::move(bytes), blocks_.size(), skipped_};
  }

  std::string_view table_;
  std::size_t at_ = 0;
  std::size_t skipped_ = 0;
  std::size_t steps_left_ = salvage_steps;
  bool ended_ = false;
  std::vector<found_block> blocks_;
};

/// The bytes of a table of which LevelDB cannot read index or footer; nothing where it can, or where the file cannot be read at all.
std::optional<std::string> read_damaged_table(const std::filesystem::path& name, const store_options& options) {
  auto& env = env_of(options);
  uint64_t size = 0;
  leveldb::RandomAccessFile* opened = nullptr;
  if (!env.GetFileSize(name.string(), &size).ok() || !env.NewRandomAccessFile(name.string(), &opened).ok())
    return std::nullopt;
  std::unique_ptr<leveldb::RandomAccessFile> file{opened};
  leveldb::Options checked;
  checked.paranoid_checks = true;
  leveldb::Table* table = nullptr;
  auto status = leveldb::Table::Open(checked, file.get(), size, &table);
  delete table;
  std::string bytes;
  if (!status.IsCorruption() || !leveldb::ReadFileToString(&env, name.string(), &bytes).ok())
    return std::nullopt;
  return bytes;
}

} // namespace

std::optional<mended_table> mend_table(std::string_view table) {
  return salvage{table}.run();
}

result<std::vector<std::string>> mend_tables(const std::filesystem::path& folder, const store_options& options) {
  std::vector<std::string> told;
  for (const auto& name : names_in(folder, options)) {
    if (!name.ends_with(".ldb") && !name.ends_with(".sst"))
      continue;
    auto damaged = read_damaged_table(folder / name, options);
    auto mended = damaged ? mend_table(*damaged) : std::nullopt;
    if (!mended)
      continue;
    LAMA_CHECK(make_folder(folder / "lost", options));
    LAMA_CHECK(copy_file(folder / name, folder / "lost" / name, options));
    LAMA_CHECK(replace_file(folder / name, mended->bytes, options));
    told.push_back("The index of the table " + name + " was damaged: " + std::to_string(mended->blocks) + " blocks were found without it.");
  }
  return told;
}

} // namespace lama::storage
