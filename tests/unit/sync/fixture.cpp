#include "tests/unit/sync/fixture.hpp"

#include "protocol/sync/apply.hpp"
#include "protocol/sync/entries.hpp"

namespace lama::protocol::sync::testing {

namespace {

template <class... Handlers>
struct overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
overloaded(Handlers...) -> overloaded<Handlers...>;

} // namespace

void seeded_random::fill(std::span<uint8_t> bytes) {
  for (auto& x : bytes) {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    x = static_cast<uint8_t>(state_ >> 56);
  }
}

result<done> test_admission::admit(const object_facts& facts, std::string_view) {
  return refused_types.contains(facts.type->name) ? result<done>{fail(errc::forbidden, facts.type->name + " is refused")} : done{};
}

result<done> test_admission::admit_version(const hash&, std::string_view id_text) {
  auto type = std::string{classify(id_text).type};
  return refused_versions.contains(type) ? result<done>{fail(errc::forbidden, "versions of " + type + " are refused")} : done{};
}

result<done> test_admission::admit_blob(const hash&, uint64_t size) {
  return size > largest_blob ? result<done>{fail(errc::too_large, "too large")} : done{};
}

node::node(std::string email, uint64_t seed) : person{person_id(email)}, email_{std::move(email)}, random_{seed} {
  reopen();
  put(person_text(email_));
}

node::~node() {
  disconnect();
  store_.reset();
  disk_.run_background();
}

void node::reopen() {
  current.reset();
  store_.reset();
  disk_.run_background();
  storage::store_options options;
  options.env = &disk_;
  options.before_write = [this] { disk_.run_background(); };
  auto opened = storage::store::open("/store", options);
  ASSERT_TRUE(opened) << opened.failure().message;
  store_ = std::move(*opened);
}

storage::commit_info node::change(const std::function<result<done>(storage::transaction&)>& what) {
  auto begun = store_->begin();
  EXPECT_TRUE(begun);
  if (auto changed = what(**begun); !changed) {
    ADD_FAILURE() << changed.failure().message;
    return {};
  }
  auto committed = store_->commit(std::move(*begun));
  if (!committed) {
    ADD_FAILURE() << committed.failure().message;
    return {};
  }
  if (current)
    current->committed(committed->last_sequence);
  return std::move(*committed);
}

std::string node::store_id() {
  std::string id;
  change([&](storage::transaction& in) -> result<done> {
    id = storage::store_id(in, random_);
    return done{};
  });
  return id;
}

hash node::put(std::string_view text) {
  hash name{};
  change([&](storage::transaction& in) -> result<done> {
    LAMA_TRY(stored, in.put(text));
    name = stored.name;
    return done{};
  });
  return name;
}

hash node::put_blob(std::string_view bytes) {
  auto upload = store_->begin_blob();
  EXPECT_TRUE(upload && store_->append_blob(*upload, bytes));
  auto name = store_->finish_blob(*upload);
  EXPECT_TRUE(name);
  return *name;
}

hash node::put_person(std::string_view email) {
  put(person_text(email));
  return person_id(email);
}

hash node::put_version(std::string_view text) {
  hash id{};
  change([&](storage::transaction& in) -> result<done> {
    LAMA_TRY(stored, store_version(in, text, now_ += 60'000));
    id = stored.id;
    return done{};
  });
  return id;
}

hash node::make_channel(std::string_view name, std::optional<hash> owner) {
  hash id{};
  change([&](storage::transaction& in) -> result<done> {
    LAMA_TRY(made, models::create_channel(in, {std::string{name}, owner}, now_ += 60'000));
    id = made;
    return done{};
  });
  return id;
}

models::posted node::post(const hash& channel, std::string_view text, int64_t when, const std::vector<hash>& attachments) {
  models::posted made;
  object_writer message{"ChatMessage"};
  message.text("text", text);
  if (!attachments.empty())
    message.array("attachments", reference_kind::object, attachments);
  auto payload = message.id_reference("sender", person).finish();
  models::signer as{person, [](std::string_view) { return std::string(64, 's'); }};
  change([&](storage::transaction& in) -> result<done> {
    now_ = std::max(now_ + 60'000, when);
    LAMA_TRY(posted, models::post(in, channel, payload, as, now_, when != 0 ? std::optional{when} : std::nullopt));
    made = posted;
    return done{};
  });
  return made;
}

void node::grant_id(const hash& id, const hash& to, models::grant_mode how) {
  change([&](storage::transaction& in) -> result<done> {
    LAMA_CHECK(models::grant(in, models::id_target(id), {{to}, {}}, how, now_ += 60'000));
    return done{};
  });
}

void node::grant_object(const hash& name, const hash& to, models::grant_mode how) {
  change([&](storage::transaction& in) -> result<done> {
    LAMA_CHECK(models::grant(in, models::object_target(name), {{to}, {}}, how, now_ += 60'000));
    return done{};
  });
}

bool node::has(const hash& name) const {
  return store_->read()->contains(name);
}

bool node::elsewhere(const hash& name) const {
  return store_->read()->elsewhere(name);
}

std::optional<hash> node::data_of(const hash& id) const {
  auto view = store_->read();
  return current_data(*view, id);
}

std::vector<hash> node::entries(const hash& channel) const {
  auto view = store_->read();
  auto data = current_data(*view, channel);
  std::vector<hash> found;
  for (auto next = data ? list_head(*view, *data) : std::nullopt; next;) {
    auto links = read_entry(*view, *next);
    if (!links)
      break;
    found.push_back(*next);
    next = links->previous;
  }
  return found;
}

std::vector<std::string> node::messages(const hash& channel) const {
  auto view = store_->read();
  std::vector<std::string> texts;
  for (const auto& entry : entries(channel)) {
    auto time = load(*view, read_entry(*view, entry)->creation_time);
    auto payload = time ? load(*view, *time->reference("data")) : result<object>{fail(errc::not_found, {})};
    texts.push_back(payload ? payload->text("text") : std::string{"?"});
  }
  return texts;
}

session_config node::config(const node& remote) {
  session_config x;
  x.remote_person = remote.person;
  x.store_id = store_id();
  x.resume = storage::sync_position(*store_->read(), remote.person);
  x.mode = mode;
  x.policy = &policy;
  return x;
}

void node::connect(node& remote, const adjustment& adjust) {
  auto settings = config(remote);
  if (adjust)
    adjust(settings);
  mode = settings.mode;
  closed.reset();
  outgoing.clear();
  held.clear();
  peer_ = {remote.person, {}};
  current = std::make_unique<session>(std::move(settings));
}

void node::disconnect() {
  current.reset();
  outgoing.clear();
  held.clear();
  if (store_)
    uploads_.cancel(*store_);
}

void node::receive(std::string message) {
  auto view = store_->read();
  peer_.store = current->remote_store();
  current->receive(std::move(message), storage::sync_source{*view, peer_});
}

bool node::work() {
  if (!current)
    return false;
  peer_.store = current->remote_store();
  bool more = false;
  {
    auto view = store_->read();
    more = current->pump(storage::sync_source{*view, peer_});
  }
  auto actions = current->take_actions();
  for (auto& x : actions)
    perform(std::move(x));
  return more || !actions.empty();
}

void node::perform(action x) {
  std::visit(overloaded{
                 [&](send& what) {
                   bool is_ack = what.bytes[0] == static_cast<char>(frame_type::ack);
                   if (is_ack && loses_acks)
                     return;
                   if (tamper)
                     tamper(what.bytes);
                   sent_bytes += what.bytes.size();
                   outgoing.push_back(std::move(what.bytes));
                 },
                 [&](commit_batch& what) {
                   for (const auto& item : what.items)
                     if (item.kind != item_kind::elsewhere && item.kind != item_kind::missing) {
                       ++received_items;
                       received_names.push_back(item.name);
                     }
                   if (holds_back)
                     held.push_back(std::move(what));
                   else
                     commit(what);
                 },
                 [&](save_frontier& what) {
                   change([&](storage::transaction& in) -> result<done> {
                     storage::save_frontier(in, peer_, what.id, what.content);
                     return done{};
                   });
                 },
                 [&](sync::delivered& what) { delivered.push_back(what.id); },
                 [&](answered& what) { answers.insert_or_assign(what.request, what.outcome); },
                 [&](sync::caught_up&) { ++caught_up; },
                 [&](sync::declined& what) { declined.push_back(what.name); },
                 [&](close_session& what) { closed = what.reason; },
             },
             x);
}

void node::commit(const commit_batch& batch) {
  ++committed_batches;
  auto stored = uploads_.take(*store_, batch);
  if (stored) {
    auto begun = store_->begin();
    ASSERT_TRUE(begun);
    stored = storage::apply_sync_batch(**begun, batch, peer_, mode);
    if (stored) {
      auto committed = store_->commit(std::move(*begun));
      ASSERT_TRUE(committed) << committed.failure().message;
      current->committed(committed->last_sequence);
    }
  }
  current->stored(batch.number, stored);
}

void node::store_held() {
  for (const auto& x : std::exchange(held, {}))
    commit(x);
}

void connect(node& a, node& b, const adjustment& adjust_a, const adjustment& adjust_b) {
  a.connect(b, adjust_a);
  b.connect(a, adjust_b);
  auto to_b = b.current->hello_received(a.current->hello());
  auto to_a = a.current->hello_received(b.current->hello());
  ASSERT_TRUE(to_a && to_b);
  a.current->hello_answered();
  b.current->hello_answered();
}

void disconnect(node& a, node& b) {
  a.disconnect();
  b.disconnect();
}

std::size_t run(node& a, node& b, std::size_t most) {
  std::size_t carried = 0;
  for (bool busy = true; busy && carried < most;) {
    busy = a.work();
    busy = b.work() || busy;
    for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}})
      if (!from->outgoing.empty() && carried < most) {
        auto message = std::move(from->outgoing.front());
        from->outgoing.pop_front();
        to->receive(std::move(message));
        ++carried;
        busy = true;
      }
  }
  // What the last message set off belongs to it: a cut comes after the reaction.
  while (carried < most && (a.work() || b.work())) {
  }
  return carried;
}

adjustment as_sparse(uint32_t window, uint64_t blob_limit) {
  return [=](session_config& x) {
    x.mode = version_mode::adopt;
    x.accepts_elsewhere = true;
    x.entry_window = window;
    x.blob_limit = blob_limit;
  };
}

std::string person_text(std::string_view email) {
  return object_writer{"Person"}.text("email", email).finish();
}

hash person_id(std::string_view email) {
  return id_hash_of_person(email);
}

std::string noise(std::size_t size, uint32_t seed) {
  std::string x(size, '\0');
  for (auto& byte : x) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<char>(seed >> 24);
  }
  return x;
}

} // namespace lama::protocol::sync::testing
