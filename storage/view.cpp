#include "storage/view.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <utility>

namespace lama::storage {

namespace {

error damaged(const hash& name) {
  return fail(errc::corrupt, "What is stored as " + name.hex() + " is damaged. Run lama verify --repair.");
}

} // namespace

view::view(std::shared_ptr<database> from, const protocol::recipe_table& recipes, std::shared_ptr<const type_table> types)
    : database_(std::move(from)), types_(std::move(types)), recipes_(&recipes) {
  if (!database_)
    note_trouble(fail(errc::io_failure, "The store could not be opened again after a failed write. It is tried again with every request."));
}

std::optional<stored_record> view::record(const hash& name) const {
  auto bytes = get(keys::object(name));
  if (!bytes)
    return std::nullopt;
  auto decoded = decode_record(*std::move(bytes));
  if (!decoded)
    note_trouble(damaged(name));
  return decoded;
}

std::optional<stored_record> view::sound_record(const hash& name) const {
  auto found = record(name);
  // 0.2 to 0.4 us for an object, beside 5 to 10 for finding it (docs/performance.md, "Store").
  if (!found || !found->head.here() || found->head.kind == record_kind::chunked_blob || sha256(found->payload()) == name)
    return found;
  note_trouble(damaged(name));
  return std::nullopt;
}

std::optional<std::string> view::read(const hash& name) const {
  auto found = sound_record(name);
  if (!found || !found->head.here())
    return std::nullopt;
  auto content = found->chunked();
  if (!content)
    return std::move(*found).take_payload();
  if (content->size > limits::object_bytes)
    return std::nullopt;
  auto bytes = read_chunks(*content, 0, content->size);
  if (bytes && sha256(*bytes) == name)
    return bytes;
  note_trouble(damaged(name));
  return std::nullopt;
}

bool view::contains(const hash& name) const {
  auto found = record(name);
  return found && found->head.here();
}

bool view::elsewhere(const hash& name) const {
  auto found = record(name);
  return found && found->head.kind == record_kind::elsewhere;
}

std::optional<hash> view::head(const hash& id) const {
  auto value = get(keys::head(id));
  return value ? hash::from_bytes(*value) : std::nullopt;
}

bool view::in_history(const hash& id, const hash& node) const {
  // A head is history without a mark of its own: most ids have one version only.
  return head(id) == node || get(keys::history(id, node));
}

std::vector<hash> view::names_in(std::string_view prefix) const {
  std::vector<hash> names;
  scan(prefix, [&](std::string_view value) {
    if (auto name = hash::from_bytes(value))
      names.push_back(*name);
  });
  return names;
}

std::vector<hash> view::referrers(const hash& target, std::string_view type) const {
  auto number = types_->find(type);
  return number ? names_in(keys::referrers(target, *number)) : std::vector<hash>{};
}

std::vector<hash> view::referring_ids(const hash& target, std::string_view type) const {
  auto number = types_->find(type);
  return number ? names_in(keys::referring_ids(target, *number)) : std::vector<hash>{};
}

result<std::string> view::read_range(const hash& name, uint64_t offset, std::size_t length) const {
  auto found = sound_record(name);
  if (!found || !found->head.here())
    return trouble_ ? *trouble_ : fail(errc::not_found, "Object " + name.hex() + " is not here.");
  auto size = found->size();
  if (offset >= size)
    return std::string{};
  length = static_cast<std::size_t>(std::min<uint64_t>(length, size - offset));
  auto content = found->chunked();
  if (!content)
    return std::string{found->payload().substr(offset, length)};
  if (auto bytes = read_chunks(*content, offset, length))
    return *std::move(bytes);
  return trouble_ ? *trouble_ : damaged(name);
}

std::optional<hash> view::data_of(const hash& node) const {
  auto found = sound_record(node);
  if (!found || found->head.kind != record_kind::object || !types_->name(found->head.type).starts_with("VersionNode"))
    return std::nullopt;
  // Canonical, and checked when it was put; such a node holds no text of people, so the tag is the field.
  constexpr std::string_view tag = R"(<a itemprop="data" data-type="obj">)";
  auto at = found->payload().find(tag);
  return at == std::string_view::npos ? std::nullopt : hash::from_hex(found->payload().substr(at + tag.size(), 64));
}

hash view::digest_of(const stored_record& found) const {
  auto content = found.chunked();
  if (!content)
    return sha256(found.payload());
  sha256_stream digest;
  for (uint32_t i = 0; i < content->chunks(); ++i)
    if (auto chunk = get(keys::chunk(content->storage, i)))
      digest.update(*chunk);
    else
      break; // the digest then differs
  return digest.finish();
}

std::optional<std::string> view::stored(const leveldb::ReadOptions& options, std::string_view key) const {
  std::string value;
  if (!database_)
    return std::nullopt;
  auto status = database_->db().Get(options, slice(key), &value);
  if (status.ok())
    return value;
  if (!status.IsNotFound())
    note_trouble(storage_failure(status, "Reading from the store failed"));
  return std::nullopt;
}

std::optional<std::string> view::stored(const leveldb::ReadOptions& options, std::string_view key, value_cache& cache, value_cache::version at) const {
  if (!database_ || !database_->names().may_hold(key))
    return std::nullopt;
  if (auto known = cache.find(key, at))
    return *std::move(known);
  auto readable = !trouble_;
  auto value = stored(options, key);
  if (readable && !trouble_) // an absence may be a failure to read
    cache.offer(key, value, at);
  return value;
}

void view::note_trouble(error failure) const {
  if (!trouble_)
    trouble_ = std::move(failure);
}

std::optional<std::string> view::read_chunks(const chunked_content& content, uint64_t offset, std::size_t length) const {
  std::string bytes;
  bytes.reserve(length);
  for (auto index = offset / limits::blob_chunk_bytes; bytes.size() < length; ++index) {
    auto chunk = get(keys::chunk(content.storage, static_cast<uint32_t>(index)));
    auto skipped = static_cast<std::size_t>(bytes.empty() ? offset % limits::blob_chunk_bytes : 0);
    if (!chunk || chunk->size() <= skipped)
      return std::nullopt;
    bytes.append(*chunk, skipped, length - bytes.size());
  }
  return bytes;
}

} // namespace lama::storage
