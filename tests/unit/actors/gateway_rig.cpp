#include "gateway_rig.hpp"

#include "storage/removal.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>

namespace lama::actors::testing {

result<std::optional<std::string>> memory_files::read(const std::string& path) {
  auto found = files.find(path);
  return found == files.end() ? std::optional<std::string>{} : std::optional{found->second};
}

result<done> memory_files::write(const std::string& path, std::string_view content) {
  files[path] = content;
  return done{};
}

result<done> memory_files::remove(const std::string& path) {
  files.erase(path);
  return done{};
}

std::vector<std::string> memory_files::folders(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& x : opened)
    if (x.starts_with(path + '/'))
      names.push_back(x.substr(path.size() + 1));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

net::connection_id empty_network::connect(const std::string&, net::connection_events events, uint32_t) {
  events.closed(++last_, "refused", net::close_code::abnormal);
  return last_;
}

result<net::transport::listener> empty_network::listen(const std::string&, uint16_t port, std::function<net::connection_events(net::connection_id)>) {
  return listener{1, port};
}

test_config::test_config() {
  set("scheduler.policy", caf::atom("testing"));
  set("logger.verbosity", caf::atom("quiet"));
}

gateway_rig::gateway_rig(side which) {
  static int number = 0;
  folder_ = std::filesystem::temp_directory_path() / ("lama-gateway-" + std::to_string(::getpid()) + '-' + std::to_string(++number));
  auto environment = std::make_shared<node_environment>();
  environment->settings.which = which;
  environment->where = placement::simulation;
  environment->network = std::make_shared<empty_network>();
  environment->files = files;
  environment->random = []() -> random_source& { return system_random(); };
  environment->clock = &clock_;
  environment->derivation = {2, 8, 1};
  environment->open_store = [this](const std::string& folder) {
    files->opened.push_back(folder);
    std::filesystem::create_directories(folder_ / folder);
    return storage::store::open(folder_ / folder);
  };
  environment->settings.data_folder = folder_.string();
  environment->remove_store = [this](const std::string& folder) {
    std::erase(files->opened, folder);
    return storage::remove_store(folder_ / folder, system_random());
  };
  environment->log = [](int level, std::string_view component, std::string_view text) {
    if (level >= log_error)
      std::cerr << component << ": " << text.substr(0, 400) << '\n';
  };
  if (which == side::sparse)
    files->files["bridge.json"] = json{{"url", "ws://127.0.0.1:1"}, {"nodeKey", std::string(64, 'a')}, {"secret", std::string(64, 'b')}}.dump();
  handlers = door->handlers();
  door->serve_by(server);
  node_options parts;
  parts.start_gateway = [this](caf::actor_system& system, std::shared_ptr<const connection_context> context) {
    auto made = system.spawn(ui_gateway, context, door);
    door->attach(std::move(context));
    return caf::actor_cast<caf::actor>(made);
  };
  auto started = start_node(system_, environment, parts);
  if (!started)
    throw std::runtime_error{started.failure().message};
  node = std::move(*started);
  settle();
}

gateway_rig::~gateway_rig() {
  for (auto& [id, events] : std::exchange(sockets_, {}))
    events.closed(id, "", net::close_code::normal);
  door->detach();
  auto& clock = scheduler().clock();
  clock.cancel_all();
  stop_node(node);
  scheduler().run();
  clock.cancel_all();
  node.context->members->clear();
  scheduler().run();
  node.context.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

caf::scheduler::test_coordinator& gateway_rig::scheduler() {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
}

void gateway_rig::settle() {
  scheduler().run();
}

bool gateway_rig::step() {
  return scheduler().try_run_once();
}

void gateway_rig::advance(std::chrono::milliseconds time) {
  clock_.moved += time;
  scheduler().clock().advance_time(time);
  settle();
}

gateway_rig::answer gateway_rig::request(net::http_request what) {
  auto got = std::make_shared<answer>();
  handlers.request(std::move(what), [got](net::http_response x) {
    got->status = x.status;
    got->body = json::parse(x.body, nullptr, false);
    got->headers = std::move(x.headers);
  });
  settle();
  for (int i = 0; i < 200 && got->status == 0; ++i)
    advance(std::chrono::milliseconds{50});
  return *got;
}

gateway_rig::answer gateway_rig::post(const std::string& body, const std::string& user) {
  net::http_request x;
  x.method = "POST";
  x.target = "/rpc";
  x.content_type = "application/json";
  x.bearer = token;
  x.user = user;
  x.body = body;
  x.remote_address = "127.0.0.1";
  return request(std::move(x));
}

json gateway_rig::call(const std::string& method, const json& params, const std::string& user) {
  return post(protocol::jsonrpc::write_request(1, method, params), user).body;
}

net::connection_id gateway_rig::open_socket(net::connection_id id, const std::string& cookie) {
  net::http_request x;
  x.route = net::http_route::ipc;
  x.cookie = cookie;
  x.from_page = !cookie.empty();
  if (cookie.empty())
    x.bearer = token;
  x.remote_address = "127.0.0.1";
  handlers.upgrade(std::move(x), [this, id](net::upgrade_answer answered) {
    if (answered.accepted)
      sockets_[id] = std::move(*answered.accepted);
  });
  sockets_.at(id).opened(id);
  return id;
}

void gateway_rig::say(net::connection_id id, const std::string& method, const json& params) {
  sockets_.at(id).received(id, {true, protocol::jsonrpc::write_request(1, method, params)});
  settle();
}

void gateway_rig::pile_up(net::connection_id id, const std::string& method, int count, const json& params) {
  for (int i = 1; i <= count; ++i)
    sockets_.at(id).received(id, {true, protocol::jsonrpc::write_request(i, method, params)});
}

void gateway_rig::pile_up_batch(net::connection_id id, const std::string& method, int count) {
  std::string all;
  for (int i = 1; i <= count; ++i)
    all += (all.empty() ? '[' : ',') + protocol::jsonrpc::write_request(i, method, json::object());
  sockets_.at(id).received(id, {true, all + ']'});
}

void gateway_rig::hang_up(net::connection_id id) {
  auto events = sockets_.extract(id);
  events.mapped().closed(id, "", net::close_code::normal);
  settle();
}

} // namespace lama::actors::testing
