#include "actors/ui_gateway/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cctype>
#include <map>
#include <utility>
#include <vector>

namespace lama::actors {

namespace {

using nlohmann::json;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Seconds: a small call takes a tenth of a millisecond, a slow one waits for the archive's deadline.
const prometheus::Histogram::BucketBoundaries latency_buckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                              0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30};

/// Gauges by name, in the order of names.
using families = std::map<std::string, MetricFamily>;

void add(families& to, const std::string& name, const std::string& help, std::vector<ClientMetric::Label> labels, double value,
         MetricType type = MetricType::Gauge) {
  auto& family = to[name];
  family.name = name;
  family.help = help;
  family.type = type;
  ClientMetric metric;
  metric.label = std::move(labels);
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family.metric.push_back(std::move(metric));
}

/// "lastError" → "last_error": letters and digits with underscores between words.
std::string snake(const std::string& key) {
  std::string name;
  for (char c : key) {
    auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) && !name.empty() && name.back() != '_')
      name += '_';
    name += std::isalnum(letter) ? static_cast<char>(std::tolower(letter)) : '_';
  }
  return name;
}

double number_of(const json& x) {
  return x.is_boolean() ? (x.get<bool>() ? 1 : 0) : x.get<double>();
}

/// "object-store/anna" → actor "object-store", user "anna".
std::vector<ClientMetric::Label> labels_of(const std::string& role) {
  auto slash = role.find('/');
  std::vector<ClientMetric::Label> labels{{"actor", role.substr(0, slash)}};
  if (slash != role.npos)
    labels.push_back({"user", role.substr(slash + 1)});
  return labels;
}

/// Every number that an actor tells becomes lama_<actor>_<member>; the reasons why connections ended become a label.
void add_actor(families& to, const std::string& role, const json& status) {
  auto labels = labels_of(role);
  auto piece = "lama_" + snake(labels.front().value) + '_';
  for (const auto& [key, value] : status.items()) {
    if (key == "ended" && value.is_object()) {
      for (const auto& [reason, count] : value.items())
        if (count.is_number())
          add(to, "lama_connections_ended_total", "Connections and handshakes that ended, by reason.", {{"reason", reason}}, number_of(count),
              MetricType::Counter);
    } else if (key == "restarts" && value.is_number()) {
      add(to, "lama_restarts_total", "Actors that died and were started again, by who looks after them.", labels, number_of(value), MetricType::Counter);
    } else if (value.is_number() || value.is_boolean()) {
      add(to, piece + snake(key), "What " + labels.front().value + " says of itself.", labels, number_of(value));
    }
  }
}

} // namespace

struct gateway_metrics::state {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& latency =
      prometheus::BuildHistogram().Name("lama_ipc_latency_seconds").Help("From a call to its answer, by channel.").Register(registry);
  prometheus::Family<prometheus::Counter>& errors =
      prometheus::BuildCounter().Name("lama_ipc_errors_total").Help("Calls answered with an error, by channel and number.").Register(registry);
  prometheus::Counter& notifications =
      prometheus::BuildCounter().Name("lama_ipc_notifications_total").Help("Notifications told to users' pages.").Register(registry).Add({});
  std::map<std::string, prometheus::Histogram*> by_channel; ///< the library looks labels up by hashing them all, each time
};

gateway_metrics::gateway_metrics() : state_{std::make_unique<state>()} {
  // nop
}
gateway_metrics::~gateway_metrics() = default;

void gateway_metrics::count_call(const std::string& channel, int code, std::chrono::nanoseconds took) {
  auto& known = state_->by_channel[channel];
  if (!known)
    known = &state_->latency.Add({{"channel", channel}}, latency_buckets);
  known->Observe(std::chrono::duration<double>(took).count());
  if (code != 0)
    state_->errors.Add({{"channel", channel}, {"code", std::to_string(code)}}).Increment();
}

void gateway_metrics::count_notification() {
  state_->notifications.Increment();
}

std::string gateway_metrics::text(const json& walked) const {
  auto all = state_->registry.Collect();
  families found;
  add(found, "lama_up", "1: every actor answers, and the other side is connected.", {{"side", walked["side"]}, {"version", walked["version"]}},
      walked["status"] == "ok" ? 1 : 0);
  add(found, "lama_uptime_seconds", "Since this side was started.", {}, walked["uptimeMs"].get<double>() / 1000);
  add(found, "lama_bridge_connected", "Archive and device are connected.", {}, number_of(walked["bridgeConnected"]));
  add(found, "lama_users_unlocked", "Users who are logged in here.", {}, static_cast<double>(walked["users"].size()));
  const auto* other = walked["side"] == "archive" ? "sparse" : "archive";
  for (const auto& [user, lag] : walked["lag"].items()) {
    std::vector<ClientMetric::Label> labels{{"user", user}, {"peer", other}};
    add(found, "lama_sync_behind_entries", "Entries of this side's change log that the other instance has not acknowledged.", labels,
        number_of(lag["entries"]));
    add(found, "lama_sync_behind_seconds", "How long the oldest of them has waited.", labels, number_of(lag["ageMs"]) / 1000);
  }
  for (const auto& [role, status] : walked["actors"].items()) {
    auto answers = status.is_object();
    add(found, "lama_actor_answers", "0: the actor did not answer in time.", labels_of(role), answers ? 1 : 0);
    if (answers)
      add_actor(found, role, status);
  }
  for (const auto& [role, milliseconds] : walked["answeredMs"].items())
    add(found, "lama_actor_answer_seconds", "How long a question to the actor took: what waits in its mailbox stands before it.", labels_of(role),
        milliseconds.get<double>() / 1000);
  for (auto& [name, family] : found)
    all.push_back(std::move(family));
  return prometheus::TextSerializer{}.prometheus::Serializer::Serialize(all);
}

} // namespace lama::actors
