#pragma once

#include "protocol/hash.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

/// The whole key space of a store: one-byte prefixes, binary names, big-endian numbers (so that byte order is numeric order).
///
/// | prefix | rest of the key                          | value                                        |
/// |--------|------------------------------------------|----------------------------------------------|
/// | b      | storage id (8), index (4)                | up to 64 KiB of a large blob                 |
/// | h      | id hash                                  | version node that is its head                |
/// | i      | target, type (2), sequence (8)           | id hash of an id object that refers to it    |
/// | l      | sequence of the first line (8)           | change log lines (record.hpp)                |
/// | m      | "schema", "totals"                       | version as text; counts (record.hpp)         |
/// | n      | name of a note                           | the note                                     |
/// | o      | hash                                     | header and bytes (record.hpp)                |
/// | q      | hash                                     | the damaged value that stood below `o`, or nothing |
/// | r      | target, type (2), sequence (8)           | object that refers to it                     |
/// | t      | type (2), sequence of the first name (8) | names, 32 bytes each, in the order of writing |
/// | u      | storage id (8)                           | nothing: a blob on its way in                |
/// | v      | id hash, version node                    | nothing: the node is history of that id      |
/// | y      | type (2)                                 | the type's name                              |
///
/// Log and type index are posting lists: what one commit adds is one value (or a few), not one key an object. An object so costs one
/// key of its own, and the bulk of a commit goes into the log file as it is.
namespace lama::storage {

/// Raised by every change of keys or values that an older program would misread.
inline constexpr uint32_t schema_version = 2;

/// Lines of the change log, and names of the type index, that one value holds at most: what a reader of one line must decode.
inline constexpr std::size_t lines_per_value = 256;

/// A key with room of its own: most are made for one look-up.
class key {
public:
  explicit key(char prefix) {
    bytes_[0] = prefix;
  }
  key& add(const hash& x) {
    std::memcpy(bytes_.data() + size_, x.bytes.data(), x.bytes.size());
    size_ += x.bytes.size();
    return *this;
  }
  template <class T>
  key& add(T number) {
    for (std::size_t i = sizeof(T); i-- > 0;)
      bytes_[size_++] = static_cast<char>(number >> (8 * i) & 0xff);
    return *this;
  }
  operator std::string_view() const {
    return {bytes_.data(), size_};
  }

private:
  std::array<char, 72> bytes_;
  std::size_t size_ = 1;
};

namespace keys {

inline key object(const hash& name) {
  return key{'o'}.add(name);
}
inline key quarantined(const hash& name) {
  return key{'q'}.add(name);
}
inline key head(const hash& id) {
  return key{'h'}.add(id);
}
inline key history(const hash& id, const hash& node) {
  return key{'v'}.add(id).add(node);
}
inline key referrers(const hash& target, uint16_t type) {
  return key{'r'}.add(target).add(type);
}
inline key referrer(const hash& target, uint16_t type, uint64_t sequence) {
  return referrers(target, type).add(sequence);
}
inline key referring_ids(const hash& target, uint16_t type) {
  return key{'i'}.add(target).add(type);
}
inline key referring_id(const hash& target, uint16_t type, uint64_t sequence) {
  return referring_ids(target, type).add(sequence);
}
inline key log(uint64_t first_sequence) {
  return key{'l'}.add(first_sequence);
}
inline key names_of_type(uint16_t type) {
  return key{'t'}.add(type);
}
inline key names_of_type(uint16_t type, uint64_t first_sequence) {
  return names_of_type(type).add(first_sequence);
}
inline key type_name(uint16_t type) {
  return key{'y'}.add(type);
}
inline key chunks(uint64_t storage) {
  return key{'b'}.add(storage);
}
inline key chunk(uint64_t storage, uint32_t index) {
  return chunks(storage).add(index);
}
inline key upload(uint64_t storage) {
  return key{'u'}.add(storage);
}
inline std::string note(std::string_view name) {
  return std::string{'n'}.append(name);
}
inline constexpr std::string_view schema = "mschema";
inline constexpr std::string_view totals = "mtotals";

} // namespace keys

/// Reads keys and values piece by piece; `ok` turns false for good where something is missing.
class piece_reader {
public:
  explicit piece_reader(std::string_view from) : rest_(from) {
    // nop
  }
  uint64_t number(std::size_t bytes);
  uint64_t varint();
  hash name();

  bool ok() const {
    return ok_;
  }
  bool at_end() const {
    return rest_.empty();
  }
  std::string_view rest() const {
    return rest_;
  }

private:
  std::string_view rest_;
  bool ok_ = true;
};

void append_varint(std::string& to, uint64_t x);

} // namespace lama::storage
