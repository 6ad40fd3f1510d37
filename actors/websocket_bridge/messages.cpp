#include "actors/websocket_bridge/messages.hpp"

#include <algorithm>
#include <utility>

namespace lama::actors::bridge {

provision_request to_wire(const provision_user& x) {
  return {x.user, x.password, x.unlock_secret, x.email, x.sparse_person, x.sparse_instance, x.sparse_sign_key, x.sparse_instance_key};
}

provision_user from_wire(provision_request x) {
  return {std::move(x.user), std::move(x.password), std::move(x.unlock_secret),   std::move(x.email),
          x.sparse_person,   x.sparse_instance,     std::move(x.sparse_sign_key), std::move(x.sparse_instance_key)};
}

provision_answer to_wire(const user_provisioned& x) {
  return {x.person, x.instance, x.sign_key, x.instance_key, x.endpoint, x.paired, x.invitation};
}

user_provisioned from_wire(provision_answer x) {
  return {x.person, x.instance, std::move(x.sign_key), std::move(x.instance_key), std::move(x.endpoint), x.paired, std::move(x.invitation)};
}

import_request to_wire(forward_import x) {
  return {std::move(x.user),  std::move(x.lines.conversation), std::move(x.lines.source),
          x.lines.first_line, std::move(x.lines.lines),        std::move(x.lines.people)};
}

forward_import from_wire(import_request x) {
  return {std::move(x.user), {std::move(x.conversation), std::move(x.source), x.first_line, std::move(x.lines), std::move(x.people)}};
}

import_answer to_wire(lines_imported x) {
  return {std::move(x.conversation), x.stored, x.already_there, std::move(x.problems)};
}

lines_imported from_wire(import_answer x) {
  return {std::move(x.conversation), x.stored, x.already_there, std::move(x.problems)};
}

figures_answer to_wire(const sync_figures& x) {
  auto thousandths = [](double a_second) { return static_cast<uint64_t>(std::max(0.0, a_second) * 1000); };
  return {x.sequence,
          x.objects,
          x.bytes,
          x.lost,
          thousandths(x.entries_a_second),
          thousandths(x.commits_a_second),
          x.knows_other,
          x.other_behind,
          static_cast<uint64_t>(std::max<int64_t>(0, x.other_behind_ms))};
}

sync_figures from_wire(const figures_answer& x) {
  constexpr uint64_t longest_ms = uint64_t{1} << 53; // JSON's whole numbers
  return {x.sequence,
          x.objects,
          x.bytes,
          x.lost,
          static_cast<double>(x.entries_a_kilosecond) / 1000,
          static_cast<double>(x.commits_a_kilosecond) / 1000,
          x.knows_other,
          x.other_behind,
          static_cast<int64_t>(std::min(x.other_behind_ms, longest_ms))};
}

} // namespace lama::actors::bridge
