#include "apps/lama/commands.hpp"
#include "apps/lama/environment.hpp"

#include "protocol/environment.hpp"
#include "protocol/hash.hpp"

#include <iostream>
#include <memory>

namespace lama::app {

namespace {

constexpr const char* bridge_file = "bridge.json";

result<json> read_bridge(actors::file_area& files) {
  LAMA_TRY(text, files.read(bridge_file));
  auto parsed = text ? json::parse(*text, nullptr, false) : json{};
  if (!parsed.is_object())
    return fail(errc::not_found, "There is no bridge.json in this data dir; an archive writes it when it first runs.");
  return parsed;
}

result<std::size_t> met_nodes(actors::file_area& files, const char* side) {
  LAMA_TRY(text, files.read(std::string{side} + "/bridge-peers.json"));
  auto parsed = text ? json::parse(*text, nullptr, false) : json{};
  return parsed.is_array() ? parsed.size() : std::size_t{0};
}

result<done> show(const common_options& common) {
  auto files = real_files(common.folder());
  LAMA_TRY(bridge, read_bridge(*files));
  LAMA_TRY(archive, met_nodes(*files, "archive"));
  LAMA_TRY(sparse, met_nodes(*files, "sparse"));
  if (common.json)
    print_json({{"url", text_in(bridge, "url")}, {"nodeKey", text_in(bridge, "nodeKey")}, {"archiveKnows", archive}, {"sparseKnows", sparse}});
  else
    std::cout << "archive   " << text_in(bridge, "url") << "\nnode key  " << text_in(bridge, "nodeKey") << "\nit knows  " << archive
              << " device(s); this side knows " << sparse << " archive(s)\nThe provisioning secret stands in " << (common.folder() / bridge_file).string()
              << ": who has that file can connect a new device.\n";
  return done{};
}

/// Keys and secrets are read at start: nothing may run that has the old ones.
result<std::vector<side_lock>> stop_others(const common_options& common) {
  std::vector<side_lock> locks;
  for (auto side : {actors::side::archive, actors::side::sparse}) {
    LAMA_TRY(lock, side_lock::take(common.folder(), side));
    locks.push_back(std::move(lock));
  }
  return locks;
}

result<done> rotate(const common_options& common) {
  auto locks = stop_others(common);
  if (!locks)
    return locks.failure();
  auto files = real_files(common.folder());
  LAMA_TRY(bridge, read_bridge(*files));
  bridge["secret"] = to_hex(system_random().bytes(32));
  LAMA_CHECK(files->write(bridge_file, bridge.dump(2) + '\n'));
  std::cout << "There is a new provisioning secret. Devices that the archive knows stay connected; new ones need the new bridge.json.\n";
  return done{};
}

result<done> forget(const common_options& common) {
  auto locks = stop_others(common);
  if (!locks)
    return locks.failure();
  auto files = real_files(common.folder());
  for (const auto* side : {"archive", "sparse"})
    LAMA_CHECK(files->remove(std::string{side} + "/bridge-peers.json"));
  std::cout << "All devices are forgotten; each must prove itself by bridge.json again.\n";
  return done{};
}

} // namespace

void add_bridge_commands(command_list& to) {
  auto* bridge = to.add("bridge", "The link between archive and devices");
  bridge->require_subcommand(1);
  bridge->fallthrough();
  auto* showing = bridge->add_subcommand("show", "Its address and key");
  auto* rotating = bridge->add_subcommand("rotate", "Make a new provisioning secret (with the node stopped)");
  auto* forgetting = bridge->add_subcommand("forget", "Forget the devices that were met (with the node stopped)");
  to.on(bridge, [=, &common = to.common] {
    auto ended = showing->parsed() ? show(common) : rotating->parsed() ? rotate(common) : forgetting->parsed() ? forget(common) : result<done>{done{}};
    return ended ? worked : report(ended.failure(), common.json);
  });
}

} // namespace lama::app
