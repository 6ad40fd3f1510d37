#pragma once

#include "protocol/ipc/json_schema.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace lama::protocol::ipc {

/// What config/ipc.schema.json says of a channel, beside its parameters and answer.
struct channel_rules {
  bool login = true;              ///< needs a user who is logged in
  bool archive = false;           ///< the device's side asks the archive
  bool queues = false;            ///< kept for later while the archive is not connected
  bool login_rate = false;        ///< counts as an attempt to log in
  std::optional<int32_t> later{}; ///< the code it answers with, as its subject is not there yet
};

/// The IPC's one schema file, which is part of the program. Safe from several threads; each piece is compiled at its first use.
class ipc_schema {
public:
  static const ipc_schema& shipped();
  /// `bad_input` where it lacks what it should have.
  static result<std::unique_ptr<const ipc_schema>> parse(std::string_view text);

  const std::map<std::string, channel_rules, std::less<>>& channels() const {
    return channels_;
  }
  const nlohmann::json& document() const {
    return document_;
  }

  // Nothing: it fits. What the schema does not name is a violation.
  std::optional<violation> check_params(const std::string& channel, const nlohmann::json& params) const;
  std::optional<violation> check_result(const std::string& channel, const nlohmann::json& result) const;
  std::optional<violation> check_notification(const std::string& name, const nlohmann::json& params) const;

private:
  ipc_schema() = default;
  std::optional<violation> check(const char* list, const std::string& name, const char* part, const nlohmann::json& what) const;

  nlohmann::json document_;
  std::map<std::string, channel_rules, std::less<>> channels_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const json_schema>> compiled_; ///< by list, name and part
};

} // namespace lama::protocol::ipc
