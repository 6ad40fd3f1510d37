#include "actors/search_index/search_index.hpp"

#include "actors/common/errors.hpp"
#include "protocol/models/annotations.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = search_index_actor::stateful_pointer<search_index_state>;

/// After a commit, so that a lively chat is gathered; and after a write that failed.
constexpr std::chrono::seconds rest{5};
/// Entries gathered, or blocks written, in one piece: some ten milliseconds.
constexpr std::size_t entries_a_piece = 1024;
constexpr std::size_t blocks_a_piece = 8;

void work_after(self_pointer self, std::chrono::milliseconds delay) {
  if (!std::exchange(self->state.is_due, true))
    self->delayed_send(self, delay, index_some{});
}

/// Outboxes and receipts say nothing that is looked for.
bool holds_texts(const storage::snapshot& view, const hash& channel) {
  auto key = models::load_channel_key(view, channel);
  return key && (!key->id.starts_with("lama.") || models::annotated_conversation(key->id));
}

/// The next stale channel; false where none is.
bool begin_channel(search_index_state& st, const storage::snapshot& view) {
  while (!st.stale.empty()) {
    st.channel = st.stale.extract(st.stale.begin()).value();
    auto head = models::channel_head(view, st.channel);
    st.known = models::decode_index_state(view.note(models::index_state_note(st.channel)).value_or(std::string{}));
    if (!head || !*head || *head == st.known.newest || !holds_texts(view, st.channel))
      continue;
    st.entries.clear();
    st.next = *head;
    st.gathering = true;
    return true;
  }
  return false;
}

void gather(search_index_state& st, const storage::snapshot& view) {
  auto on = models::walk_entries(view, st.channel, st.next, st.known.newest, entries_a_piece,
                                 [&](const hash& name, const models::channel_entry&) { st.entries.push_back(name); });
  st.next = on.next;
  if (on.next && !on.broken)
    return;
  st.gathering = false;
  if (on.broken)
    st.entries.clear(); // something is still to come: the next commit tells
  else if (!on.met)
    st.known = {}; // what was indexed is not below any more: entries came in between
}

struct piece {
  std::vector<std::pair<std::string, std::string>> notes;
  models::index_state then;
};

/// The next blocks; whole ones only.
piece next_blocks(search_index_state& st, const storage::snapshot& view) {
  piece x{{}, st.known};
  while (x.notes.size() < blocks_a_piece && st.entries.size() >= models::entries_a_block) {
    std::vector<models::indexed_text> texts;
    for (std::size_t i = 0; i < models::entries_a_block; ++i) {
      auto entry = models::read_entry(view, st.channel, st.entries.back());
      texts.push_back(entry ? models::text_of_entry(view, *entry) : models::indexed_text{});
      x.then.newest = st.entries.back();
      st.entries.pop_back();
    }
    x.notes.emplace_back(models::index_block_note(st.channel, x.then.blocks++), models::encode_block(texts));
  }
  return x;
}

void write(self_pointer self, piece what) {
  auto& st = self->state;
  st.writing = true;
  auto shared = std::make_shared<const piece>(std::move(what));
  transact change{"index texts", [shared, channel = st.channel](storage::transaction& to) -> result<done> {
                    for (const auto& [name, block] : shared->notes)
                      to.set_note(name, block);
                    to.set_note(models::index_state_note(channel), models::encode(shared->then));
                    return done{};
                  }};
  self->request(st.user->writer(), st.user->environment->settings.times.request_deadline, std::move(change))
      .then(
          [self, shared](transacted) {
            self->state.writing = false;
            self->state.known = shared->then;
            self->state.blocks += shared->notes.size();
            work_after(self, std::chrono::milliseconds{1});
          },
          [self](const caf::error& failure) {
            auto& state = self->state;
            state.writing = false;
            state.user->environment->log(log_warning, search_index_state::name, "cannot index texts: " + from_caf(failure).message);
            state.entries.clear();
            state.stale.insert(state.channel);
            work_after(self, rest);
          });
}

void work(self_pointer self) {
  auto& st = self->state;
  st.is_due = false;
  if (st.writing)
    return; // its answer goes on
  auto view = st.user->store->read();
  if (view->trouble())
    return work_after(self, rest);
  if (!st.gathering && st.entries.size() < models::entries_a_block && !begin_channel(st, *view))
    return;
  if (st.gathering) {
    gather(st, *view);
    return work_after(self, std::chrono::milliseconds{1});
  }
  auto next = next_blocks(st, *view);
  view.reset();
  if (!next.notes.empty())
    write(self, std::move(next));
  else
    work_after(self, std::chrono::milliseconds{1});
}

} // namespace

search_index_actor::behavior_type search_index(self_pointer self, user_context_ptr user) {
  self->state.user = std::move(user);
  self->state.user->commits->add(caf::actor_cast<commit_listener>(self));
  for (const auto& channel : models::registered_channels(*self->state.user->store->read()))
    self->state.stale.insert(channel);
  work_after(self, rest);
  return {
      [self](const objects_committed& committed) {
        for (const auto& change : committed.info->changes)
          if (change.kind == storage::change_kind::head && change.type == "ChannelInfo")
            self->state.stale.insert(change.id);
        if (!self->state.stale.empty())
          work_after(self, rest);
      },
      [self](index_some) { work(self); },
      [self](get_status) {
        auto& st = self->state;
        return status_report{nlohmann::json{{"blocks", st.blocks}, {"staleChannels", st.stale.size()}, {"toIndex", st.entries.size()}}.dump()};
      },
  };
}

} // namespace lama::actors
