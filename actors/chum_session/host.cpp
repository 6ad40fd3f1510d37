#include "actors/chum_session/host.hpp"

#include "actors/common/errors.hpp"
#include "actors/conversations/delivery.hpp"
#include "actors/conversations/interface.hpp"
#include "actors/deliveries/interface.hpp"
#include "actors/sync_figures/interface.hpp"

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

/// The stock peer loses requests that come right behind `synchronisation` (docs/protocol/03 §1).
constexpr int64_t hello_delay_ms = 100;
/// Stream pieces are sent while the socket holds less than this unsent (docs/protocol/03 §2.3).
constexpr std::size_t most_unsent_bytes = 256u << 10;
/// Code of the answer to a hello that no healthy node of ours sends (docs/chum-extension.md §1).
constexpr const char* bad_hello = "LAMA-HELLO";
/// Refusals that one session logs; the rest are counted.
constexpr uint64_t most_refusals_told = 20;
/// Of the remote person: the last batch that was stored.
const std::string batch_note = "sync/batch/";

/// A store as the stock exporter reads blobs.
class snapshot_blobs final : public protocol::chum::blob_source {
public:
  explicit snapshot_blobs(const storage::snapshot& from) : from_(from) {
    // nop
  }
  std::optional<uint64_t> size_of(const hash& name) const override {
    return from_.size_of(name);
  }
  result<std::string> read_range(const hash& name, uint64_t offset, std::size_t length) const override {
    return from_.read_range(name, offset, length);
  }

private:
  const storage::snapshot& from_;
};

} // namespace

int64_t chum_host::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(self_->clock().now().time_since_epoch()).count();
}

storage::sync_peer chum_host::peer() {
  return {state().between.remote, state().extension->remote_store(), state().store_id};
}

void chum_host::receive(connection_message& message) {
  auto view = user().store->read();
  auto& st = state();
  if (message.text)
    st.stock->receive_text(message.bytes, *view, now_ms());
  else if (st.speaks_extension || st.hello_said)
    st.extension->receive(std::move(message.bytes), storage::sync_source{*view, peer()});
  else
    st.stock->receive_binary(message.bytes, *view, now_ms());
}

void chum_host::committed(uint64_t sequence) {
  if (state().speaks_extension)
    state().extension->committed(sequence);
  else
    state().stock->roots_changed(now_ms());
}

void chum_host::tick() {
  auto& st = state();
  if (!st.hello && !st.speaks_extension)
    say_hello();
  st.stock->tick(*user().store->read(), now_ms());
}

void chum_host::carry_out() {
  auto& st = state();
  for (bool busy = true; busy;) {
    busy = do_stock_actions();
    busy = do_extension_actions() || busy;
  }
  if (st.stock->has_streams() && user().environment->network->queued_bytes(st.plan.connection) < most_unsent_bytes) {
    auto view = user().store->read();
    st.stock->send_stream_piece(snapshot_blobs{*view});
    do_stock_actions();
    self_->send(self_, pump_again{});
  } else if (st.stock->has_streams()) {
    self_->delayed_send(self_, std::chrono::milliseconds{5}, pump_again{});
  }
  if (st.speaks_extension) {
    auto view = user().store->read();
    storage::sync_source source{*view, peer()};
    auto more = st.extension->pump(source);
    do_extension_actions();
    if (more)
      self_->send(self_, pump_again{});
    tell_what_it_holds();
  }
  arm();
}

bool chum_host::do_stock_actions() {
  auto actions = state().stock->take_actions();
  for (auto& x : actions)
    std::visit([this](auto& action) { perform(action); }, x);
  return !actions.empty();
}

bool chum_host::do_extension_actions() {
  auto actions = state().extension->take_actions();
  for (auto& x : actions)
    std::visit([this](auto& action) { perform(action); }, x);
  return !actions.empty();
}

