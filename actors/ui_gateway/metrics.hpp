#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace lama::actors {

/// Numbers for Prometheus (GET /metrics; config/grafana-dashboard.json and config/alerts.yml read them). The gateway's own are counted here; those of the other
/// actors are taken from what they say of themselves when somebody asks.
class gateway_metrics {
public:
  gateway_metrics();
  ~gateway_metrics();

  /// @param code  0: answered; else the error's number
  void count_call(const std::string& channel, int code, std::chrono::nanoseconds took);
  void count_notification();

  /// The exposition format, version 0.0.4. `walked` is what `walk_node` gives.
  std::string text(const nlohmann::json& walked) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace lama::actors
