#include "protocol/chum/exporter.hpp"

#include <algorithm>

namespace lama::protocol::chum {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Length of the character that `first` begins; 0 where nothing does.
std::size_t character_length(unsigned char first) {
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    return 2;
  if (first >= 0xE0 && first <= 0xEF)
    return 3;
  if (first >= 0xF0 && first <= 0xF4)
    return 4;
  return 0;
}

/// May `second` follow `first`? Shuts out overlong forms, surrogates and what is beyond U+10FFFF.
bool is_second_byte(unsigned char first, unsigned char second) {
  switch (first) {
  case 0xE0:
    return second >= 0xA0 && second <= 0xBF;
  case 0xED:
    return second >= 0x80 && second <= 0x9F;
  case 0xF0:
    return second >= 0x90 && second <= 0xBF;
  case 0xF4:
    return second >= 0x80 && second <= 0x8F;
  default:
    return second >= 0x80 && second <= 0xBF;
  }
}

/// How many bytes from `at` on belong to the character there as far as they are given and fit.
std::size_t fitting_bytes(std::string_view bytes, std::size_t at, std::size_t length) {
  auto first = static_cast<unsigned char>(bytes[at]);
  std::size_t count = 1;
  for (; count < length && at + count < bytes.size(); ++count) {
    auto next = static_cast<unsigned char>(bytes[at + count]);
    if (count == 1 ? !is_second_byte(first, next) : (next & 0xC0) != 0x80)
      break;
  }
  return count;
}

remote_error to_remote(const error& failure) {
  auto is_missing_file = failure.detail == "SB-READ2";
  return {is_missing_file ? "FileNotFoundError" : "Error", failure.message, failure.detail};
}

remote_error refusal(std::string_view code, std::string_view what, const hash& name) {
  std::string message{code};
  message += ": Unauthorized, ";
  message += what;
  message += ' ';
  message += name.hex();
  return {"Error", std::move(message), std::string{code}};
}

/// As JavaScript would print the argument, shortened.
std::string printed(const json& args, std::size_t index) {
  if (index >= args.size() || is_undefined(args[index]))
    return "undefined";
  auto text = args[index].is_string() ? args[index].get<std::string>() : args[index].dump(-1, ' ', false, json::error_handler_t::replace);
  // Cut where no character is split.
  auto end = std::min<std::size_t>(text.size(), 100);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end);
}

} // namespace

std::string take_text(std::string& bytes, bool is_last) {
  std::string out;
  out.reserve(bytes.size());
  std::size_t at = 0;
  while (at < bytes.size()) {
    auto length = character_length(static_cast<unsigned char>(bytes[at]));
    auto count = length == 0 ? 1 : fitting_bytes(bytes, at, length);
    if (count < length && at + count == bytes.size() && !is_last)
      break;
    if (count == length)
      out.append(bytes, at, count);
    else
      out += replacement;
    at += count;
  }
  bytes.erase(0, at);
  return out;
}

std::optional<uint64_t> small_blobs::size_of(const hash& name) const {
  auto bytes = from_.read(name);
  return bytes ? std::optional<uint64_t>{bytes->size()} : std::nullopt;
}

result<std::string> small_blobs::read_range(const hash& name, uint64_t offset, std::size_t length) const {
  auto bytes = from_.read(name);
  if (!bytes)
    return fail(errc::not_found, "There is no blob " + name.hex() + ".");
  return offset < bytes->size() ? bytes->substr(offset, length) : std::string{};
}

exporter::exporter(exporter_options options, std::shared_ptr<announced_hashes> announced)
    : options_(std::move(options)), announced_(std::move(announced)), cache_(options_.cache_bytes) {
  // nop
}

bool exporter::serves(int64_t service) const {
  return !finished_ && ((service >= service::protocol_version && service <= service::accessible_roots) ||
                        (service >= service::object_children && service <= service::blob) || service == service::fin);
}

void exporter::handle(const request_received& request, const object_source& from, request_layer& layer) {
  if (!serves(request.service)) {
    layer.answer_unknown(request.id, request.service);
    return;
  }
  switch (request.service) {
  case service::protocol_version:
    layer.answer(request.id, 8);
    return;
  case service::accessible_roots:
    answer_roots(request.id, from, layer);
    return;
  case service::fin:
    finished_ = true;
    layer.answer_undefined(request.id);
    return;
  default:
    break;
  }
  auto name = !request.args.empty() && request.args[0].is_string() ? hash::from_hex(request.args[0].get_ref<const std::string&>()) : std::nullopt;
  if (!name) {
    layer.answer_error(request.id, {"Error", "UTC-EHASH: Value \"" + printed(request.args, 0) + "\" is not a SHA-256 hash", "UTC-EHASH"});
    return;
  }
  switch (request.service) {
  case service::object_children:
  case service::id_object_children:
    answer_children(request.id, *name, request.service == service::id_object_children, from, layer);
    return;
  case service::object:
  case service::id_object:
    answer_object(request.id, *name, request.service == service::id_object, from, layer);
    return;
  default:
    open_stream(request, *name, layer);
  }
}

