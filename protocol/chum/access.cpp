#include "protocol/chum/access.hpp"

#include "protocol/chum/children.hpp"
#include "protocol/chum/json_text.hpp"
#include "protocol/limits.hpp"
#include "protocol/objects/own_channels.hpp"
#include "protocol/versions/versions.hpp"

#include <algorithm>
#include <unordered_set>

namespace lama::protocol::chum {

namespace {

constexpr std::string_view type_names[] = {"unversioned", "versioned", "id", "version_node"};

class collector {
public:
  collector(const object_source& from, const audience& who, std::unordered_set<hash>* clean)
      : from_(from), who_(who), clean_(clean), any_texts_(from.kept_texts().any()) {
    // nop
  }

  /// Everything that the current grants give to `whom`, which stands in their field `role`.
  void add_grants_to(const hash& whom, std::string_view role) {
    for (const auto& grant : current_naming(whom, "Access", role))
      if (auto target = grant.content.reference("object"))
        add_object(*target);
    for (const auto& grant : current_naming(whom, "IdAccess", role))
      if (auto target = grant.content.reference("id"))
        add_id(*target);
  }

  void add_grants_to_groups_of(const hash& person) {
    for (const auto& group : current_naming(person, "Group", "person"))
      add_grants_to(group.id, "group");
  }

  accessible finish() && {
    return std::move(out_);
  }

private:
  struct current_object {
    hash id;
    object content;
  };

  /// Objects of `type` that refer to `whom` in their list `field` and are the current version of themselves. Referring elsewhere, as an
  /// IdAccess *on* a person does, gives that person nothing.
  std::vector<current_object> current_naming(const hash& whom, std::string_view type, std::string_view field) const {
    std::vector<current_object> out;
    for (const auto& name : from_.referrers(whom, type)) {
      auto text = from_.read(name);
      if (!text)
        continue;
      auto facts = examine(*text, from_.recipes());
      if (!facts || !facts->id_hash || current_data(from_, *facts->id_hash) != name)
        continue;
      auto parsed = parse_object(*text, from_.recipes());
      if (!parsed)
        continue;
      auto named = parsed->references(field);
      if (std::find(named.begin(), named.end(), whom) != named.end())
        out.push_back({*facts->id_hash, std::move(*parsed)});
    }
    return out;
  }

  bool is_for_this_remote(std::string_view type) const {
    return !is_grant_type(type) && from_.recipes().find(type) && (who_.knows_our_types || is_stock_type(type));
  }

  /// A channel is of a stock type, whatever stands in it: one unknown type ends a stock importer.
  bool is_own_channel(std::string_view type, std::string_view text) const {
    return type == "ChannelInfo" && !who_.knows_our_types && channel_name(text, from_.recipes()).starts_with(own_channels);
  }

  /// One type that it does not know, somewhere below, ends a stock importer as well. Looked for only where such texts are kept.
  bool reaches_kept_text(const hash& name, bool is_id_object, std::optional<std::string_view> known_text = {}) {
    if (who_.knows_our_types || !any_texts_ || (clean_ && clean_->contains(name)))
      return false;
    auto below = children_of(from_, name, is_id_object, known_text);
    if (below && clean_ && clean_->size() < limits::chum_list_entries)
      clean_->insert(name);
    return !below && below.failure().code == errc::unsupported;
  }

  void add(root entry) {
    if (out_.roots.size() < limits::chum_list_entries && names_.insert(entry.name).second)
      out_.roots.push_back(std::move(entry));
  }

  void add_object(const hash& name) {
    auto text = from_.read(name);
    if (!text)
      return;
    auto content = classify(*text);
    if (content.kind != content_kind::object || !is_for_this_remote(content.type) || is_own_channel(content.type, *text))
      return;
    auto facts = examine(*text, from_.recipes());
    if (!facts || reaches_kept_text(name, false))
      return;
    auto type = facts->id_hash ? root_type::versioned : root_type::unversioned;
    add({type, name, facts->id_hash.value_or(hash{}), std::string{content.type}});
  }

