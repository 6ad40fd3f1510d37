#include "protocol/sync/wire.hpp"

#include "protocol/limits.hpp"

#include <bit>
#include <cmath>
#include <concepts>

namespace lama::protocol::sync {

namespace {

constexpr std::size_t batch_header_bytes = 1 + 8 + 8 + 4 + 1 + 4;
constexpr std::size_t store_id_characters = 64;
constexpr double largest_exact_number = 9007199254740991.0; // 2^53 - 1: the hello is JSON

template <std::unsigned_integral T>
void put(std::string& out, T x) {
  for (std::size_t i = 0; i < sizeof x; ++i)
    out.push_back(static_cast<char>((x >> (8 * i)) & 0xff));
}

/// Reads fixed-size little-endian fields; after the first shortfall it answers zeros and is not `ok`.
class reader {
public:
  explicit reader(std::string_view bytes) : rest_{bytes} {
    // nop
  }

  template <std::unsigned_integral T>
  T number() {
    auto raw = bytes(sizeof(T));
    T x = 0;
    for (std::size_t i = 0; i < raw.size(); ++i)
      x |= static_cast<T>(static_cast<T>(static_cast<uint8_t>(raw[i])) << (8 * i));
    return x;
  }
  hash name() {
    return hash::from_bytes(bytes(32)).value_or(hash{});
  }
  /// All zeros stand for none.
  std::optional<hash> optional_name() {
    auto x = name();
    return x == hash{} ? std::nullopt : std::optional{x};
  }
  std::string_view bytes(std::size_t count) {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      return {};
    }
    auto x = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return x;
  }
  bool ok() const {
    return ok_;
  }
  bool ended() const {
    return ok_ && rest_.empty();
  }

private:
  std::string_view rest_;
  bool ok_ = true;
};

error malformed(std::string what) {
  return fail(errc::bad_input, "The remote node sent a malformed sync message: " + std::move(what) + ".", "SYNC-FORM");
}

result<item> read_item(reader& in) {
  item x;
  auto kind = in.number<uint8_t>();
  if (kind < static_cast<uint8_t>(item_kind::object) || kind > static_cast<uint8_t>(item_kind::foreign_text))
    return malformed("unknown kind of item " + std::to_string(kind));
  x.kind = static_cast<item_kind>(kind);
  x.name = in.name();
  if (x.kind == item_kind::elsewhere || x.kind == item_kind::missing)
    return x;
  if (x.kind == item_kind::blob_piece) {
    x.total = in.number<uint64_t>();
    x.offset = in.number<uint64_t>();
  }
  x.bytes = in.bytes(in.number<uint32_t>());
  return x;
}

result<frame> read_batch(reader& in) {
  batch_frame x;
  x.number = in.number<uint64_t>();
  x.sequence = in.number<uint64_t>();
  x.request = in.number<uint32_t>();
  x.flags = in.number<uint8_t>();
  auto count = in.number<uint32_t>();
  if ((x.flags & ~batch_flags::all) != 0)
    return malformed("unknown flags");
  if (count > limits::sync_batch_items)
    return malformed(std::to_string(count) + " items in a batch");
  x.items.reserve(in.ok() ? count : 0);
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    LAMA_TRY(next, read_item(in));
    x.items.push_back(next);
  }
  return frame{std::move(x)};
}

result<frame> read_page(reader& in) {
  page_frame x;
  x.request = in.number<uint32_t>();
  x.what.id = in.name();
  x.what.before = in.optional_name();
  if (auto ms = in.number<uint64_t>(); ms != 0)
    x.what.before_ms = std::bit_cast<int64_t>(ms);
  x.what.count = in.number<uint32_t>();
  if (x.what.count == 0 || x.what.count > limits::sync_page_entries)
    return malformed("a page of " + std::to_string(x.what.count) + " entries");
  return frame{std::move(x)};
}

result<std::vector<hash>> read_names(reader& in) {
  auto count = in.number<uint16_t>();
  if (count == 0 || count > limits::sync_fetch_names)
    return malformed("a fetch of " + std::to_string(count) + " names");
  std::vector<hash> names;
  for (uint16_t i = 0; i < count && in.ok(); ++i)
    names.push_back(in.name());
  return names;
}

result<frame> read_fetch(reader& in) {
  fetch_frame x;
  x.request = in.number<uint32_t>();
  x.what.id = in.optional_name();
  x.what.via = in.optional_name();
  LAMA_TRY(names, read_names(in));
  x.what.names = std::move(names);
  return frame{std::move(x)};
}

