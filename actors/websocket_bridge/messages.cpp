#include "actors/websocket_bridge/messages.hpp"

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

} // namespace lama::actors::bridge
