#include "protocol/chum/fetch_tree.hpp"

#include "protocol/objects/text.hpp"
#include "protocol/versions/version_node.hpp"

#include <algorithm>
#include <numeric>

namespace lama::protocol::chum {

namespace {

/// A GroupProfile without picture names this; no such blob exists (docs/protocol/04 §2.1).
constexpr hash no_blob{};

bool is_blob(const child& entry) {
  return entry.type == child_type::blob || entry.type == child_type::clob;
}

/// Keeps the first of each name. By sorting: names in a list are the peer's to choose, also such that all fall into one bucket of a hash table.
void drop_repeated(std::vector<child>& entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return entries[a].name != entries[b].name ? entries[a].name < entries[b].name : a < b; });
  std::vector<bool> repeated(entries.size());
  for (std::size_t i = 1; i < order.size(); ++i)
    repeated[order[i]] = entries[order[i]].name == entries[order[i - 1]].name;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!repeated[i])
      entries[kept++] = entries[i];
  entries.resize(kept);
}

} // namespace

import_judge judge_for(const policy::parties& between, const recipe_table& recipes) {
  return [between, &recipes](policy::role as, std::string_view type, std::string_view text) -> result<done> {
    if (!text.empty())
      return policy::admit(between, as, text, recipes);
    auto judged = policy::judge(between, {as, type, nullptr});
    if (judged.verdict != policy::verdict::denied)
      return done{};
    return fail(errc::forbidden, std::string{type} + " is refused: " + std::string{judged.reason} + ".");
  };
}

fetch_tree::fetch_tree(root what) : what_(std::move(what)) {
  // nop
}

// ---- the list -------------------------------------------------------------------------------------------------------------------------------

void fetch_tree::begin(fetch_context& context) {
  auto service = what_.type == root_type::id ? service::id_object_children : service::object_children;
  list_request_ = context.layer.ask_for(service, what_.name, context.now_ms);
  context.shared.requests.emplace(*list_request_, this);
}

bool fetch_tree::known(fetch_context& context, const hash& name) const {
  return context.from.contains(name) || context.from.elsewhere(name);
}

void fetch_tree::take_list(fetch_context& context, std::string_view text) {
  auto list = read_children(text);
  if (!list)
    return fail_with(context, std::move(list).failure());
  std::reverse(list->begin(), list->end());
  drop_repeated(*list);
  for (const auto& entry : *list) {
    if (entry.name == what_.name || known(context, entry.name))
      continue;
    slot next{entry, slot_state::to_ask, {}, {}, nullptr};
    if (is_blob(entry) && (entry.name == no_blob || context.shared.missing_blobs.contains(entry.name)))
      next.state = slot_state::missing;
    slots_.push_back(std::move(next));
  }
  slots_.push_back({{what_.type == root_type::id ? child_type::id : child_type::object, what_.name}, slot_state::to_ask, {}, {}, nullptr});
  pump(context);
}

// ---- asking ---------------------------------------------------------------------------------------------------------------------------------

void fetch_tree::pump(fetch_context& context) {
  if (!failure_)
    accept_front(context);
  while (!failure_ && ask_next(context)) {
    // until the window is full
  }
  flush(context);
}

bool fetch_tree::ask_next(fetch_context& context) {
  while (next_ < slots_.size() && slots_[next_].state != slot_state::to_ask)
    ++next_;
  if (next_ == slots_.size() || context.shared.requests.size() >= context.options.window || buffered_ >= context.options.buffered_bytes)
    return false;
  if (is_blob(slots_[next_].self)) {
    if (context.shared.open_blobs >= context.options.blob_streams)
      return false;
    slots_[next_].blob = std::make_unique<intake>();
    ask_blob(context, next_);
  } else {
    ask(context, next_);
  }
  ++next_;
  return true;
}

void fetch_tree::ask(fetch_context& context, std::size_t index) {
  auto& at = slots_[index];
  auto service = at.self.type == child_type::id ? service::id_object : service::object;
  auto request = context.layer.ask_for(service, at.self.name, context.now_ms);
  at.state = slot_state::asked;
  open_.emplace(request, index);
  context.shared.requests.emplace(request, this);
}