result<frame> read_heal(reader& in) {
  heal_frame x;
  x.request = in.number<uint32_t>();
  LAMA_TRY(names, read_names(in));
  x.what.names = std::move(names);
  return frame{std::move(x)};
}

result<frame> read_refused(reader& in) {
  refused_frame x;
  x.request = in.number<uint32_t>();
  auto code = in.number<uint16_t>();
  // What a newer node may say besides these is a refusal all the same.
  x.code = code == static_cast<uint16_t>(errc::not_found) || code == static_cast<uint16_t>(errc::overloaded) ? static_cast<errc>(code) : errc::forbidden;
  return frame{x};
}

result<frame> read_body(frame_type type, reader& in) {
  switch (type) {
  case frame_type::batch:
    return read_batch(in);
  case frame_type::ack: {
    ack_frame x;
    x.number = in.number<uint64_t>();
    return frame{x};
  }
  case frame_type::page:
    return read_page(in);
  case frame_type::fetch:
    return read_fetch(in);
  case frame_type::refused:
    return read_refused(in);
  case frame_type::skip:
    return frame{skip_frame{in.name()}};
  case frame_type::restart:
    return frame{restart_frame{}};
  case frame_type::heal:
    return read_heal(in);
  }
  return malformed("unknown type " + std::to_string(static_cast<int>(type)));
}

void put_names(std::string& out, const std::vector<hash>& names) {
  put(out, static_cast<uint16_t>(names.size()));
  for (const auto& name : names)
    out += name.raw();
}

void put_optional(std::string& out, const std::optional<hash>& name) {
  out += name.value_or(hash{}).raw();
}

/// A whole number in [0, most] below `name`; nothing where it is something else.
std::optional<uint64_t> whole_number(const nlohmann::json& x, const char* name, double most) {
  auto i = x.find(name);
  if (i == x.end() || !i->is_number())
    return std::nullopt;
  auto number = i->get<double>();
  if (!(number >= 0 && number <= most) || std::floor(number) != number)
    return std::nullopt;
  return static_cast<uint64_t>(number);
}

std::optional<std::string> store_name(const nlohmann::json& x, const char* name) {
  auto i = x.find(name);
  if (i == x.end() || !i->is_string())
    return std::nullopt;
  const auto& text = i->get_ref<const std::string&>();
  return text.size() <= store_id_characters ? std::optional{text} : std::nullopt;
}

} // namespace

nlohmann::json write_hello(const hello& x) {
  return {{"version", x.version},      {"minimum", x.minimum},
          {"storeId", x.store_id},     {"resume", {{"storeId", x.resume.store}, {"sequence", x.resume.sequence}}},
          {"imports", x.imports},      {"entryWindow", x.entry_window},
          {"blobLimit", x.blob_limit}, {"types", x.types},
          {"heals", x.heals},          {"texts", x.texts}};
}

result<hello> read_hello(const nlohmann::json& arguments) {
  auto bad = [](const char* what) { return fail(errc::bad_input, std::string{"The remote node's hello is malformed: "} + what + ".", "SYNC-HELLO"); };
  if (!arguments.is_object())
    return bad("no object");
  auto version = whole_number(arguments, "version", 1e6);
  auto minimum = whole_number(arguments, "minimum", 1e6);
  if (!version || !minimum || *minimum > *version)
    return bad("versions");
  if (*version < extension_version || *minimum > extension_version)
    return fail(errc::unsupported, "The remote node speaks another version of the sync extension.", "SYNC-VERSION");
  auto store = store_name(arguments, "storeId");
  if (!store || store->empty())
    return bad("storeId");
  auto resume = arguments.find("resume");
  if (resume == arguments.end() || !resume->is_object())
    return bad("resume");
  auto resume_store = store_name(*resume, "storeId");
  auto sequence = whole_number(*resume, "sequence", largest_exact_number);
  auto window = whole_number(arguments, "entryWindow", static_cast<double>(limits::sync_list_entries));
  auto blobs = whole_number(arguments, "blobLimit", largest_exact_number);
  auto imports = arguments.find("imports");
  if (!resume_store || !sequence || !window || !blobs || imports == arguments.end() || !imports->is_boolean())
    return bad("a member is missing or out of range");
  hello x;
  x.version = static_cast<int>(*version);
  x.minimum = static_cast<int>(*minimum);
  x.store_id = std::move(*store);
  x.resume = {std::move(*resume_store), *sequence};
  x.imports = imports->get<bool>();
  x.entry_window = static_cast<uint32_t>(*window);
  x.blob_limit = *blobs;
  // Absent in the first nodes; what it lists beyond what we have ourselves says nothing to us.
  if (auto types = arguments.find("types"); types != arguments.end()) {
    if (!types->is_array() || types->size() > limits::sync_hello_types)
      return bad("types");
    for (const auto& type : *types)
      if (type.is_string() && type.get_ref<const std::string&>().size() <= limits::type_name_bytes)
        x.types.push_back(type.get<std::string>());
  }
  if (auto heals = arguments.find("heals"); heals != arguments.end()) { // absent in the first nodes
    if (!heals->is_boolean())
      return bad("heals");
    x.heals = heals->get<bool>();
  }
  if (auto texts = arguments.find("texts"); texts != arguments.end()) { // likewise
    if (!texts->is_boolean())
      return bad("texts");
    x.texts = texts->get<bool>();
  }
  return x;
}

