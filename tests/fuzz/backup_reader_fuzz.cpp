#include "protocol/backup/block.hpp"
#include "protocol/backup/file.hpp"

#include <cstdlib>

// A backup that reads to its end is written back to the same entries; whatever else there is, is refused as torn, damaged, newer or no backup.
// The first byte chooses how far the input gets: 0 as a file, 1 as a description, else as blocks that are well checked.

namespace {

using namespace lama;
using namespace lama::protocol::backup;

struct content {
  std::vector<std::pair<std::string, std::string>> entries;
  summary end;
};

byte_source bytes_from(std::string_view file) {
  return [file, at = std::size_t{0}](std::size_t most) mutable -> result<std::string> {
    auto piece = file.substr(at, most);
    at += piece.size();
    return std::string{piece};
  };
}

result<content> read_all(reader& from) {
  content all;
  for (;;) {
    LAMA_TRY(next, from.next());
    if (!next)
      break;
    all.entries.emplace_back(next->key, next->value);
  }
  all.end = from.end();
  return std::move(all);
}

void check_refusal(const error& why) {
  bool named = why.code == errc::corrupt ? why.detail == torn_file || why.detail == damaged_file
                                         : why.code == errc::bad_input || why.code == errc::unsupported || why.code == errc::wrong_secret;
  if (!named)
    std::abort();
}

void check_file(std::string_view file) {
  auto from = reader::open(bytes_from(file));
  if (!from)
    return check_refusal(from.failure());
  auto read = read_all(*from);
  if (!read)
    return check_refusal(read.failure());
  std::string again;
  auto to = writer::begin(from->description(), std::nullopt, [&](std::string_view bytes) -> result<done> {
    again += bytes;
    return done{};
  });
  for (const auto& [key, value] : read->entries)
    if (!to->add(key, value))
      std::abort();
  if (!to->finish(read->end.digest))
    std::abort();
  auto second = reader::open(bytes_from(again));
  auto reread = second ? read_all(*second) : result<content>{second.failure()};
  if (!reread || reread->entries != read->entries || reread->end != read->end)
    std::abort();
}

void append_u32(std::string& to, std::size_t x) {
  for (int shift = 0; shift < 32; shift += 8)
    to += static_cast<char>(x >> shift & 0xff);
}

/// As the writer makes it, with the input for blocks: two bytes of length before each.
std::string well_checked(std::string_view blocks) {
  header x;
  x.id = std::string(32, '0');
  x.side = "archive";
  auto text = text_of(x);
  std::string file{magic};
  append_u32(file, text.size());
  file += text;
  auto checksum = sha256(file);
  file += checksum.raw();
  std::optional<seal_description> seal;
  auto guard = block_guard::begin(seal, std::nullopt);
  guard.bind(checksum);
  while (blocks.size() > 2) {
    auto size = static_cast<std::size_t>(static_cast<unsigned char>(blocks[0])) << 8 | static_cast<unsigned char>(blocks[1]);
    auto block = guard.protect(blocks.substr(2, size), false);
    blocks.remove_prefix(std::min(blocks.size(), size + 2));
    append_u32(file, block.size());
    file += block;
  }
  return file;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  if (data[0] == 0) {
    check_file(input);
  } else if (data[0] == 1) {
    if (auto read = read_header_text(input)) {
      auto again = read_header_text(text_of(*read));
      if (!again || text_of(*again) != text_of(*read))
        std::abort();
    }
  } else {
    check_file(well_checked(input));
  }
  return 0;
}
