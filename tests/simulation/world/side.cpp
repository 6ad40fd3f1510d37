#include "tests/simulation/world/side.hpp"

#include "actors/connection_manager/connection_manager.hpp"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

namespace lama::simulator {

result<std::optional<std::string>> memory_files::read(const std::string& path) {
  auto found = files_.find(path);
  return found == files_.end() ? std::optional<std::string>{} : std::optional{found->second};
}

result<done> memory_files::write(const std::string& path, std::string_view content) {
  files_[path] = content;
  return done{};
}

result<done> memory_files::remove(const std::string& path) {
  files_.erase(path);
  return done{};
}

std::vector<std::string> memory_files::folders(const std::string& path) {
  std::vector<std::string> found;
  for (const auto& [folder, there] : folders_)
    if (folder.starts_with(path + '/'))
      found.push_back(folder.substr(path.size() + 1));
  return found;
}

void memory_files::make_folder(const std::string& path) {
  folders_[path] = true;
}

void seeded_random::fill(std::span<uint8_t> bytes) {
  for (auto& byte : bytes)
    byte = static_cast<uint8_t>(engine_() >> 32);
}

int64_t virtual_clock::now_ms() const {
  return offset_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(now_().time_since_epoch()).count();
}

side::side(world& all, actors::side which, std::shared_ptr<memory_files> files, uint64_t seed)
    : all_(all), which_(which), files_(std::move(files)), random_(seed), clock_(std::make_shared<virtual_clock>([&all] { return all.now(); })) {
  index_ = all_.add([this](world&, node_index me, node& here) {
    index_ = me;
    build(here);
  });
}

side::~side() {
  stop();
}

void side::build(node& here) {
  system_ = &here.system();
  network_ = std::make_shared<transport>(all_.lines(), index_, [this] { return all_.now(); });
  auto environment = std::make_shared<actors::node_environment>();
  environment->settings.which = which_;
  environment->settings.host = "node" + std::to_string(index_);
  environment->where = actors::placement::simulation;
  environment->network = network_;
  environment->files = files_;
  environment->random = [this]() -> random_source& { return random_; };
  environment->clock = clock_.get();
  environment->open_store = [this](const std::string& folder) {
    files_->make_folder(folder);
    storage::store_options options;
    options.env = &disk_;
    options.sync_writes = sync_writes_;
    options.recipes = recipes_;
    options.write_buffer_bytes = 256u << 10; // so that a short run compacts
    options.before_write = [this] { disk_.run_background(); };
    return storage::store::open("/" + folder, options);
  };
  environment->derivation = {16, 1, 1}; // what scrypt costs is no matter of simulation
  environment->log = [this, loud = std::getenv("LAMA_SIMULATION_LOG") != nullptr](int level, std::string_view component, std::string_view text) {
    if (loud)
      std::fprintf(stderr, "%10.3f node%zu %d %.*s: %.*s\n", static_cast<double>(all_.now().time_since_epoch().count()) / 1e9, index_, level,
                   static_cast<int>(component.size()), component.data(), static_cast<int>(text.size()), text.data());
  };
  auto started = actors::start_node(here.system(), environment, {});
  if (!started) {
    start_error_ = started.failure().message;
    return;
  }
  node_ = std::move(*started);
  here.watch(caf::actor_cast<caf::actor>(node_->root));
  node_->root = nullptr; // the world's node holds it
}

void side::crash(std::size_t torn) {
  if (node_) {
    node_->context->members->clear();
    // The listener's callback holds the node's context, and with it the open stores, and through the environment this very network: a store
    // that stayed open would remove the files of its successor.
    if (node_->listener.id != 0)
      network_->stop_listening(node_->listener.id);
  }
  node_.reset();
  disk_.run_background();
  all_.crash(index_);
  network_.reset();
  system_ = nullptr;
  disk_.crash(torn);
}

void side::restart() {
  all_.restart(index_);
}

void side::kill(const std::string& role) {
  if (!is_up())
    return;
  if (auto member = members().find<caf::actor>(role))
    caf::anon_send_exit(member, caf::exit_reason::unhandled_exception);
}

std::size_t side::kill_connections(const std::string& group) {
  if (!is_up())
    return 0;
  auto manager = members().find<actors::connection_manager_actor>("connection-manager");
  auto listed = ask<actors::connections_listed>(manager, actors::list_connections{});
  std::size_t killed = 0;
  if (listed)
    for (const auto& x : listed->connections)
      if (x.group == group && x.pipe) {
        caf::anon_send_exit(x.pipe, caf::exit_reason::unhandled_exception);
        ++killed;
      }
  return killed;
}

result<std::unique_ptr<storage::store>> side::open_store(const std::string& user) {
  storage::store_options options;
  options.env = &disk_;
  options.recipes = recipes_;
  options.before_write = [this] { disk_.run_background(); };
  return storage::store::open(std::string{"/"} + actors::to_string(which_) + '/' + user, options);
}

} // namespace lama::simulator
