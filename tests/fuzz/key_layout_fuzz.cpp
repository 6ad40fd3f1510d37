#include "storage/kept_texts.hpp"
#include "storage/record.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

// What stands in a store is damaged sometimes: whatever is decoded writes back to the same bytes, so that no two values mean the same, and
// everything else is refused (storage/keys.hpp, storage/record.hpp). The first byte says which value it is.
namespace {

using namespace lama::storage;

void must_be(bool fact) {
  if (!fact)
    std::abort();
}

void try_record(std::string_view bytes) {
  auto found = decode_record(std::string{bytes});
  if (!found)
    return;
  must_be(encode(found->head, found->payload()) == bytes);
  must_be(found->payload_at <= bytes.size());
  if (auto content = found->chunked()) {
    must_be(encode(*content) == found->payload());
    must_be(found->size() == content->size);
  } else {
    must_be(found->size() == found->payload().size());
  }
}

void try_lines(std::string_view bytes) {
  auto lines = decode_lines(bytes);
  if (!lines)
    return;
  std::string again;
  for (const auto& line : *lines)
    append_line(again, line);
  must_be(again == bytes);
}

void try_totals(std::string_view bytes, uint32_t schema) {
  auto found = decode_totals(bytes, schema);
  if (!found)
    return;
  auto again = encode(*found);
  must_be(schema == 1 ? again == std::string{bytes} + '\0' : again == bytes);
}

void try_kept_texts(std::string_view bytes) {
  if (auto mark = decode_text_mark(bytes))
    must_be(encode(*mark) == bytes);
  if (auto sum = decode_kept_texts(bytes))
    must_be(encode(*sum) == bytes);
  if (auto type = type_of_text_note(bytes))
    must_be(text_note(*type, lama::hash{}).size() == bytes.size());
}

/// Keys of lists: prefix, type, sequence.
void try_key(std::string_view bytes) {
  if (bytes.empty())
    return;
  piece_reader in{bytes.substr(1)};
  auto type = static_cast<uint16_t>(in.number(2));
  auto sequence = in.number(8);
  must_be(in.ok() == (bytes.size() >= 11));
  if (in.ok() && in.at_end() && bytes.front() == 't')
    must_be(std::string_view{keys::names_of_type(type, sequence)} == bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (bytes.empty())
    return 0;
  auto which = bytes.front() % 6;
  bytes.remove_prefix(1);
  if (which == 0)
    try_record(bytes);
  else if (which == 1)
    try_lines(bytes);
  else if (which == 2 || which == 3)
    try_totals(bytes, which == 2 ? 2 : 1);
  else if (which == 4)
    try_key(bytes);
  else
    try_kept_texts(bytes);
  return 0;
}