result<frame> read_frame(std::string_view message) {
  if (message.size() > limits::sync_message_bytes)
    return malformed("over " + std::to_string(limits::sync_message_bytes) + " bytes");
  reader in{message};
  auto type = in.number<uint8_t>();
  LAMA_TRY(x, read_body(static_cast<frame_type>(type), in));
  if (!in.ended())
    return malformed(in.ok() ? "bytes behind its end" : "its end is missing");
  return std::move(x);
}

std::string write_frame(const frame& x) {
  std::string out;
  auto begin = [&](frame_type type) { put(out, static_cast<uint8_t>(type)); };
  if (auto* ack = std::get_if<ack_frame>(&x)) {
    begin(frame_type::ack);
    put(out, ack->number);
  } else if (auto* page = std::get_if<page_frame>(&x)) {
    begin(frame_type::page);
    put(out, page->request);
    out += page->what.id.raw();
    put_optional(out, page->what.before);
    put(out, std::bit_cast<uint64_t>(page->what.before_ms.value_or(0)));
    put(out, page->what.count);
  } else if (auto* fetch = std::get_if<fetch_frame>(&x)) {
    begin(frame_type::fetch);
    put(out, fetch->request);
    put_optional(out, fetch->what.id);
    put_optional(out, fetch->what.via);
    put_names(out, fetch->what.names);
  } else if (auto* refused = std::get_if<refused_frame>(&x)) {
    begin(frame_type::refused);
    put(out, refused->request);
    put(out, static_cast<uint16_t>(refused->code));
  } else if (auto* skip = std::get_if<skip_frame>(&x)) {
    begin(frame_type::skip);
    out += skip->blob.raw();
  } else if (std::holds_alternative<restart_frame>(x)) {
    begin(frame_type::restart);
  } else if (auto* heal = std::get_if<heal_frame>(&x)) {
    begin(frame_type::heal);
    put(out, heal->request);
    put_names(out, heal->what.names);
  }
  return out;
}

void batch_builder::begin_item(item_kind kind, const hash& name) {
  if (out_.empty()) {
    out_.reserve(limits::sync_batch_target_bytes + limits::blob_chunk_bytes);
    out_.resize(batch_header_bytes);
  }
  out_.push_back(static_cast<char>(kind));
  out_ += name.raw();
  ++count_;
}

void batch_builder::add(item_kind kind, const hash& name, std::string_view bytes) {
  begin_item(kind, name);
  if (kind == item_kind::elsewhere || kind == item_kind::missing)
    return;
  put(out_, static_cast<uint32_t>(bytes.size()));
  out_ += bytes;
}

void batch_builder::add_piece(const hash& name, uint64_t total, uint64_t offset, std::string_view bytes) {
  begin_item(item_kind::blob_piece, name);
  put(out_, total);
  put(out_, offset);
  put(out_, static_cast<uint32_t>(bytes.size()));
  out_ += bytes;
}

bool batch_builder::full() const {
  return out_.size() >= limits::sync_batch_target_bytes || count_ >= limits::sync_batch_items;
}

std::string batch_builder::finish(uint64_t number, uint64_t sequence, uint32_t request, uint8_t flags) {
  std::string header;
  put(header, static_cast<uint8_t>(frame_type::batch));
  put(header, number);
  put(header, sequence);
  put(header, request);
  put(header, flags);
  put(header, count_);
  if (out_.empty())
    out_.resize(batch_header_bytes);
  out_.replace(0, batch_header_bytes, header);
  count_ = 0;
  return std::exchange(out_, {});
}

} // namespace lama::protocol::sync
