#pragma once

#include "actors/websocket_bridge/interface.hpp"
#include "protocol/ipc/envelope.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// What crosses the bridge, byte for byte (docs/bridge.md). These structs are the wire: fields are only ever added at the end, with
/// defaults. They are apart from the actors' messages so that a change inside the node does not change the protocol.
namespace lama::actors::bridge {

/// Numbers of the table of messages; stable.
enum class message_id : uint32_t {
  provision = 1,
  logout = 2,
  call = 3,
  import = 4,
  ping = 5,
  figures = 6,
  give_back = 7,
};

struct provision_request {
  std::string user;
  std::string password;
  std::string unlock_secret;
  std::string email;
  hash sparse_person{};
  hash sparse_instance{};
  std::string sparse_sign_key;
  std::string sparse_instance_key;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, provision_request& x) {
  return f(x.user, x.password, x.unlock_secret, x.email, x.sparse_person, x.sparse_instance, x.sparse_sign_key, x.sparse_instance_key);
}

struct provision_answer {
  hash person{};
  hash instance{};
  std::string sign_key;
  std::string instance_key;
  std::string endpoint;
  bool paired = false;
  std::string invitation;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, provision_answer& x) {
  return f(x.person, x.instance, x.sign_key, x.instance_key, x.endpoint, x.paired, x.invitation);
}

struct logout_request {
  std::string user;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, logout_request& x) {
  return f(x.user);
}

struct empty_answer {
  uint8_t reserved = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, empty_answer& x) {
  return f(x.reserved);
}

struct call_request {
  std::string user;
  std::string method;
  std::string params;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, call_request& x) {
  return f(x.user, x.method, x.params);
}

struct call_answer {
  bool failed = false;
  std::string json;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, call_answer& x) {
  return f(x.failed, x.json);
}

struct import_request {
  std::string user;
  std::string conversation;
  std::string source;
  uint64_t first_line = 1;
  std::vector<std::string> lines;
  std::map<std::string, hash> people{};
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, import_request& x) {
  return f(x.user, x.conversation, x.source, x.first_line, x.lines, x.people);
}

struct import_answer {
  std::string conversation;
  uint64_t stored = 0;
  uint64_t already_there = 0;
  std::vector<std::string> problems;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, import_answer& x) {
  return f(x.conversation, x.stored, x.already_there, x.problems);
}

struct figures_request {
  std::string user;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, figures_request& x) {
  return f(x.user);
}

/// Rates in thousandths: no floating point crosses.
struct figures_answer {
  uint64_t sequence = 0;
  uint64_t objects = 0;
  uint64_t bytes = 0;
  uint64_t lost = 0;
  uint64_t entries_a_kilosecond = 0;
  uint64_t commits_a_kilosecond = 0;
  bool knows_other = false;
  uint64_t other_behind = 0;
  uint64_t other_behind_ms = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, figures_answer& x) {
  return f(x.sequence, x.objects, x.bytes, x.lost, x.entries_a_kilosecond, x.commits_a_kilosecond, x.knows_other, x.other_behind, x.other_behind_ms);
}

struct give_back_request {
  std::string user;
  std::vector<hash> names;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, give_back_request& x) {
  return f(x.user, x.names);
}

struct give_back_answer {
  std::vector<std::string> contents;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, give_back_answer& x) {
  return f(x.contents);
}

// Between the wire and the actors.
provision_request to_wire(const provision_user& x);
provision_user from_wire(provision_request x);
provision_answer to_wire(const user_provisioned& x);
user_provisioned from_wire(provision_answer x);
import_request to_wire(forward_import x);
forward_import from_wire(import_request x);
import_answer to_wire(lines_imported x);
lines_imported from_wire(import_answer x);
figures_answer to_wire(const sync_figures& x);
sync_figures from_wire(const figures_answer& x);

} // namespace lama::actors::bridge
