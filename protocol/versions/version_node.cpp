#include "protocol/versions/version_node.hpp"

#include <cmath>

namespace lama::protocol {

namespace {

constexpr std::string_view edge_type = "VersionNodeEdge";
constexpr std::string_view change_type = "VersionNodeChange";
constexpr std::string_view merge_type = "VersionNodeMerge";

} // namespace

bool is_version_node_type(std::string_view type) {
  return type == edge_type || type == change_type || type == merge_type;
}

version_node edge_to(const hash& data, double creation_time) {
  return {version_node_kind::edge, data, {}, 0, creation_time};
}

std::string write_version_node(const version_node& x) {
  auto type = x.kind == version_node_kind::edge ? edge_type : x.kind == version_node_kind::change ? change_type : merge_type;
  object_writer out{type};
  if (x.kind == version_node_kind::change && !x.previous.empty())
    out.object_reference("prev", x.previous.front());
  if (x.kind == version_node_kind::merge)
    out.bag("nodes", reference_kind::object, x.previous);
  out.object_reference("data", x.data);
  out.number("depth", x.depth);
  out.number("creationTime", x.creation_time);
  return out.finish();
}

result<version_node> parse_version_node(std::string_view text, const recipe_table& recipes) {
  LAMA_TRY(parsed, parse_object(text, recipes));
  version_node x;
  if (parsed.type == change_type) {
    x.kind = version_node_kind::change;
    if (auto previous = parsed.reference("prev"))
      x.previous.push_back(*previous);
  } else if (parsed.type == merge_type) {
    x.kind = version_node_kind::merge;
    x.previous = parsed.references("nodes");
  } else if (parsed.type != edge_type) {
    return fail(errc::bad_input, "an object of type " + parsed.type + " is no version node");
  }
  auto data = parsed.reference("data");
  if (!data)
    return fail(errc::bad_input, "a version node without data");
  x.data = *data;
  x.depth = parsed.number("depth");
  x.creation_time = parsed.number("creationTime");
  if (!std::isfinite(x.depth) || !std::isfinite(x.creation_time))
    return fail(errc::bad_input, "a version node whose depth or creation time is not a number");
  return x;
}

result<version_node> load_version_node(const object_source& from, const hash& name) {
  auto text = from.read(name);
  if (!text)
    return fail(errc::not_found, "version node " + name.hex() + " is not here");
  auto parsed = parse_version_node(*text, from.recipes());
  if (!parsed)
    return fail(errc::corrupt, "version node " + name.hex() + ": " + parsed.failure().message);
  return parsed;
}

} // namespace lama::protocol
