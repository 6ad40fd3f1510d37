#include "protocol/objects/own_channels.hpp"

namespace lama::protocol {

std::string channel_name(std::string_view text, const recipe_table& recipes) {
  auto content = classify(text);
  if (content.type != "ChannelInfo")
    return {};
  auto parsed = content.kind == content_kind::id_object ? parse_id_object(text, recipes) : parse_object(text, recipes);
  return parsed ? parsed->text("id") : std::string{};
}

} // namespace lama::protocol
