#include "protocol/chum/children.hpp"

#include "protocol/chum/json_text.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <unordered_set>

namespace lama::protocol::chum {

namespace {

constexpr std::string_view type_names[] = {"object", "id", "blob", "clob"};

/// LAMA puts raw blob hashes where objects belong (docs/protocol/04 §4.6). Such a blob may be missing like any other.
bool may_be_a_blob(const object_facts& parent, const reference& link) {
  if (parent.is_id_object || parent.type->name != "ChatMessage" || link.field >= parent.type->rules.size())
    return false;
  const auto& name = parent.type->rules[link.field].name;
  return name == "attachments" || name == "thumbnails";
}

class walker {
public:
  explicit walker(const object_source& from) : from_(from), any_texts_(from.kept_texts().any()) {
    // nop
  }

  result<child_list> walk(const hash& root, bool is_id_object, std::optional<std::string_view> known_text) {
    auto text = known_text ? std::optional<std::string>{*known_text} : from_.read(root);
    if (!text)
      return from_.contains(root) ? result<child_list>{not_an_object(root)} : result<child_list>{missing(root)};
    seen_.insert(root);
    LAMA_CHECK(open({is_id_object ? child_type::id : child_type::object, root}, *text));
    while (!stack_.empty())
      LAMA_CHECK(step());
    out_.entries.pop_back(); // the root itself, recorded last
    std::reverse(out_.entries.begin(), out_.entries.end());
    return std::move(out_);
  }

private:
  struct frame {
    child self;
    object_facts facts;
    std::size_t next = 0;
  };

  static error missing(const hash& name) {
    return fail(errc::not_found, "SB-READ2: File not found: " + name.hex() + " [objects]", "SB-READ2");
  }
  static error not_an_object(const hash& name) {
    return fail(errc::bad_input, "M2O-PH1: This does not look like valid ONE microdata: " + name.hex(), "M2O-PH1");
  }

  result<done> open(const child& self, std::string_view text) {
    auto expected = self.type == child_type::id ? content_kind::id_object : content_kind::object;
    if (classify(text).kind != expected)
      return not_an_object(self.name);
    auto facts = examine(text, from_.recipes(), parse_mode::lenient);
    if (!facts) {
      auto failure = std::move(facts).failure();
      if (failure.detail.empty())
        failure.detail = failure.code == errc::unsupported ? "OR-ET1" : "M2O-PH1";
      return failure;
    }
    const auto& type = facts->type->name;
    if (any_texts_ && !standard_recipes().find(type) && from_.kept_text(self.name, type))
      return fail(errc::unsupported, "OR-ET1: no recipe for " + type, "OR-ET1"); // a contact's, of a type that the user registered
    facts->id_text.clear();
    stack_.push_back({self, std::move(*facts), 0});
    return done{};
  }

  result<done> record(const child& entry) {
    if (out_.entries.size() >= limits::chum_list_entries)
      return fail(errc::too_large, "Over " + std::to_string(limits::chum_list_entries) + " objects hang below this one; it cannot be listed.");
    out_.entries.push_back(entry);
    return done{};
  }

  /// One reference of the topmost object, or its end.
  result<done> step() {
    auto& top = stack_.back();
    if (top.next == top.facts.references.size()) {
      auto self = top.self;
      stack_.pop_back();
      return record(self);
    }
    auto link = top.facts.references[top.next++];
    if (!seen_.insert(link.target).second)
      return done{};
    if (link.kind == reference_kind::blob || link.kind == reference_kind::clob)
      return record({link.kind == reference_kind::blob ? child_type::blob : child_type::clob, link.target});
    auto text = from_.read(link.target);
    if (!text) {
      if (from_.elsewhere(link.target)) {
        out_.is_partial = true;
        return done{};
      }
      // What is here but cannot be read as a text is a blob too large for one.
      auto is_blob = link.kind == reference_kind::object && (from_.contains(link.target) || may_be_a_blob(top.facts, link));
      return is_blob ? record({child_type::blob, link.target}) : result<done>{missing(link.target)};
    }
    if (link.kind == reference_kind::id)
      return open({child_type::id, link.target}, *text);
    auto kind = classify(*text).kind;
    if (kind == content_kind::blob || kind == content_kind::clob)
      return record({child_type::blob, link.target});
    return open({child_type::object, link.target}, *text);
  }

  const object_source& from_;
  bool any_texts_;
  std::unordered_set<hash> seen_;
  std::vector<frame> stack_;
  child_list out_;
};

} // namespace

result<child_list> children_of(const object_source& from, const hash& name, bool is_id_object, std::optional<std::string_view> known_text) {
  return walker{from}.walk(name, is_id_object, known_text);
}

std::string write_children(const std::vector<child>& entries) {
  std::string out;
  out.reserve(entries.size() * 100 + 2);
  out += '[';
  for (const auto& entry : entries) {
    out += out.size() > 1 ? ",{\"type\":\"" : "{\"type\":\"";
    out += type_names[static_cast<std::size_t>(entry.type)];
    out += "\",\"hash\":\"";
    out += entry.name.hex();
    out += "\"}";
  }
  out += ']';
  return out;
}

result<std::vector<child>> read_children(std::string_view text) {
  std::vector<child> out;
  std::string_view code = "DC-PC2";
  auto walked = read_list(text, [&](flat_object& entry) {
    auto type = std::find(std::begin(type_names), std::end(type_names), member(entry, "type"));
    auto name = hash::from_hex(member(entry, "hash"));
    if (type == std::end(type_names) || !name) {
      code = name ? "DC-PC3" : "DC-PC4";
      return false;
    }
    out.push_back({static_cast<child_type>(type - std::begin(type_names)), *name});
    return true;
  });
  if (!walked)
    return fail(walked.failure().code, "The peer's list of children cannot be read: " + walked.failure().message, std::string{code});
  return out;
}

const std::string* children_cache::find(const hash& name) const {
  auto found = lists_.find(name);
  return found == lists_.end() ? nullptr : &found->second;
}

void children_cache::add(const hash& name, std::string list) {
  if (list.size() > max_bytes_ || lists_.contains(name))
    return;
  bytes_ += list.size();
  while (bytes_ > max_bytes_) {
    auto oldest = lists_.find(order_.front());
    bytes_ -= oldest->second.size();
    lists_.erase(oldest);
    order_.pop_front();
  }
  order_.push_back(name);
  lists_.emplace(name, std::move(list));
}

} // namespace lama::protocol::chum
