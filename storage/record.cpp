#include "storage/record.hpp"

#include "protocol/limits.hpp"

#include <utility>

namespace lama::storage {

namespace {

constexpr uint8_t kind_bits = 0x0f;
constexpr uint8_t has_id = 0x10;
constexpr uint8_t has_own_index = 0x20; ///< of records: `indexed` is not `sequence`
constexpr uint64_t most_types = UINT16_MAX;

} // namespace

uint64_t piece_reader::number(std::size_t bytes) {
  if (rest_.size() < bytes) {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  uint64_t x = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    x = x << 8 | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(bytes);
  return x;
}

uint64_t piece_reader::varint() {
  uint64_t x = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    auto byte = number(1);
    // One number has one form: the shortest, of 64 bits at most.
    if (!ok_ || (byte == 0 && shift > 0) || (shift == 63 && byte > 1))
      break;
    x |= (byte & 0x7f) << shift;
    if (byte < 0x80)
      return x;
  }
  ok_ = false;
  return 0;
}

hash piece_reader::name() {
  if (auto x = hash::from_bytes(rest_.substr(0, 32))) {
    rest_.remove_prefix(32);
    return *x;
  }
  ok_ = false;
  rest_ = {};
  return {};
}

void append_varint(std::string& to, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    to += static_cast<char>(x | 0x80);
  to += static_cast<char>(x);
}

uint64_t chunked_content::chunks() const {
  return (size + limits::blob_chunk_bytes - 1) / limits::blob_chunk_bytes;
}

std::string stored_record::take_payload() && {
  bytes.erase(0, payload_at);
  return std::move(bytes);
}

std::optional<chunked_content> stored_record::chunked() const {
  piece_reader in{payload()};
  chunked_content x;
  x.size = in.varint();
  x.storage = in.varint();
  auto sound = in.ok() && in.at_end() && x.size <= limits::blob_bytes; // bounds every loop over the pieces
  return head.kind == record_kind::chunked_blob && sound ? std::optional{x} : std::nullopt;
}

uint64_t stored_record::size() const {
  if (auto content = chunked())
    return content->size;
  return payload().size();
}

std::string encode(const record_head& head, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 48);
  auto flags = (head.id ? has_id : 0) | (head.indexed != head.sequence ? has_own_index : 0);
  out += static_cast<char>(static_cast<uint8_t>(head.kind) | flags);
  append_varint(out, head.type);
  append_varint(out, head.sequence);
  if (head.indexed != head.sequence)
    append_varint(out, head.indexed);
  if (head.id)
    out += head.id->raw();
  return out += payload;
}

std::string encode(const chunked_content& content) {
  std::string out;
  append_varint(out, content.size);
  append_varint(out, content.storage);
  return out;
}

std::optional<stored_record> decode_record(std::string bytes) {
  piece_reader in{bytes};
  auto first = static_cast<uint8_t>(in.number(1));
  stored_record x;
  x.head.kind = static_cast<record_kind>(first & kind_bits);
  auto type = in.varint();
  x.head.type = static_cast<uint16_t>(type);
  x.head.sequence = in.varint();
  x.head.indexed = first & has_own_index ? in.varint() : x.head.sequence;
  if (first & has_id)
    x.head.id = in.name();
  auto known_flags = (first & ~(kind_bits | has_id | has_own_index)) == 0 && !(first & has_own_index && x.head.indexed == x.head.sequence);
  if (!in.ok() || !known_flags || type > most_types || x.head.kind < record_kind::object || x.head.kind > record_kind::lost)
    return std::nullopt;
  x.payload_at = bytes.size() - in.rest().size();
  x.bytes = std::move(bytes);
  if (x.head.kind == record_kind::chunked_blob && !x.chunked())
    return std::nullopt;
  return x;
}

void append_line(std::string& to, const log_line& line) {
  to += static_cast<char>(static_cast<uint8_t>(line.kind) | (line.id ? has_id : 0));
  append_varint(to, line.type);
  if (line.kind != change_kind::id_object)
    to += line.name.raw();
  if (line.id)
    to += line.id->raw();
}

std::optional<std::vector<log_line>> decode_lines(std::string_view value) {
  std::vector<log_line> lines;
  for (piece_reader in{value}; !in.at_end();) {
    auto first = static_cast<uint8_t>(in.number(1));
    log_line line;
    line.kind = static_cast<change_kind>(first & kind_bits);
    auto type = in.varint();
    line.type = static_cast<uint16_t>(type);
    if (line.kind != change_kind::id_object)
      line.name = in.name();
    if (first & has_id)
      line.id = in.name();
    auto known_flags = (first & ~(kind_bits | has_id)) == 0;
    auto needs_id = line.kind == change_kind::id_object || line.kind == change_kind::head;
    if (!in.ok() || !known_flags || type > most_types || line.kind < change_kind::object || line.kind > change_kind::blob || (needs_id && !line.id))
      return std::nullopt;
    lines.push_back(line);
  }
  return lines;
}

void totals::count(record_kind kind, uint64_t size) {
  objects += kind == record_kind::object;
  id_objects += kind == record_kind::id_object;
  blobs += kind == record_kind::blob || kind == record_kind::chunked_blob;
  bytes += kind == record_kind::elsewhere || kind == record_kind::lost ? 0 : size;
  lost += kind == record_kind::lost;
}

void totals::discount(record_kind kind, uint64_t size) {
  objects -= kind == record_kind::object;
  id_objects -= kind == record_kind::id_object;
  blobs -= kind == record_kind::blob || kind == record_kind::chunked_blob;
  bytes -= kind == record_kind::elsewhere || kind == record_kind::lost ? 0 : size;
  lost -= kind == record_kind::lost;
}

std::string encode(const totals& x) {
  std::string out;
  for (auto number : {x.last_sequence, x.objects, x.id_objects, x.blobs, x.bytes, x.lost})
    append_varint(out, number);
  return out;
}

std::optional<totals> decode_totals(std::string_view value, uint32_t schema) {
  piece_reader in{value};
  totals x;
  for (auto* number : {&x.last_sequence, &x.objects, &x.id_objects, &x.blobs, &x.bytes})
    *number = in.varint();
  if (schema > 1)
    x.lost = in.varint();
  return in.ok() && in.at_end() ? std::optional{x} : std::nullopt;
}

} // namespace lama::storage