void fetch_tree::ask_blob(fetch_context& context, std::size_t index) {
  auto& at = slots_[index];
  auto as_text = at.self.type == child_type::clob || at.blob->is_second_try;
  auto request =
      context.layer.ask(service::blob, json::array({at.self.name.hex(), as_text ? std::string{"utf8"} : std::string{undefined_text}}), context.now_ms);
  at.state = slot_state::asked;
  if (!request)
    return fail_with(context, std::move(request).failure());
  open_.emplace(*request, index);
  context.shared.requests.emplace(*request, this);
  ++context.shared.open_blobs;
}

std::optional<std::size_t> fetch_tree::close_request(fetch_context& context, int64_t request) {
  context.shared.requests.erase(request);
  auto found = open_.find(request);
  if (found == open_.end())
    return std::nullopt;
  auto index = found->second;
  open_.erase(found);
  if (is_blob(slots_[index].self))
    --context.shared.open_blobs;
  return index;
}

// ---- answers --------------------------------------------------------------------------------------------------------------------------------

void fetch_tree::answered(fetch_context& context, answer_received& answer) {
  auto is_list = list_request_ == answer.id;
  auto index = close_request(context, answer.id);
  if (is_list)
    list_request_.reset();
  if (!answer.is_text)
    return fail_with(context, fail(errc::bad_input, "The peer answered service " + std::to_string(answer.service) + " with something else than a text.",
                                   is_list ? "DC-PC1" : "CIEC-FO1"));
  if (is_list)
    return take_list(context, answer.text);
  if (!index)
    return;
  if (is_blob(slots_[*index].self)) { // data instead of a stream
    lose_blob(context, slots_[*index]);
    return pump(context);
  }
  auto taken = take_text(context, slots_[*index], std::move(answer.text));
  if (!taken)
    return fail_with(context, std::move(taken).failure());
  pump(context);
}

void fetch_tree::answer_failed(fetch_context& context, int64_t request, const error& reason) {
  auto index = close_request(context, request);
  if (list_request_ == request)
    list_request_.reset();
  // What the peer cannot deliver is missing; what only got lost is asked for again in the next round.
  if (index && is_blob(slots_[*index].self) && reason.code != errc::timeout) {
    lose_blob(context, slots_[*index]);
    return pump(context);
  }
  fail_with(context, reason);
}

result<done> fetch_tree::take_text(fetch_context& context, slot& at, std::string text) {
  auto is_id = at.self.type == child_type::id;
  if (text.size() > limits::object_bytes)
    return fail(errc::too_large, "The object " + at.self.name.hex() + " is larger than any that is taken.");
  if (sha256(text) != at.self.name)
    return fail(errc::corrupt, "What came for " + at.self.name.hex() + " has another hash.", is_id ? "CIEC-FIDO2" : "CIEC-FO2");
  if (!is_utf8(text, false))
    return fail(errc::bad_input, "The object " + at.self.name.hex() + " is not UTF-8.");
  auto content = classify(text);
  if (content.kind != (is_id ? content_kind::id_object : content_kind::object))
    return fail(errc::bad_input, "What came for " + at.self.name.hex() + " is not " + (is_id ? "an id object." : "an object."),
                is_id ? "CIEC-FIDO1" : "CIEC-FO1");
  // Before it is parsed: of a type that we do not know, only the policy can say something useful.
  LAMA_TRY(facts, examine(text, context.from.recipes()));
  LAMA_CHECK(check_type(at, content.type, facts));
  auto role = is_id ? policy::role::id : is_root(at) ? policy::role::root : policy::role::child;
  LAMA_CHECK(context.options.judge(role, content.type, text));
  at.links.reserve(facts.references.size());
  for (const auto& link : facts.references)
    at.links.push_back(link.target);
  buffered_ += text.size();
  at.text = std::move(text);
  at.state = slot_state::arrived;
  return done{};
}