void chum_host::arm() {
  auto& st = state();
  auto due = st.stock->wait_until();
  if (!st.hello && !st.speaks_extension)
    due = std::min(due.value_or(now_ms() + hello_delay_ms), now_ms() + hello_delay_ms);
  if (!due)
    return;
  auto wait = std::chrono::milliseconds{std::max<int64_t>(*due - now_ms(), 1)};
  auto at = self_->clock().now() + wait;
  if (st.tick_at && *st.tick_at <= at)
    return;
  st.tick_at = at;
  self_->delayed_send(self_, wait, chum_tick{});
}

void chum_host::say_hello() {
  auto asked = state().stock->ask(protocol::chum::service::lama_hello, protocol::json::array({state().extension->hello()}), now_ms());
  if (asked)
    state().hello = *asked;
}

void chum_host::answer_hello(const protocol::chum::remote_asks& asked) {
  auto& st = state();
  auto answer = st.extension->hello_received(asked.request.args.empty() ? protocol::json{} : asked.request.args[0]);
  if (!answer) {
    auto other_version = answer.failure().code == errc::unsupported;
    st.stock->answer_error(asked.request.id, {"Error", answer.failure().message, other_version ? "LAMA-VERSION" : bad_hello});
    if (!other_version)
      close(answer.failure().message); // a node of ours that is not well: the next connection may be better
    return;
  }
  st.hello_said = true;
  st.stock->answer(asked.request.id, *answer);
  tell_what_it_takes();
  switch_to_extension();
}

void chum_host::take_hello_answer(const protocol::chum::remote_answers& answered) {
  auto& st = state();
  if (!st.hello || answered.id != *st.hello)
    return;
  if (!answered.outcome) {
    stay_with_stock(answered.outcome.failure());
    return;
  }
  st.extension->hello_answered();
  switch_to_extension();
}

void chum_host::switch_to_extension() {
  auto& st = state();
  if (st.speaks_extension || !st.extension->established())
    return;
  st.speaks_extension = true;
  st.extension->committed(user().store->last_sequence());
  serve_fetches();
  heal();
}

void chum_host::stay_with_stock(const lama::error& why) {
  if (why.detail == bad_hello) {
    close("the hello was not understood: " + why.message);
    return;
  }
  if (why.code != errc::unsupported)
    user().environment->log(log_info, chum_session_state::name, "the peer does not speak our extension: " + why.message);
  tell_what_it_takes();
  state().stock->pause_import(false, now_ms());
}

/// Whether messages can be changed depends on the nodes of all who have them.
void chum_host::tell_what_it_takes() {
  auto& st = state();
  if (st.plan.peer.kind != peer_kind::contact)
    return;
  auto changes = std::ranges::find(st.extension->remote_types(), annotation_type) != st.extension->remote_types().end();
  if (auto conversations = user().members->find<conversations_actor>(user().role("conversations")))
    self_->send(conversations, peer_understands{st.between.remote, changes});
}

/// How far the user's other instance is, for whoever looks at both.
void chum_host::tell_what_it_holds() {
  auto& st = state();
  auto held = st.extension->status().held;
  if (st.plan.peer.kind == peer_kind::contact || std::exchange(st.held_told, held) == held)
    return;
  if (auto figures = user().members->find<sync_figures_actor>(user().role("sync-figures")))
    self_->send(figures, instance_holds{held});
}

void chum_host::send(bool text, std::string bytes) {
  self_->send(state().plan.pipe, send_on_connection{text, std::move(bytes)});
}

void chum_host::close(const std::string& why) {
  state().last_error = why;
  if (!why.empty())
    user().environment->log(log_warning, chum_session_state::name, "sync with " + state().between.remote.hex().substr(0, 12) + " ended: " + why);
  self_->send(state().plan.pipe, close_connection{why.empty() ? "Chum ended normally." : "Chum ended with error: " + why});
}

// -- storing ---------------------------------------------------------------------------------------------------------------------------

void chum_host::store(protocol::chum::store_batch batch) {
  auto number = batch.number;
  state().objects += batch.items.size();
  ++state().batches;
  auto answer = [self = self_, number](const result<done>& outcome) {
    chum_host here{self};
    self->state.stock->stored(number, outcome, *here.user().store->read(), here.now_ms());
    here.carry_out();
  };
  auto shared = std::make_shared<const protocol::chum::store_batch>(std::move(batch));
  self_
      ->request(user().writer(), user().environment->settings.times.request_deadline,
                transact{"store what a peer brought", [shared](storage::transaction& to) { return protocol::chum::apply(to, *shared); }})
      .then([answer](transacted) { answer(done{}); }, [answer](const caf::error& failure) { answer(from_caf(failure)); });
}

