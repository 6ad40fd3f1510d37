#pragma once

#include "storage/keys.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The values below the keys of keys.hpp.
namespace lama::storage {

enum class record_kind : uint8_t {
  object = 1,
  id_object = 2,
  blob = 3,         ///< blob or clob, its bytes follow
  chunked_blob = 4, ///< its bytes stand in chunks: `chunked_content` follows
  elsewhere = 5,    ///< known, but not here
  lost = 6,         ///< was here; what stood here was damaged, and is in quarantine (keys.hpp, `q`)
};

struct record_head {
  record_kind kind = record_kind::object;
  uint16_t type = 0;      ///< number of the type; 0 for what has none
  uint64_t sequence = 0;  ///< the line of the change log that tells of it
  uint64_t indexed = 0;   ///< the line whose number stands in the indexes: an older one where the object was evicted and came back
  std::optional<hash> id; ///< of versioned objects

  bool here() const {
    return kind != record_kind::elsewhere && kind != record_kind::lost;
  }
  bool is_text() const {
    return kind == record_kind::object || kind == record_kind::id_object;
  }
};

struct chunked_content {
  uint64_t size = 0;
  uint64_t storage = 0; ///< chunks keep the number of their upload, so that nothing is copied when the hash is known

  uint64_t chunks() const;
};

/// A value below `o`, as read.
struct stored_record {
  record_head head;
  std::string bytes;
  std::size_t payload_at = 0;

  std::string_view payload() const {
    return std::string_view{bytes}.substr(payload_at);
  }
  std::string take_payload() &&;
  /// Of chunked blobs.
  std::optional<chunked_content> chunked() const;
  uint64_t size() const;
};

std::string encode(const record_head& head, std::string_view payload);
std::string encode(const chunked_content& content);
/// Nothing for bytes that `encode` never made.
std::optional<stored_record> decode_record(std::string bytes);

/// A line of the change log, its type as a number.
struct log_line {
  change_kind kind = change_kind::object;
  uint16_t type = 0;
  hash name{};
  std::optional<hash> id; ///< for id objects and heads always, for objects where they are versioned
  bool listed = false;    ///< not stored: a name for the type index

  /// What the type index lists.
  const hash& listed_name() const {
    return id ? *id : name;
  }
};

void append_line(std::string& to, const log_line& line);
/// All lines of a value; nothing where it is damaged.
std::optional<std::vector<log_line>> decode_lines(std::string_view value);

struct totals {
  uint64_t last_sequence = 0;
  uint64_t objects = 0;
  uint64_t id_objects = 0;
  uint64_t blobs = 0;
  uint64_t bytes = 0; ///< of all of them, without headers and indexes
  uint64_t lost = 0;  ///< since schema 2

  void count(record_kind kind, uint64_t size);
  void discount(record_kind kind, uint64_t size);
  friend bool operator==(const totals&, const totals&) = default;
};

std::string encode(const totals& x);
std::optional<totals> decode_totals(std::string_view value, uint32_t schema = schema_version);

} // namespace lama::storage
