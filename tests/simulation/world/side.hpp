#pragma once

#include "actors/common/errors.hpp"
#include "actors/node/node.hpp"
#include "tests/simulation/disk/env.hpp"
#include "tests/simulation/world/transport.hpp"
#include "tests/simulation/world/world.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lama::simulator {

/// The small files of a data dir, in memory. Shared by the two sides of a node, as a real data dir is.
class memory_files final : public actors::file_area {
public:
  result<std::optional<std::string>> read(const std::string& path) override;
  result<done> write(const std::string& path, std::string_view content) override;
  result<done> remove(const std::string& path) override;
  std::vector<std::string> folders(const std::string& path) override;
  /// A store was opened there: the folder is one from now on.
  void make_folder(const std::string& path);

private:
  std::map<std::string, std::string> files_;
  std::map<std::string, bool> folders_;
};

/// Chance for the nodes: one stream a side, drawn from the world's seed, so that what one side does leaves the other's chance alone.
class seeded_random final : public random_source {
public:
  explicit seeded_random(uint64_t seed) : engine_(seed) {
    // nop
  }
  void fill(std::span<uint8_t> bytes) override;

private:
  std::mt19937_64 engine_;
};

/// Wall-clock time of one side: the world's time and an offset that a clock jump changes.
class virtual_clock final : public wall_clock {
public:
  explicit virtual_clock(std::function<time_point()> now) : now_(std::move(now)) {
    // nop
  }
  int64_t now_ms() const override;
  void jump(int64_t by_ms) {
    offset_ms_ += by_ms;
  }

private:
  std::function<time_point()> now_;
  int64_t offset_ms_ = 1'700'000'000'000;
};

/// One side of a node (an archive or a sparse instance) in the world: production actors over a simulated network and disk. The disk and the
/// files stay when it crashes.
class side {
public:
  side(world& all, actors::side which, std::shared_ptr<memory_files> files, uint64_t seed);
  /// Its actors go before what they run on.
  ~side();
  side(const side&) = delete;
  side& operator=(const side&) = delete;

  node_index index() const {
    return index_;
  }
  env& disk() {
    return disk_;
  }
  virtual_clock& clock() {
    return *clock_;
  }
  bool is_up() const {
    return node_.has_value();
  }
  const std::string& start_error() const {
    return start_error_;
  }

  /// As a power cut: actors gone, connections forgotten, unsynced bytes lost but for up to `torn` of each file.
  void crash(std::size_t torn);
  /// As a clean end: nothing of the disk is lost.
  void stop() {
    crash(SIZE_MAX / 2);
  }
  void restart();
  /// Kills the actor in this role as a fault in it would.
  void kill(const std::string& role);
  /// The same for the connections of a group ("chum", "ipc"), and with them whoever serves them; how many there were.
  std::size_t kill_connections(const std::string& group);

  actors::roster& members() {
    return *node_->context->members;
  }
  actors::user_context_ptr user(const std::string& name) const {
    return node_->context->directory->context_of(name);
  }
  caf::actor_system& system() {
    return *system_;
  }
  /// Is there an actor in this role now?
  bool has(const std::string& role) {
    return is_up() && members().find<caf::actor>(role);
  }
  /// Websockets that are open or opening; 0 while down.
  std::size_t open_connections() const {
    return network_ ? network_->open() : 0;
  }
  /// The websockets of this side, while it is up.
  transport& network() {
    return *network_;
  }
  /// From the next start on this side knows these types, and no others.
  void know(const protocol::recipe_table& recipes) {
    recipes_ = &recipes;
  }
  /// From the next opening of a store on: writes are acknowledged without being synced. What a negative control needs.
  void write_without_sync() {
    sync_writes_ = false;
  }
  /// The store of a user, as its files are now; the side must be down, or have the user locked.
  result<std::unique_ptr<storage::store>> open_store(const std::string& user);

  template <class Answer>
  using coming = std::shared_ptr<std::optional<result<Answer>>>;

  /// Asks an actor of this side; the answer comes while the world runs, or never, where this side crashes before.
  template <class Answer, class Handle, class Question>
  coming<Answer> ask_later(const Handle& whom, Question question, duration limit = std::chrono::seconds{60}) {
    auto answer = std::make_shared<std::optional<result<Answer>>>();
    if (!whom) {
      answer->emplace(fail(errc::offline, "nobody has this role"));
      return answer;
    }
    system_->spawn([answer, whom, question = std::move(question), limit](caf::event_based_actor* self) mutable {
      self->request(whom, limit, std::move(question))
          .then([answer](Answer& x) { answer->emplace(std::move(x)); }, [answer](const caf::error& x) { answer->emplace(actors::from_caf(x)); });
    });
    return answer;
  }

  /// Asks an actor of this side and lets the world run until it answers. `timeout` after `limit`.
  template <class Answer, class Handle, class Question>
  result<Answer> ask(const Handle& whom, Question question, duration limit = std::chrono::seconds{60}) {
    auto answer = ask_later<Answer>(whom, std::move(question), limit);
    auto end = all_.now() + limit + std::chrono::seconds{1};
    while (!*answer && all_.now() < end && is_up())
      all_.run_for(std::chrono::milliseconds{5});
    if (!*answer)
      return fail(errc::timeout, "no answer in the world's time");
    return **answer;
  }

private:
  void build(node& here);

  world& all_;
  actors::side which_;
  std::shared_ptr<memory_files> files_;
  seeded_random random_;
  std::shared_ptr<virtual_clock> clock_;
  env disk_;
  node_index index_;
  caf::actor_system* system_ = nullptr;
  std::shared_ptr<transport> network_;
  std::optional<actors::running_node> node_;
  std::string start_error_;
  bool sync_writes_ = true;
  const protocol::recipe_table* recipes_ = &protocol::standard_recipes();
};

} // namespace lama::simulator