result<done> fetch_tree::check_type(const slot& at, std::string_view type, const object_facts& facts) const {
  if (is_grant_type(type))
    return fail(errc::forbidden, std::string{type} + " objects are never taken from a peer.", "CIEC-FO3");
  if (!is_root(at))
    return done{};
  auto expected = what_.type == root_type::version_node ? is_version_node_type(type) : type == what_.one_type;
  if (!expected)
    return fail(errc::bad_input, "The root " + what_.name.hex() + " was announced as another type than " + std::string{type} + ".", "CIEC-FOWT1");
  if (what_.type == root_type::versioned ? facts.id_hash != what_.id : what_.type == root_type::unversioned && facts.id_hash.has_value())
    return fail(errc::bad_input, "The root " + what_.name.hex() + " is not a version of the id that it was announced with.", "CI-CCI1");
  return done{};
}

// ---- blobs ----------------------------------------------------------------------------------------------------------------------------------

void fetch_tree::piece(fetch_context& context, stream_piece& piece) {
  auto found = open_.find(piece.id);
  if (found == open_.end() || !slots_[found->second].blob)
    return fail_with(context, fail(errc::bad_input, "The peer answered with a stream where a text was asked for."));
  auto& at = slots_[found->second];
  auto& blob = *at.blob;
  blob.size += piece.bytes.size();
  if (blob.size > context.options.blob_bytes) {
    context.layer.forget(piece.id);
    close_request(context, piece.id);
    lose_blob(context, at);
    return pump(context);
  }
  blob.digest.update(piece.bytes);
  if (!blob.upload && blob.buffer.size() + piece.bytes.size() <= limits::blob_chunk_bytes) {
    blob.buffer += piece.bytes;
    return;
  }
  if (!blob.upload) {
    blob.upload = context.shared.next_upload++;
    context.out.push_back(blob_begin{*blob.upload});
    if (!blob.buffer.empty())
      context.out.push_back(blob_piece{*blob.upload, std::exchange(blob.buffer, {})});
  }
  context.out.push_back(blob_piece{*blob.upload, std::move(piece.bytes)});
}

void fetch_tree::stream_finished(fetch_context& context, int64_t request) {
  auto is_list = list_request_ == request;
  auto index = close_request(context, request);
  if (is_list)
    list_request_.reset();
  if (!index || !slots_[*index].blob)
    return fail_with(context, fail(errc::bad_input, "The peer answered with a stream where a text was asked for."));
  finish_blob(context, *index);
  pump(context);
}

void fetch_tree::finish_blob(fetch_context& context, std::size_t index) {
  auto& at = slots_[index];
  auto& blob = *at.blob;
  if (blob.digest.finish() == at.self.name) {
    if (blob.upload) {
      at.state = slot_state::uploading;
      uploads_.emplace(*blob.upload, index);
      context.shared.uploads.emplace(*blob.upload, this);
      context.out.push_back(blob_finish{*blob.upload, at.self.name});
      return;
    }
    at.text = std::move(blob.buffer);
    buffered_ += at.text.size();
    at.state = slot_state::arrived;
    return;
  }
  // The peer cannot send binary blobs, but those that are text come intact as such (docs/protocol/03 §4.3).
  if (at.self.type == child_type::blob && !blob.is_second_try) {
    if (blob.upload)
      context.out.push_back(blob_cancel{*blob.upload});
    at.blob = std::make_unique<intake>();
    at.blob->is_second_try = true;
    return ask_blob(context, index);
  }
  lose_blob(context, at);
}

void fetch_tree::lose_blob(fetch_context& context, slot& at) {
  if (at.blob && at.blob->upload)
    context.out.push_back(blob_cancel{*at.blob->upload});
  at.blob.reset();
  at.state = slot_state::missing;
  context.shared.missing_blobs.insert(at.self.name);
  ++context.shared.totals.missing_blobs;
}

