#include "protocol/limits.hpp"
#include "storage/states.hpp"

#include <algorithm>
#include <utility>

namespace lama::storage {

namespace {

/// Bytes that one durable write of an upload brings: fewer would wait for the disk more often, more would fill the memory of many.
constexpr std::size_t bytes_per_write = 16 * limits::blob_chunk_bytes;

error unknown_upload() {
  return fail(errc::not_found, "This upload is not open: it was finished or cancelled, or writing a piece of it failed. Begin it again.");
}

} // namespace

void store::state::move_chunks(uint64_t storage, blob_upload& from, leveldb::WriteBatch& batch) const {
  if (from.chunks == 0)
    batch.Put(slice(keys::upload(storage)), leveldb::Slice{});
  for (std::size_t at = 0; at < from.waiting.size(); at += limits::blob_chunk_bytes)
    batch.Put(slice(keys::chunk(storage, from.chunks++)), slice(std::string_view{from.waiting}.substr(at, limits::blob_chunk_bytes)));
  from.waiting.clear();
}

result<uint64_t> store::begin_blob() {
  if (state_->uploads.size() >= limits::open_blob_uploads)
    return fail(errc::overloaded, "Too many blobs are on their way in. Try again when one of them is done.");
  auto storage = state_->shared->next_storage++;
  state_->uploads.try_emplace(storage);
  return storage;
}

result<done> store::append_blob(uint64_t upload, std::string_view piece) {
  auto i = state_->uploads.find(upload);
  if (i == state_->uploads.end())
    return unknown_upload();
  auto& to = i->second;
  if (piece.size() > limits::blob_bytes - to.size) {
    cancel_blob(upload);
    return fail(errc::too_large, "A blob may have " + std::to_string(limits::blob_bytes) + " bytes at most.");
  }
  to.digest.update(piece);
  to.size += piece.size();
  while (!piece.empty()) {
    auto taken = std::min(piece.size(), bytes_per_write - to.waiting.size());
    to.waiting.append(piece.substr(0, taken));
    piece.remove_prefix(taken);
    if (to.waiting.size() < bytes_per_write)
      break;
    leveldb::WriteBatch batch;
    state_->move_chunks(upload, to, batch);
    auto written = state_->ready_to_write();
    // Each is durable: LevelDB may lose what was not synced when it begins a new log, whatever is synced after.
    if (written)
      written = state_->write(batch, true);
    if (!written) {
      state_->uploads.erase(i); // what it left is removed at the next opening
      return written;
    }
  }
  return done{};
}

result<hash> store::finish_blob(uint64_t upload, const std::optional<hash>& expected) {
  auto i = state_->uploads.find(upload);
  if (i == state_->uploads.end())
    return unknown_upload();
  LAMA_TRY(change, begin());
  auto& from = i->second;
  auto name = from.digest.finish();
  if (expected && name != *expected) {
    cancel_blob(upload);
    return fail(errc::corrupt, "The blob that came is " + name.hex() + ", not " + expected->hex() + " as announced. Fetch it again.");
  }
  auto& to = *change->state_;
  auto known = to.record(name);
  auto needed = !known || !known->head.here();
  if (needed && from.size <= limits::blob_chunk_bytes)
    to.store_record(name, {record_kind::blob, 0, 0, 0, {}}, from.waiting, from.size, known);
  if (needed && from.size > limits::blob_chunk_bytes) {
    for (std::size_t at = 0; at < from.waiting.size(); at += limits::blob_chunk_bytes)
      to.write(keys::chunk(upload, from.chunks++), from.waiting.substr(at, limits::blob_chunk_bytes));
    to.erase(keys::upload(upload));
    to.store_record(name, {record_kind::chunked_blob, 0, 0, 0, {}}, encode(chunked_content{from.size, upload}), from.size, known);
    from.chunks = 0; // they belong to the blob now
  }
  auto committed = commit(std::move(change));
  cancel_blob(upload);
  if (!committed)
    return std::move(committed).failure();
  return name;
}

void store::cancel_blob(uint64_t upload) {
  auto i = state_->uploads.find(upload);
  if (i == state_->uploads.end())
    return;
  auto written = i->second.chunks > 0;
  state_->uploads.erase(i);
  std::lock_guard lock{state_->mutex};
  // Where this fails, opening goes on with it.
  if (written && state_->opened && !state_->failed && !remove_chunks(*state_->opened, upload, state_->options.before_write))
    state_->failed = true;
}

} // namespace lama::storage