void chum_host::store(protocol::sync::commit_batch batch) {
  auto& st = state();
  st.objects += batch.items.size();
  ++st.batches;
  auto number = batch.number;
  auto answer = [self = self_, number](const result<done>& outcome) {
    self->state.extension->stored(number, outcome);
    chum_host{self}.carry_out();
  };
  auto deadline = user().environment->settings.times.request_deadline;
  auto shared = std::make_shared<const protocol::sync::commit_batch>(std::move(batch));
  if (std::ranges::any_of(shared->items, [](const auto& x) { return x.kind == protocol::sync::item_kind::blob_piece; }))
    self_
        ->request(user().writer(), deadline,
                  use_store{"store blob pieces", [shared, uploads = st.uploads](storage::store& into) { return uploads->take(into, *shared); }})
        .then([](ok) {}, [answer](const caf::error& failure) { answer(from_caf(failure)); });
  auto mode = st.plan.peer.kind == peer_kind::contact ? protocol::sync::version_mode::merge : protocol::sync::version_mode::adopt;
  // Batches are under way to the writer at the same time. One that failed, or died with the writer, must take those behind it along: they
  // say how far we are, and would say so without it.
  auto user_of_sparse = st.plan.peer.kind == peer_kind::own_sparse ? st.plan.user : user_context_ptr{};
  auto apply = [shared, from = peer(), mode, user_of_sparse, before = st.last_batch,
                name = st.batch_name + std::to_string(number)](storage::transaction& to) -> result<done> {
    auto key = batch_note + from.person.hex();
    if (!before.empty() && to.note(key) != before)
      return fail(errc::conflict, "a batch before this one was not stored");
    to.set_note(key, name);
    LAMA_CHECK(storage::apply_sync_batch(to, *shared, from, mode));
    if (user_of_sparse)
      deliver_with_batch(to, *user_of_sparse, *shared);
    return done{};
  };
  st.last_batch = st.batch_name + std::to_string(number);
  self_->request(user().writer(), deadline, transact{"store a sync batch", std::move(apply)})
      .then([answer](transacted) { answer(done{}); }, [answer](const caf::error& failure) { answer(from_caf(failure)); });
}

void chum_host::upload(uint64_t number, const char* label, std::function<result<done>(storage::store&, uint64_t)> work, bool answers) {
  auto answer = [self = self_, number, answers](const result<done>& outcome) {
    if (!answers && outcome)
      return;
    chum_host here{self};
    self->state.stock->blob_stored(number, outcome, *here.user().store->read(), here.now_ms());
    here.carry_out();
  };
  auto run = [number, begun = state().blob_uploads, work](storage::store& into) -> result<done> {
    auto found = begun->find(number);
    if (found == begun->end()) {
      LAMA_TRY(upload, into.begin_blob());
      found = begun->emplace(number, upload).first;
    }
    return work(into, found->second);
  };
  self_->request(user().writer(), user().environment->settings.times.request_deadline, use_store{label, std::move(run)})
      .then([answer](ok) { answer(done{}); }, [answer](const caf::error& failure) { answer(from_caf(failure)); });
}

/// Frontiers save bytes after a reconnect and nothing else: they are written a little later, many at a time.
void chum_host::save_frontiers() {
  auto& st = state();
  auto frontiers = std::exchange(st.frontiers, {});
  st.frontiers_are_due = false;
  if (frontiers.empty())
    return;
  self_
      ->request(user().writer(), user().environment->settings.times.request_deadline,
                transact{"remember what a peer has",
                         [frontiers = std::move(frontiers), to_whom = peer()](storage::transaction& to) -> result<done> {
                           for (const auto& [id, content] : frontiers)
                             storage::save_frontier(to, to_whom, id, content);
                           return done{};
                         }})
      .then([](transacted) {},
            [self = self_](const caf::error& failure) {
              chum_host{self}.user().environment->log(log_warning, chum_session_state::name, "cannot remember what a peer has: " + from_caf(failure).message);
            });
}