void fetch_tree::blob_stored(fetch_context& context, uint64_t upload, const result<done>& outcome) {
  context.shared.uploads.erase(upload);
  auto found = uploads_.find(upload);
  if (found == uploads_.end())
    return;
  auto& at = slots_[found->second];
  uploads_.erase(found);
  if (!outcome)
    return fail_with(context, outcome.failure());
  ++context.shared.totals.blobs;
  context.shared.totals.bytes += at.blob->size;
  at.blob.reset();
  at.state = slot_state::uploaded;
  pump(context);
}

// ---- handing over ---------------------------------------------------------------------------------------------------------------------------

void fetch_tree::accept_front(fetch_context& context) {
  for (; front_ < slots_.size(); ++front_) {
    auto& at = slots_[front_];
    if (at.state == slot_state::arrived) {
      auto accepted = accept(context, at);
      if (!accepted)
        return fail_with(context, std::move(accepted).failure());
    } else if (at.state == slot_state::uploaded) {
      accepted_.insert(at.self.name);
    } else if (at.state != slot_state::missing) {
      return;
    }
  }
}

result<done> fetch_tree::accept(fetch_context& context, slot& at) {
  for (const auto& link : at.links)
    if (!accepted_.contains(link) && !context.shared.missing_blobs.contains(link) && link != no_blob && !known(context, link))
      return fail(errc::not_found, "The object " + at.self.name.hex() + " refers to " + link.hex() + ", which was not announced among its children.");
  if (is_root(at) && what_.type == root_type::version_node) {
    kept_text_ = std::move(at.text);
  } else {
    batch_bytes_ += at.text.size() + at.self.name.bytes.size();
    batch_.push_back({at.self.name, is_blob(at.self), std::move(at.text)});
  }
  accepted_.insert(at.self.name);
  std::vector<hash>{}.swap(at.links);
  at.blob.reset();
  return done{};
}

void fetch_tree::flush(fetch_context& context) {
  // One batch at a time: should one fail, nothing that builds upon it was handed over.
  if (batch_number_ || batch_.empty())
    return;
  auto is_end = failure_ || front_ == slots_.size();
  if (!is_end && batch_bytes_ < context.options.batch_bytes && batch_.size() < context.options.batch_items && buffered_ < context.options.buffered_bytes)
    return;
  batch_number_ = context.shared.next_batch++;
  context.shared.batches.emplace(*batch_number_, this);
  for (const auto& item : batch_) {
    ++(item.is_blob ? context.shared.totals.blobs : context.shared.totals.objects);
    context.shared.totals.bytes += item.bytes.size();
    buffered_ -= std::min(buffered_, item.bytes.size());
  }
  context.out.push_back(store_batch{*batch_number_, std::exchange(batch_, {}), {}});
  batch_bytes_ = 0;
}

void fetch_tree::stored(fetch_context& context, const result<done>& outcome) {
  context.shared.batches.erase(batch_number_.value_or(0));
  batch_number_.reset();
  if (!outcome) {
    batch_.clear(); // it builds upon what could not be stored
    return fail_with(context, outcome.failure());
  }
  pump(context);
}

void fetch_tree::abandon(fetch_context& context) {
  fail_with(context, fail(errc::cancelled, "The connection ended."));
}

void fetch_tree::fail_with(fetch_context& context, error reason) {
  if (failure_)
    return;
  failure_ = std::move(reason);
  if (list_request_) {
    context.layer.forget(*list_request_);
    context.shared.requests.erase(*list_request_);
    list_request_.reset();
  }
  while (!open_.empty()) {
    auto request = open_.begin()->first;
    context.layer.forget(request);
    auto index = close_request(context, request);
    if (slots_[*index].blob && slots_[*index].blob->upload)
      context.out.push_back(blob_cancel{*slots_[*index].blob->upload});
  }
  flush(context);
}

bool fetch_tree::is_done() const {
  if (list_request_ || !open_.empty() || !uploads_.empty() || batch_number_ || !batch_.empty())
    return false;
  return failure_ || (!slots_.empty() && front_ == slots_.size());
}

} // namespace lama::protocol::chum
