#include "apps/lama/run.hpp"

#include "apps/lama/byte_count.hpp"

#include "actors/common/errors.hpp"
#include "actors/export/export_folder.hpp"
#include "actors/node/node.hpp"
#include "actors/ui_gateway/gateway.hpp"
#include "apps/lama/page.hpp"
#include "net/http_listener.hpp"
#include "net/io_thread.hpp"
#include "net/websocket_transport.hpp"
#include "storage/removal.hpp"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <utility>

/// The whole house on one page: one I/O thread with the websockets and the two HTTP ports, and for each side an actor system of its own.
namespace lama::app {

namespace {

namespace fs = std::filesystem;
using actors::side;

struct system_config : caf::actor_system_config {
  system_config() {
    // Sharing costs nothing while idle; two threads serve one person's node.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
  }
};

/// One side: its environment, its actor system, its HTTP port.
struct running_side {
  system_config config;
  std::shared_ptr<actors::node_environment> environment;
  std::shared_ptr<actors::gateway_door> door;
  std::unique_ptr<net::http_server> server;
  std::unique_ptr<caf::actor_system> system;
  actors::running_node node;
  std::string ipc_url;
  const char* ipc_file = sparse_ipc_file;
};

/// All that lives in this process. Members go in reverse: systems before the sockets that their actors call.
struct house {
  fs::path data_dir;
  log_function log;
  net::io_thread io;
  std::shared_ptr<net::websocket_transport> network;
  std::unique_ptr<running_side> archive;
  std::unique_ptr<running_side> sparse;
};

std::string url_of(const std::string& host, uint16_t port) {
  auto name = host == "0.0.0.0" || host == "::" ? std::string{"127.0.0.1"} : host;
  return "http://" + (name.find(':') == std::string::npos ? name : '[' + name + ']') + ':' + std::to_string(port);
}

result<done> write_address(running_side& x) {
  auto content = json{{"url", x.ipc_url}, {"token", x.door->token()}, {"pid", ::getpid()}, {"side", to_string(x.environment->settings.which)}};
  return x.environment->files->write(x.ipc_file, content.dump(2) + '\n');
}

/// What a failure leaves half made, `take_down` ends.
result<done> start_side(house& all, const node_options& options, side which) {
  auto& x = which == side::archive ? all.archive : all.sparse;
  x = std::make_unique<running_side>();
  actors::node_settings settings;
  settings.which = which;
  settings.host = options.host;
  settings.bridge_port = options.bridge_port;
  settings.public_url = options.public_url;
  settings.plain_person_names = options.plain_names;
  settings.channel_window = options.channel_window;
  LAMA_TRY(budget, parse_bytes(options.sparse_budget));
  settings.sparse_budget = budget;
  settings.strategies = options.strategies;
  settings.data_folder = all.data_dir.string();
  x->environment = real_environment(all.data_dir, settings, all.network, all.log);
  // The side's lock is held: nobody else works there.
  storage::remove_leftovers(all.data_dir / to_string(which));
  actors::remove_export_leftovers(all.data_dir, to_string(which));
  x->ipc_file = which == side::archive ? archive_ipc_file : sparse_ipc_file;

  auto port = which == side::archive ? options.archive_ipc_port : options.ui_port;
  actors::door_options door{.token = to_hex(system_random().bytes(32)), .login_attempts_a_minute = options.login_attempts};
  LAMA_TRY(session_key, kept_secret(*x->environment->files, std::string{to_string(which)} + "/session.key"));
  door.session_key = std::move(session_key);
  if (which == side::sparse)
    door.page = page_file;
  door.checks_answers = options.check_answers;
  x->door = std::make_shared<actors::gateway_door>(std::move(door));
  LAMA_TRY(server, net::listen_http(all.io, options.host, port, x->door->handlers()));
  x->server = std::move(server);
  x->door->serve_by(*x->server);
  x->environment->settings.ipc_port = x->server->port();
  x->ipc_url = url_of(options.host, x->server->port());

  x->system = std::make_unique<caf::actor_system>(x->config);
  actors::node_options parts;
  parts.provision = options.provision;
  parts.start_gateway = [door = x->door](caf::actor_system& system, std::shared_ptr<const actors::connection_context> context) {
    auto made = system.spawn(actors::ui_gateway, context, door);
    door->attach(std::move(context));
    return caf::actor_cast<caf::actor>(made);
  };
  LAMA_TRY(node, actors::start_node(*x->system, x->environment, parts));
  x->node = std::move(node);
  return write_address(*x);
}

/// In the order of net/io_thread.hpp: sockets, I/O thread, actors, systems; the servers' memory last.
void take_down(house& all) {
  for (auto* x : {all.sparse.get(), all.archive.get()})
    if (x && x->server) {
      (void)x->environment->files->remove(x->ipc_file);
      x->server->shutdown();
    }
  all.network->shutdown();
  all.io.stop();
  for (auto* x : {all.sparse.get(), all.archive.get()})
    if (x && x->node.context) {
      x->door->detach();
      actors::stop_node(x->node);
      x->system->await_all_actors_done();
      x->node.context->members->clear();
      x->system.reset();
      x->node.context.reset();
    }
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

/// Waits up to `patience` for the signal to end; true when it came.
bool told_to_end(const sigset_t& set, std::chrono::milliseconds patience) {
  timespec wait{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
  return ::sigtimedwait(&set, nullptr, &wait) > 0;
}

template <class Question>
result<actors::user_state> ask(running_side& x, Question question) {
  caf::scoped_actor self{*x.system};
  result<actors::user_state> answer{fail(errc::timeout, "no answer")};
  self->request(x.node.root, std::chrono::seconds{60}, std::move(question))
      .receive([&](actors::user_state& state) { answer = std::move(state); }, [&](const caf::error& problem) { answer = actors::from_caf(problem); });
  return answer;
}

/// --user at start: logs in, or makes the user where that was asked for. While the archive is not there, a new user waits for it.
/// Nothing: told to end meanwhile.
result<std::optional<actors::user_state>> unlock_at_start(running_side& x, const common_options& common, const node_options& options, const sigset_t& ending) {
  LAMA_TRY(password, given_password(common.password_file));
  for (;;) {
    auto state = ask(x, actors::login_user{common.user, password});
    if (!state && state.failure().code == errc::not_found && options.create)
      state = ask(x, actors::register_user{common.user, password, {}});
    else if (!state && state.failure().code == errc::not_found)
      return fail(errc::not_found, "There is no user '" + common.user + "' in this data dir; add --create to make it.");
    if (state)
      return std::optional{*state};
    if (state.failure().code != errc::offline)
      return state.failure();
    if (told_to_end(ending, std::chrono::milliseconds{200}))
      return std::optional<actors::user_state>{};
  }
}

void tell_what_runs(const house& all, const common_options& common) {
  auto flag = common.data_dir.empty() ? std::string{} : " --data-dir " + common.data_dir;
  std::cout << "lama is running (pid " << ::getpid() << ", data in " << all.data_dir.string() << ")\n";
  if (all.archive)
    std::cout << "  archive    " << all.archive->ipc_url << "  bridge and friends: port " << all.archive->node.listener.port << '\n';
  if (all.sparse) {
    std::cout << "  this side  " << all.sparse->ipc_url << "  archive: " << all.sparse->node.context->credentials->archive_url() << '\n';
    if (has_page())
      std::cout << "  the page   " << login_url(all.sparse->ipc_url, all.sparse->door->sessions().make_token())
                << "\n             (for one browser, within 15 minutes; lama login-url" << flag << " makes a new one)\n";
  }
  auto users = (all.sparse ? all.sparse : all.archive)->environment->files->folders(all.sparse ? "sparse" : "archive");
  std::cout << "Next, in another terminal: lama " << (users.empty() ? "register NAME" : "login " + users.front()) << flag << "   (lama status" << flag
            << " shows how it is)\nCtrl-C ends it.\n"
            << std::flush;
}

result<done> serve(house& all, const common_options& common, const node_options& options, const sigset_t& ending) {
  if (options.archive)
    LAMA_CHECK(start_side(all, options, side::archive));
  if (options.sparse)
    LAMA_CHECK(start_side(all, options, side::sparse));
  tell_what_runs(all, common);
  if (!common.user.empty()) {
    LAMA_TRY(state, unlock_at_start(all.sparse ? *all.sparse : *all.archive, common, options, ending));
    if (!state)
      return done{};
    std::cout << common.user << " is logged in.\n" << std::flush;
  }
  int signal = 0;
  ::sigwait(&ending, &signal);
  return done{};
}

} // namespace

namespace {

/// A thousand clients and LevelDB's files need more than the usual 1024 descriptors; what is allowed at most is taken.
void raise_descriptor_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
    return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files); // without it, fewer clients are let in
}

} // namespace

int run_node(const common_options& common, const node_options& options) {
  raise_descriptor_limit();
  // Two arenas for a handful of threads: memory that was freed is used again rather than kept by each.
  ::mallopt(M_ARENA_MAX, 2);
  auto data_dir = fs::absolute(common.folder());
  auto log = start_log(options.log, data_dir);
  if (!log) {
    report(log.failure(), common.json);
    return log.failure().code == errc::bad_input ? wrong_use : failed;
  }
  if (auto password = given_password(common.password_file); !common.user.empty() && (!password || password->empty())) {
    report(fail(errc::bad_input, "--user at start needs a password: --password-file FILE, or LAMA_PASSWORD."), common.json);
    return wrong_use;
  }
  std::vector<side_lock> locks;
  for (auto [wanted, which] : {std::pair{options.archive, side::archive}, std::pair{options.sparse, side::sparse}})
    if (wanted) {
      auto lock = side_lock::take(data_dir, which);
      if (!lock)
        return report(lock.failure(), common.json);
      locks.push_back(std::move(*lock));
    }
  auto ending = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr); // before any thread is made: all inherit it
  ::signal(SIGPIPE, SIG_IGN);

  house all;
  all.data_dir = data_dir;
  all.log = *log;
  all.network = std::make_shared<net::websocket_transport>(all.io);
  auto served = serve(all, common, options, ending);
  // What has not ended by then is stuck; all that was acknowledged is on the disk.
  ::alarm(10);
  ::pthread_sigmask(SIG_UNBLOCK, &ending, nullptr); // a second Ctrl-C ends at once
  take_down(all);
  if (!served)
    return report(served.failure(), common.json);
  return worked;
}

} // namespace lama::app
