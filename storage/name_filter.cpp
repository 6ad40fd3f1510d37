#include "storage/name_filter.hpp"

#include "storage/database.hpp"

#include <algorithm>
#include <cstring>

namespace lama::storage {

namespace {

constexpr std::size_t first_layer_names = 64u << 10;
constexpr std::size_t layer_growth = 4;
constexpr std::size_t bits_per_name = 12;
constexpr std::size_t block_bits = 512;
constexpr int probes = 6;
constexpr int probe_bits = 9; // 512 = 2 ^ 9
/// An odd number without pattern (the golden ratio's fraction), as for Fibonacci hashing.
constexpr uint64_t spread = 0x9E3779B97F4A7C15;

std::size_t block_of(uint64_t fingerprint, std::size_t blocks) {
  return static_cast<std::size_t>((fingerprint >> 32) * blocks >> 32);
}

/// Calls `each` with a word of the block and a mask for every probe, until it answers false.
template <class F>
bool each_probe(uint64_t fingerprint, F each) {
  auto bits = fingerprint * spread;
  bits ^= bits >> 29; // the upper half chose the block
  for (int i = 0; i < probes; ++i, bits >>= probe_bits)
    if (!each(bits >> 6 & 7, uint64_t{1} << (bits & 63)))
      return false;
  return true;
}

class put_reader final : public leveldb::WriteBatch::Handler {
public:
  void Put(const leveldb::Slice& key, const leveldb::Slice&) override {
    if (name_filter::covers(view_of(key)))
      found.push_back(name_filter::fingerprint(view_of(key)));
  }
  void Delete(const leveldb::Slice&) override {
    // nop
  }
  std::vector<uint64_t> found;
};

} // namespace

bool name_filter::covers(std::string_view key) {
  return key.size() >= 33 && (key[0] == 'o' || key[0] == 'h' || key[0] == 'v');
}

uint64_t name_filter::fingerprint(std::string_view key) {
  uint64_t end = 0;
  std::memcpy(&end, key.data() + key.size() - sizeof end, sizeof end);
  return (end ^ static_cast<unsigned char>(key[0])) * spread;
}

bool name_filter::may_hold(std::string_view key) const {
  if (!complete_ || !covers(key))
    return true;
  auto x = fingerprint(key);
  std::lock_guard guard{mutex_};
  return std::ranges::any_of(layers_, [x](const layer& one) {
    const auto& bits = one.blocks[block_of(x, one.blocks.size())];
    return each_probe(x, [&](std::size_t word, uint64_t mask) { return (bits[word] & mask) != 0; });
  });
}

void name_filter::add(const leveldb::WriteBatch& batch) {
  put_reader reader;
  batch.Iterate(&reader);
  add(reader.found);
}

void name_filter::add(const std::vector<uint64_t>& fingerprints) {
  std::lock_guard guard{mutex_};
  for (auto x : fingerprints)
    put(x);
}

void name_filter::put(uint64_t fingerprint) {
  if (layers_.empty() || layers_.back().room == 0) {
    auto names = layers_.empty() ? first_layer_names : layers_.back().blocks.size() * block_bits / bits_per_name * layer_growth;
    layers_.push_back({std::vector<block>(names * bits_per_name / block_bits), names});
  }
  auto& newest = layers_.back();
  --newest.room;
  auto& bits = newest.blocks[block_of(fingerprint, newest.blocks.size())];
  each_probe(fingerprint, [&](std::size_t word, uint64_t mask) { return bits[word] |= mask, true; });
}

void name_filter::complete() {
  complete_ = true;
}

} // namespace lama::storage