// -- actions ---------------------------------------------------------------------------------------------------------------------------

void chum_host::perform(protocol::chum::send_text& x) {
  send(true, std::move(x.text));
}
void chum_host::perform(protocol::chum::send_binary& x) {
  send(false, std::move(x.bytes));
}
void chum_host::perform(protocol::chum::store_batch& x) {
  store(std::move(x));
}
void chum_host::perform(protocol::chum::blob_begin& x) {
  upload(
      x.upload, "begin blob", [](storage::store&, uint64_t) -> result<done> { return done{}; }, false);
}
void chum_host::perform(protocol::chum::blob_piece& x) {
  upload(
      x.upload, "append to blob", [piece = std::move(x.bytes)](storage::store& into, uint64_t upload) { return into.append_blob(upload, piece); }, false);
}
void chum_host::perform(protocol::chum::blob_finish& x) {
  upload(
      x.upload, "finish blob",
      [name = x.name, begun = state().blob_uploads, number = x.upload](storage::store& into, uint64_t upload) -> result<done> {
        begun->erase(number);
        LAMA_CHECK(into.finish_blob(upload, name));
        return done{};
      },
      true);
}
void chum_host::perform(protocol::chum::blob_cancel& x) {
  upload(
      x.upload, "cancel blob",
      [begun = state().blob_uploads, number = x.upload](storage::store& into, uint64_t upload) -> result<done> {
        begun->erase(number);
        into.cancel_blob(upload);
        return done{};
      },
      false);
}
void chum_host::perform(protocol::chum::round_complete& x) {
  state().full_sync = true;
  for (const auto& failed : x.failed)
    user().environment->log(log_info, chum_session_state::name,
                            "not taken: " + failed.one_type + " " + failed.name.hex().substr(0, 12) + ": " + failed.reason.message);
}
void chum_host::perform(protocol::chum::remote_asks& x) {
  answer_hello(x);
}
void chum_host::perform(protocol::chum::remote_answers& x) {
  take_hello_answer(x);
}
void chum_host::perform(protocol::chum::close_session& x) {
  close(x.failure ? x.failure->message : "");
}
void chum_host::perform(protocol::sync::send& x) {
  send(false, std::move(x.bytes));
}
void chum_host::perform(protocol::sync::commit_batch& x) {
  store(std::move(x));
}
void chum_host::perform(protocol::sync::save_frontier& x) {
  state().frontiers[x.id] = x.content;
  if (!std::exchange(state().frontiers_are_due, true))
    self_->delayed_send(self_, std::chrono::milliseconds{500}, save_frontiers_now{});
}
/// The frontier says the same where it is asked for; of messages to friends people want to know.
void chum_host::perform(protocol::sync::delivered& x) {
  if (state().plan.peer.kind != peer_kind::contact)
    return;
  if (auto deliveries = user().members->find<deliveries_actor>(user().role("deliveries")))
    self_->send(deliveries, version_delivered{state().between.remote, x.id, x.data});
}
void chum_host::perform(protocol::sync::answered& x) {
  if (auto page = state().wanted_pages.extract(x.request); page && x.outcome)
    keep_for_who_looked(page.mapped());
  healed(x.request, x.outcome);
  auto asked = state().fetches.extract(x.request);
  if (!asked)
    return;
  if (x.outcome)
    asked.mapped().deliver(ok{});
  else
    asked.mapped().deliver(to_caf(x.outcome.failure()));
}
void chum_host::perform(protocol::sync::caught_up&) {
  state().full_sync = true;
}
void chum_host::perform(protocol::sync::declined& x) {
  if (state().declined++ < most_refusals_told)
    user().environment->log(log_info, chum_session_state::name, "not taken: " + x.name.hex().substr(0, 12) + ": " + x.reason.message);
}
void chum_host::perform(protocol::sync::close_session& x) {
  close(x.reason.message);
}

} // namespace lama::actors
