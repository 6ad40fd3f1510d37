#include "storage/table_format.hpp"

#include "storage/keys.hpp"

#include <leveldb/comparator.h>
#include <leveldb/env.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/table.h>

#include <algorithm>
#include <memory>

namespace lama::storage {

namespace {

constexpr uint64_t magic = 0xdb4775248b80fb57;
constexpr std::size_t trailer_of_key = 8;

void append_number(std::string& to, uint64_t x, int bytes) {
  for (int i = 0; i < bytes; ++i)
    to.push_back(static_cast<char>(x >> (8 * i)));
}

uint64_t key_number(std::string_view key) {
  uint64_t x = 0;
  for (std::size_t i = 0; i < trailer_of_key; ++i)
    x |= static_cast<uint64_t>(static_cast<unsigned char>(key[key.size() - trailer_of_key + i])) << (8 * i);
  return x;
}

std::string_view user_key(std::string_view key) {
  return key.substr(0, key.size() - trailer_of_key);
}

class file_in_memory final : public leveldb::RandomAccessFile {
public:
  explicit file_in_memory(std::string_view bytes) : bytes_(bytes) {
    // nop
  }
  leveldb::Status Read(uint64_t offset, std::size_t n, leveldb::Slice* result, char*) const override {
    auto piece = bytes_.substr(std::min<uint64_t>(offset, bytes_.size()), n);
    *result = {piece.data(), piece.size()};
    return leveldb::Status::OK();
  }

private:
  std::string_view bytes_;
};

} // namespace

uint32_t number_at(std::string_view bytes, std::size_t at) {
  uint32_t x = 0;
  for (std::size_t i = 0; i < 4; ++i)
    x |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return x;
}

std::string encode(const block_handle& x) {
  std::string bytes;
  append_varint(bytes, x.offset);
  append_varint(bytes, x.size);
  return bytes;
}

std::optional<block_handle> decode_handle(std::string_view bytes) {
  piece_reader in{bytes};
  block_handle x;
  x.offset = in.varint();
  x.size = in.varint();
  // Far beyond any file, so that sums do not overflow.
  constexpr auto most = uint64_t{1} << 48;
  if (!in.ok() || !in.at_end() || x.offset > most || x.size > most)
    return std::nullopt;
  return x;
}

/// LevelDB itself reads it: as the only block of a table that is made around it.
std::vector<table_entry> entries_of(std::string_view table, const block_handle& where) {
  std::string bytes{table.substr(where.offset, where.size + block_trailer_bytes)};
  block_writer index;
  index.add("", encode({0, where.size}));
  auto index_at = append_block(bytes, index.finish());
  auto meta_at = append_block(bytes, block_writer{}.finish());
  bytes += footer(meta_at, index_at);
  file_in_memory file{bytes};
  leveldb::Options options;
  options.paranoid_checks = true;
  leveldb::Table* opened = nullptr;
  auto status = leveldb::Table::Open(options, &file, bytes.size(), &opened);
  std::unique_ptr<leveldb::Table> held{opened};
  if (!status.ok())
    return {};
  std::vector<table_entry> entries;
  std::unique_ptr<leveldb::Iterator> i{held->NewIterator({})};
  for (i->SeekToFirst(); i->Valid(); i->Next())
    entries.push_back({i->key().ToString(), i->value().ToString()});
  return i->status().ok() ? entries : std::vector<table_entry>{};
}

bool is_internal_key(std::string_view key) {
  return key.size() >= trailer_of_key && (key_number(key) & 0xFF) <= 1;
}

bool comes_before(std::string_view a, std::string_view b) {
  auto order = user_key(a).compare(user_key(b));
  return order != 0 ? order < 0 : key_number(a) > key_number(b);
}

std::string key_between(std::string_view a, std::string_view b) {
  auto from = user_key(a);
  auto to = user_key(b);
  std::string shorter{from};
  leveldb::BytewiseComparator()->FindShortestSeparator(&shorter, {to.data(), to.size()});
  if (shorter.size() >= from.size() || shorter <= from)
    return std::string{a};
  append_number(shorter, UINT64_MAX << 8 | 1, trailer_of_key); // before all that was ever written of that key
  return shorter;
}

void block_writer::add(std::string_view key, std::string_view value) {
  starts_.push_back(bytes_.size());
  append_varint(bytes_, 0); // nothing of the key before
  append_varint(bytes_, key.size());
  append_varint(bytes_, value.size());
  bytes_.append(key).append(value);
}

std::string block_writer::finish() {
  if (starts_.empty())
    starts_.push_back(0);
  for (auto start : starts_)
    append_number(bytes_, start, 4);
  append_number(bytes_, starts_.size(), 4);
  return std::move(bytes_);
}

block_handle append_block(std::string& table, std::string_view block) {
  block_handle where{table.size(), block.size()};
  crc32c crc;
  crc.process_bytes(block.data(), block.size());
  crc.process_byte(0);
  table.append(block).push_back('\0'); // not compressed
  append_number(table, masked(crc), 4);
  return where;
}

std::string footer(const block_handle& meta_index, const block_handle& index) {
  auto bytes = encode(meta_index) + encode(index);
  bytes.resize(footer_bytes - sizeof(magic));
  append_number(bytes, magic, sizeof(magic));
  return bytes;
}

} // namespace lama::storage
