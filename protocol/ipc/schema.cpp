#include "protocol/ipc/schema.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

// The file's bytes, in the program (CMakeLists.txt names it as what this source depends on).
asm(".pushsection .rodata\n"
    "lama_ipc_schema:\n"
    ".incbin \"config/ipc.schema.json\"\n"
    "lama_ipc_schema_end:\n"
    ".popsection");
extern const char lama_ipc_schema[] __asm__("lama_ipc_schema");
extern const char lama_ipc_schema_end[] __asm__("lama_ipc_schema_end");

namespace lama::protocol::ipc {

namespace {

using nlohmann::json;

result<channel_rules> read_rules(const std::string& name, const json& x) {
  auto flag = [&x](const char* member) { return x.contains(member) && x[member].is_boolean() && x[member].get<bool>(); };
  auto text = [&x](const char* member) { return x.contains(member) && x[member].is_string() ? x[member].get<std::string>() : std::string{}; };
  if (!x.is_object() || !x.contains("params") || !x.contains("result") || !x.contains("login"))
    return fail(errc::bad_input, "the channel " + name + " needs login, params and result");
  channel_rules rules{flag("login"), text("side") == "archive", flag("queues"), text("rate") == "login", std::nullopt};
  if (x.contains("later") && x["later"].is_number_integer())
    rules.later = x["later"].get<int32_t>();
  return rules;
}

} // namespace

const ipc_schema& ipc_schema::shipped() {
  static const auto shared = [] {
    auto parsed = parse({lama_ipc_schema, static_cast<std::size_t>(lama_ipc_schema_end - lama_ipc_schema)});
    if (!parsed) { // a broken build
      std::fprintf(stderr, "config/ipc.schema.json: %s\n", parsed.failure().message.c_str());
      std::abort();
    }
    return std::move(*parsed);
  }();
  return *shared;
}

result<std::unique_ptr<const ipc_schema>> ipc_schema::parse(std::string_view text) {
  std::unique_ptr<ipc_schema> made{new ipc_schema};
  made->document_ = json::parse(text, nullptr, false);
  const auto& document = made->document_;
  for (const auto* member : {"definitions", "channels", "notifications"})
    if (!document.is_object() || !document.contains(member) || !document[member].is_object())
      return fail(errc::bad_input, std::string{"the IPC's schema has no object "} + member);
  for (const auto& [name, x] : document["channels"].items()) {
    LAMA_TRY(rules, read_rules(name, x));
    made->channels_.emplace(name, rules);
  }
  return std::unique_ptr<const ipc_schema>{std::move(made)};
}

std::optional<violation> ipc_schema::check(const char* list, const std::string& name, const char* part, const json& what) const {
  const auto& all = document_[list];
  auto found = all.find(name);
  if (found == all.end())
    return violation{"", name.substr(0, 100) + " is not in the schema."};
  std::shared_ptr<const json_schema> schema;
  {
    std::lock_guard guard{mutex_};
    auto& known = compiled_[std::string{list} + ' ' + name + ' ' + part];
    if (!known) {
      json document = (*found)[part];
      document["definitions"] = document_["definitions"];
      auto compiled = json_schema::compile(document);
      if (!compiled)
        return violation{"", name + ' ' + part + ": " + compiled.failure().message};
      known = std::make_shared<const json_schema>(std::move(*compiled));
    }
    schema = known;
  }
  return schema->check(what);
}

std::optional<violation> ipc_schema::check_params(const std::string& channel, const json& params) const {
  return check("channels", channel, "params", params);
}

std::optional<violation> ipc_schema::check_result(const std::string& channel, const json& result) const {
  return check("channels", channel, "result", result);
}

std::optional<violation> ipc_schema::check_notification(const std::string& name, const json& params) const {
  return check("notifications", name, "params", params);
}

} // namespace lama::protocol::ipc
