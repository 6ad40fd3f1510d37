#include "actors/node/node.hpp"

#include "actors/supervision/supervisor.hpp"

#include <utility>

namespace lama::actors {

namespace {

std::string url_of(const std::string& host, uint16_t port) {
  // Who listens everywhere is dialled here by name; other machines need `public_url`.
  auto name = host == "0.0.0.0" || host == "::" ? std::string{"127.0.0.1"} : host;
  return "ws://" + (name.find(':') == std::string::npos ? name : '[' + name + ']') + ':' + std::to_string(port);
}

class forwarding_random final : public random_source {
public:
  void fill(std::span<uint8_t> bytes) override {
    system_random().fill(bytes);
  }
};

} // namespace

result<running_node> start_node(caf::actor_system& system, environment_ptr environment, const node_options& options) {
  LAMA_TRY(credentials, bridge_credentials::load(environment, options.provision));
  running_node node;
  auto shared = std::make_shared<connection_context>();
  shared->environment = environment;
  shared->members = std::make_shared<roster>();
  shared->credentials = credentials;
  shared->directory = std::make_shared<connection_directory>();
  node.context = shared;
  const auto& settings = environment->settings;
  if (settings.which == side::archive) {
    LAMA_TRY(listener, environment->network->listen(settings.host, settings.bridge_port,
                                                    [&system, context = node.context](net::connection_id id) { return accept(system, context, id); }));
    node.listener = listener;
    LAMA_CHECK(credentials->publish(settings.public_url.empty() ? url_of(settings.host, listener.port) : settings.public_url));
  }
  children::starter gateway;
  if (options.start_gateway)
    gateway = [&system, context = node.context, start = options.start_gateway] { return start(system, context); };
  node.root = system.spawn(supervisor, node.context, std::move(gateway));
  return node;
}

void stop_node(running_node& node) {
  if (node.listener.id != 0)
    node.context->environment->network->stop_listening(node.listener.id);
  if (node.root)
    caf::anon_send_exit(node.root, caf::exit_reason::user_shutdown);
  // The roster keeps its handles: children that vanish before they are told would be taken for dead, and started again.
  node.root = nullptr;
}

random_source& calling_thread_random() {
  static forwarding_random source;
  return source;
}

} // namespace lama::actors