void exporter::answer_roots(int64_t id, const object_source& from, request_layer& layer) {
  auto found = accessible_roots(from, options_.remote, &clean_roots_);
  for (const auto& entry : found.roots) {
    announced_->insert(entry.name);
    if (entry.type == root_type::versioned)
      announced_->insert(entry.id);
  }
  earlier_edges_ = std::move(edges_);
  edges_ = std::move(found.edges);
  layer.answer_text(id, write_roots(found.roots));
}

void exporter::answer_children(int64_t id, const hash& name, bool is_id_object, const object_source& from, request_layer& layer) {
  if (!announced_->contains(name)) {
    layer.answer_error(id, is_id_object ? refusal("CES-GIDOC1", "id-obj children for", name) : refusal("CES-GOC1", "obj children for", name));
    return;
  }
  // Only lists that were sent in this session are here, so their entries are announced.
  if (const auto* list = cache_.find(name)) {
    layer.answer_text(id, *list);
    return;
  }
  const auto* edge = is_id_object ? nullptr : edge_text(name);
  auto children = children_of(from, name, is_id_object, edge ? std::optional<std::string_view>{*edge} : std::nullopt);
  if (!children) {
    layer.answer_error(id, to_remote(children.failure()));
    return;
  }
  for (const auto& entry : children->entries)
    announced_->insert(entry.name);
  auto list = write_children(children->entries);
  layer.answer_text(id, list);
  if (!children->is_partial)
    cache_.add(name, std::move(list));
}

void exporter::answer_object(int64_t id, const hash& name, bool is_id_object, const object_source& from, request_layer& layer) {
  if (!announced_->contains(name)) {
    layer.answer_error(id, is_id_object ? refusal("CES-GIDO1", "id-obj", name) : refusal("CES-GO1", "obj", name));
    return;
  }
  const auto* edge = is_id_object ? nullptr : edge_text(name);
  auto text = edge ? std::optional<std::string>{*edge} : from.read(name);
  if (!text && !from.contains(name)) {
    layer.answer_error(id, {"FileNotFoundError", "SB-READ2: File not found: " + name.hex() + " [objects]", "SB-READ2"});
    return;
  }
  auto expected = is_id_object ? content_kind::id_object : content_kind::object;
  if (!text || classify(*text).kind != expected) {
    std::string code = is_id_object ? "CES-GIDO2" : "CES-GO2";
    layer.answer_error(id, {"Error", code + ": Requested file " + name.hex() + " is not a ONE microdata object", code});
    return;
  }
  ++(is_id_object ? sent_.id_objects : sent_.objects);
  sent_.bytes += text->size();
  layer.answer_text(id, *text);
}

void exporter::open_stream(const request_received& request, const hash& name, request_layer& layer) {
  if (!announced_->contains(name)) {
    layer.answer_error(request.id, refusal("CES-GBL1", "BLOB", name));
    return;
  }
  auto has_encoding = request.args.size() > 1 && !is_undefined(request.args[1]);
  if (has_encoding && request.args[1] != "utf8") {
    layer.answer_error(request.id, {"Error", "CES-GBL2: Bad request: Invalid \"encoding\" parameter: " + printed(request.args, 1), "CES-GBL2"});
    return;
  }
  streams_.push_back({request.id, name, 0, has_encoding, true, {}});
}

void exporter::send_stream_piece(const blob_source& blobs, request_layer& layer) {
  if (streams_.empty())
    return;
  auto current = std::move(streams_.front());
  streams_.pop_front();
  auto size = blobs.size_of(current.name);
  auto piece = size ? blobs.read_range(current.name, current.offset, limits::blob_chunk_bytes) : result<std::string>{fail(errc::not_found, "no such blob")};
  // A blob that ends before its size is damaged: without this the stream would go on for ever.
  if (!piece || (piece->empty() && current.offset < *size)) {
    layer.send_stream_error(current.id);
    return;
  }
  current.offset += piece->size();
  sent_.bytes += piece->size();
  auto is_last = current.offset >= *size;
  if (current.is_text) {
    current.carry += *piece;
    auto text = take_text(current.carry, is_last);
    if (!text.empty()) {
      layer.send_text_piece(current.id, text, current.is_first);
      current.is_first = false;
    }
  } else if (!piece->empty()) {
    layer.send_piece(current.id, *piece);
  }
  if (is_last) {
    ++sent_.blobs;
    layer.send_end(current.id);
  } else {
    streams_.push_back(std::move(current));
  }
}

void exporter::stream_refused(int64_t id) {
  std::erase_if(streams_, [&](const auto& open) { return open.id == id; });
}

const std::string* exporter::edge_text(const hash& node) const {
  if (auto found = edges_.find(node); found != edges_.end())
    return &found->second;
  auto found = earlier_edges_.find(node);
  return found == earlier_edges_.end() ? nullptr : &found->second;
}

} // namespace lama::protocol::chum
