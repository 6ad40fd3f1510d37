#pragma once

#include "net/rpc_client.hpp"
#include "protocol/result.hpp"

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

/// Nodes as processes of their own, for benchmarks: this very program, started with `run` in a folder that goes with them.
namespace lama::app {

class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const {
    return path_;
  }

private:
  std::filesystem::path path_;
};

class node_process {
public:
  /// `lama run` with free ports; `user` is made where it does not exist, and logged in, unless it is empty.
  static result<node_process> start(const std::filesystem::path& data_dir, const std::string& user);
  ~node_process();
  node_process(node_process&& other) noexcept;
  node_process& operator=(node_process&&) = delete;

  /// SIGTERM, and waits.
  void stop();

  net::rpc_client client() const;
  const net::rpc_options& options() const {
    return options_;
  }
  /// The other one: its IPC port.
  result<net::rpc_options> archive_options() const;
  /// Seconds of user and system time so far.
  double cpu_seconds() const;
  double resident_megabytes() const;
  /// From start to the first answer of /healthz.
  std::chrono::duration<double, std::milli> ready_after() const {
    return ready_after_;
  }

private:
  node_process() = default;

  pid_t pid_ = 0;
  std::filesystem::path data_dir_;
  net::rpc_options options_;
  std::chrono::duration<double, std::milli> ready_after_{};
};

/// Right after a start a part may not be there yet: asked again until it is, for half a minute.
result<nlohmann::json> call_when_ready(net::rpc_client& client, const std::string& method, const nlohmann::json& parameters);

/// Has `b` accept an invitation of `a`; answers the conversation that both then have.
result<std::string> pair_nodes(node_process& a, node_process& b);

/// Median and the like of sorted samples; `share` in [0, 1].
double quantile(std::vector<double> samples, double share);

} // namespace lama::app
