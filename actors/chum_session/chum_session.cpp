#include "actors/chum_session/chum_session.hpp"

#include "actors/chum_session/host.hpp"
#include "actors/common/errors.hpp"
#include "actors/scrubber/give_back.hpp"
#include "protocol/models/annotations.hpp"
#include "storage/registered_recipes.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lama::actors {

namespace {

using self_pointer = chum_session_actor::stateful_pointer<chum_session_state>;
namespace policy = protocol::policy;

policy::origin origin_of(peer_kind kind) {
  switch (kind) {
  case peer_kind::own_archive:
    return policy::origin::archive_of_mine;
  case peer_kind::own_sparse:
    return policy::origin::sparse_of_mine;
  case peer_kind::contact:
    return policy::origin::contact;
  }
  return policy::origin::contact;
}

/// Ourselves as the remote judges us: what it would refuse is not sent.
policy::parties seen_from_there(const chum_session_state& st) {
  auto us = policy::origin::contact;
  if (st.plan.peer.kind == peer_kind::own_archive)
    us = policy::origin::sparse_of_mine;
  else if (st.plan.peer.kind == peer_kind::own_sparse)
    us = policy::origin::archive_of_mine;
  return {us, st.between.remote, st.between.me};
}

void make_stock_session(chum_session_state& st) {
  protocol::chum::session_options options;
  options.exporter.remote = {st.between.remote, false, protocol::chum::version_offer::edge_of_head};
  options.importer.fetch.judge = protocol::chum::judge_for(st.between, st.plan.user->store->read()->recipes());
  options.importer.poll_ms = st.plan.user->environment->settings.times.poll_interval.count();
  options.extra_services = {protocol::chum::service::lama_hello};
  st.stock = std::make_unique<protocol::chum::session>(std::move(options), std::make_shared<protocol::chum::announced_hashes>());
}

void make_extension(chum_session_state& st, const storage::snapshot& view) {
  auto own = st.plan.peer.kind != peer_kind::contact;
  auto sparse = st.plan.user->environment->settings.which == side::sparse;
  st.admission = std::make_unique<protocol::sync::policy_admission>(st.between, view.recipes(), limits::blob_bytes);
  protocol::sync::session_config config;
  config.remote_person = st.between.remote;
  config.store_id = st.store_id;
  config.resume = storage::sync_position(view, st.between.remote);
  config.mode = own ? protocol::sync::version_mode::adopt : protocol::sync::version_mode::merge;
  config.entry_window = sparse ? static_cast<uint32_t>(st.plan.user->environment->settings.channel_window) : 0;
  config.accepts_elsewhere = sparse;
  config.policy = st.admission.get();
  config.recipes = &view.recipes();
  config.keeps_texts = true;
  config.learn = [store = st.plan.user->store](std::string_view recipe) { storage::foresee_recipe(*store, recipe); };
  if (own) {
    // Both are mine: what passes between them at all may pass in either direction.
    config.gives_back = passes_between_own;
  } else {
    config.may_leave = [](std::string_view type) { return protocol::is_stock_type(type); };
    config.shared_types = {annotation_type};
  }
  config.takes_version = [between = seen_from_there(st), recipes = &view.recipes()](std::string_view id_text) {
    return static_cast<bool>(policy::admit(between, policy::role::version, id_text, *recipes));
  };
  st.extension = std::make_unique<protocol::sync::session>(std::move(config));
}

} // namespace

chum_session_state::~chum_session_state() {
  // Uploads that were under way are nobody's now. The writer may be gone as well; then the store removes them when it is opened.
  if (plan.user)
    if (auto writer = plan.user->writer())
      caf::anon_send(writer, use_store{"cancel uploads", [uploads = uploads, begun = blob_uploads](storage::store& store) -> result<done> {
                                         uploads->cancel(store);
                                         for (const auto& [number, upload] : *begun)
                                           store.cancel_blob(upload);
                                         begun->clear();
                                         return done{};
                                       }});
}

chum_session_actor::behavior_type chum_session(self_pointer self, chum_plan plan) {
  auto& st = self->state;
  st.plan = std::move(plan);
  st.between = {origin_of(st.plan.peer.kind), st.plan.user->me.person, st.plan.peer.person, &st.plan.user->environment->settings.strategies, nullptr};
  if (st.plan.peer.kind == peer_kind::contact) {
    st.author_of_message = [user = st.plan.user](const hash& message) { return models::sender_of(*user->store->read(), message); };
    st.between.author_of_message = &st.author_of_message;
  }
  auto view = st.plan.user->store->read();
  st.store_id = view->note("sync/store").value_or("");
  st.batch_name = st.plan.user->environment->random().text(10) + ' ';
  make_stock_session(st);
  make_extension(st, *view);
  view.reset();
  st.plan.user->commits->add(caf::actor_cast<commit_listener>(self));
  st.plan.user->losses->add(caf::actor_cast<loss_listener>(self));
  chum_host host{self};
  if (st.store_id.empty())
    host.close("the store cannot be read at the moment");
  auto now = host.now_ms();
  st.stock->start_synchronised(now);
  st.stock->pause_import(true, now); // until it is known which protocol the other side speaks
  host.carry_out();
  return {
      [self](connection_message& message) {
        chum_host here{self};
        auto credits = message.credits;
        here.receive(message);
        here.carry_out();
        self->state.plan.user->environment->network->grant(self->state.plan.connection, credits);
      },
      [self](const connection_lost&) {
        // The connection's actor ends right after this; its normal end would leave us here.
        chum_host{self}.give_up_fetches();
        self->state.stock->connection_closed(*self->state.plan.user->store->read(), chum_host{self}.now_ms());
        self->quit();
      },
      [self](const objects_committed& committed) {
        chum_host here{self};
        here.committed(committed.info->last_sequence);
        here.carry_out();
      },
      [self](chum_tick) {
        chum_host here{self};
        self->state.tick_at.reset();
        here.tick();
        here.carry_out();
      },
      [self](save_frontiers_now) { chum_host{self}.save_frontiers(); },
      [self](heal_due) {
        chum_host here{self};
        here.heal();
        here.carry_out();
      },
      [self](retry_healing) {
        chum_host here{self};
        here.retry_healing_now();
        here.carry_out();
      },
      [self](pump_again) { chum_host{self}.carry_out(); },
      [self](const fetch_page& what) { return chum_host{self}.fetch(what); },
      [self](const fetch_objects& what) { return chum_host{self}.fetch(what); },
      [self](get_status) {
        auto& state = self->state;
        auto progress = state.extension->status();
        return status_report{nlohmann::json{
            {"peer", state.between.remote.hex()},
            {"protocol", state.speaks_extension ? "lama" : "stock"},
            {"batches", state.batches},
            {"objects", state.objects},
            {"declined", state.declined},
            {"rounds", state.stock->rounds()},
            {"acknowledged", progress.acknowledged},
            {"fullSync", state.full_sync},
            {"lastError",
             state.last_error}}.dump()};
      },
  };
}

} // namespace lama::actors
