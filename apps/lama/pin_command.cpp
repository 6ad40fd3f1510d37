#include "apps/lama/commands.hpp"

#include <iostream>
#include <memory>

namespace lama::app {

namespace {

struct arguments {
  std::string conversation;
  bool off = false;
};

int pin(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(conversation, find_conversation(node, given.conversation));
    LAMA_TRY(answer, node.call("storage:pin", {{"conversationId", conversation}, {"pinned", !given.off}}));
    if (common.json)
      print_json(answer);
    else
      std::cout << (given.off ? "No longer pinned.\n" : "Pinned: it stays on this device whatever its budget.\n");
    return done{};
  });
}

} // namespace

void add_pin_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* pinning = to.add("pin", "Keep all that is here of a conversation on this device, whatever its budget");
  pinning->add_option("CONVERSATION", given->conversation, "By its id, or the beginning of its name")->required();
  pinning->add_flag("--off", given->off, "No longer");
  to.on(pinning, [given, &common = to.common] { return pin(common, *given); });
}

} // namespace lama::app