  void add_id(const hash& id) {
    auto text = from_.read(id);
    if (!text)
      return;
    auto content = classify(*text);
    if (content.kind != content_kind::id_object || !is_for_this_remote(content.type) || is_own_channel(content.type, *text))
      return;
    std::string type{content.type};
    if (reaches_kept_text(id, true))
      return;
    add({root_type::id, id, id, type});
    if (who_.offer == version_offer::history) {
      for (const auto& node : listed_version_nodes(from_, id))
        if (!reaches_kept_text(node, false))
          add({root_type::version_node, node, id, type});
    } else if (auto edge = edge_text_of_head(from_, id); edge && !reaches_kept_text(sha256(*edge), false, *edge)) {
      auto node = sha256(*edge);
      add({root_type::version_node, node, id, type});
      out_.edges.emplace(node, std::move(*edge));
    }
  }

  const object_source& from_;
  const audience& who_;
  std::unordered_set<hash>* clean_;
  bool any_texts_;
  std::unordered_set<hash> names_;
  accessible out_;
};

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":";
  append_json_string(out, text);
}

/// Nothing where a member is missing or no hash.
std::optional<root> read_root(const flat_object& entry, root_type type) {
  root out;
  out.type = type;
  auto is_node = type == root_type::version_node;
  auto name = hash::from_hex(member(entry, is_node ? "node" : type == root_type::id ? "idHash" : "hash"));
  auto id = type == root_type::unversioned ? hash{} : hash::from_hex(member(entry, is_node ? "dataIdHash" : "idHash"));
  out.one_type = member(entry, is_node ? "dataType" : "oneType");
  if (!name || !id || out.one_type.empty())
    return std::nullopt;
  out.name = *name;
  out.id = *id;
  return out;
}

} // namespace

bool is_grant_type(std::string_view type) {
  return type == "Access" || type == "IdAccess" || type == "Group";
}

accessible accessible_roots(const object_source& from, const audience& who, std::unordered_set<hash>* clean) {
  collector out{from, who, clean};
  out.add_grants_to(who.person, "person");
  out.add_grants_to_groups_of(who.person);
  return std::move(out).finish();
}

std::string write_roots(const std::vector<root>& roots) {
  std::string out = "[";
  for (const auto& entry : roots) {
    out += out.size() > 1 ? ",{" : "{";
    append_member(out, "type", type_names[static_cast<std::size_t>(entry.type)]);
    if (entry.type == root_type::version_node) {
      append_member(out, "node", entry.name.hex());
      append_member(out, "dataIdHash", entry.id.hex());
      append_member(out, "dataType", entry.one_type);
    } else {
      if (entry.type != root_type::id)
        append_member(out, "hash", entry.name.hex());
      if (entry.type != root_type::unversioned)
        append_member(out, "idHash", entry.id.hex());
      append_member(out, "oneType", entry.one_type);
    }
    out += '}';
  }
  return out + "]";
}

result<std::vector<root>> read_roots(std::string_view text) {
  std::vector<root> out;
  std::string complaint;
  auto walked = read_list(text, [&](flat_object& entry) {
    auto type = std::find(std::begin(type_names), std::end(type_names), member(entry, "type"));
    if (type == std::end(type_names)) {
      complaint = "a root of the unknown type '" + std::string{member(entry, "type").substr(0, 64)} + "'";
      return false;
    }
    auto parsed = read_root(entry, static_cast<root_type>(type - std::begin(type_names)));
    if (!parsed) {
      complaint = "a root without its hash or type";
      return false;
    }
    out.push_back(std::move(*parsed));
    return true;
  });
  if (!complaint.empty())
    return fail(errc::bad_input, "The peer's list of roots holds " + complaint + ".", "DAH-PAO3");
  if (!walked)
    return fail(walked.failure().code, "The peer's list of roots: " + walked.failure().message, "DAH-PAO2");
  return out;
}

} // namespace lama::protocol::chum
