#include "protocol/objects/microdata.hpp"

#include "protocol/objects/microdata_reader.hpp"
#include "protocol/objects/text.hpp"

namespace lama::protocol {

namespace {

result<object> parse(std::string_view text, const recipe_table& recipes, parse_mode mode, bool id_object) {
  microdata_reader reader{text, recipes, mode};
  if (!reader.read_header())
    return reader.take_failure();
  if (reader.is_id_object() != id_object)
    return fail(errc::bad_input, id_object ? "an object where an id object should be" : "an id object where an object should be", "M2O-PH1");
  object parsed;
  if (!reader.read_body(&parsed, nullptr))
    return reader.take_failure();
  return parsed;
}

} // namespace

result<object> parse_object(std::string_view text, const recipe_table& recipes, parse_mode mode) {
  return parse(text, recipes, mode, false);
}

result<object> parse_id_object(std::string_view text, const recipe_table& recipes, parse_mode mode) {
  return parse(text, recipes, mode, true);
}

result<object_facts> examine(std::string_view text, const recipe_table& recipes, parse_mode mode) {
  microdata_reader reader{text, recipes, mode};
  object_facts facts;
  if (!reader.read_header() || !reader.read_body(nullptr, &facts))
    return reader.take_failure();
  return facts;
}

content_type classify(std::string_view bytes) {
  constexpr std::string_view object_start = "<div itemscope itemtype=\"//refin.io/";
  constexpr std::string_view id_object_start = "<div data-id-object=\"true\" itemscope itemtype=\"//refin.io/";
  constexpr std::size_t looked_at = 257; // the peer reads no more (docs/protocol/01 §2)
  auto start = bytes.substr(0, looked_at);
  if (!is_utf8(start, false))
    return {content_kind::blob, {}};
  for (auto [kind, prefix] : {std::pair{content_kind::object, object_start}, std::pair{content_kind::id_object, id_object_start}})
    if (start.starts_with(prefix))
      if (auto end = start.find("\">", prefix.size()); end != std::string_view::npos)
        return {kind, start.substr(prefix.size(), end - prefix.size())};
  return {content_kind::clob, {}};
}

hash id_hash_of_person(std::string_view email) {
  return sha256(object_writer{"Person", true}.text("email", email).finish());
}

hash id_hash_of_instance(std::string_view name, const hash& owner) {
  return sha256(object_writer{"Instance", true}.text("name", name).id_reference("owner", owner).finish());
}

} // namespace lama::protocol
