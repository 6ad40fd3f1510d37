#include "storage/index_rules.hpp"
#include "storage/rebuild.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

/// The change log, the indexes by order, and the histories of a database that is written anew.
namespace lama::storage {

void rebuild::carry_log() {
  each_old("l", [&](std::string_view at, std::string_view value) {
    auto first = piece_reader{at}.number(8);
    auto lines = decode_lines(value);
    if (!lines || first < next_line_)
      return; // a gap, or what stands there already
    if (first > next_line_)
      gaps_.push_back({next_line_, first});
    next_line_ = first;
    for (const auto& line : *lines)
      carry_line(next_line_++, line);
    put(keys::log(first), without_lost_types(value, *std::move(lines)));
  });
  // Beyond the last record there can only have been lines of heads, and these are all told again.
  if (next_line_ <= last_record_)
    gaps_.push_back({std::exchange(next_line_, last_record_ + 1), last_record_ + 1});
  else if (last_possible_ != UINT64_MAX && next_line_ <= last_possible_)
    gaps_.push_back({next_line_, next_line_});
}

void rebuild::carry_line(uint64_t sequence, const log_line& line) {
  if (line.kind == change_kind::head)
    return;
  const auto& name = line.kind == change_kind::id_object ? *line.id : line.name;
  auto id = line.kind == change_kind::object ? line.id : std::nullopt;
  auto known = new_.record(name);
  // Its entries in the indexes may be lost as well: it is in none until it comes back, and then in all.
  record_head head{record_kind::lost, 0, sequence, 0, id};
  if (!known) {
    lose(name, head, {});
    flush(); // a later line may tell of it again
  } else if (known->head.kind == record_kind::lost && known->head.sequence == 0) {
    put(keys::object(name), encode(head, {}));
    flush();
  }
}

/// Else a type that comes later would take the number, and these lines would tell of that.
std::string rebuild::without_lost_types(std::string_view value, std::vector<log_line> lines) const {
  if (std::ranges::none_of(lines, [this](const log_line& x) { return nameless_.contains(x.type); }))
    return std::string{value};
  std::string mended;
  for (auto& line : lines) {
    if (nameless_.contains(line.type))
      line.type = 0;
    append_line(mended, line);
  }
  return mended;
}

void rebuild::fill_gaps() {
  if (gaps_.empty())
    return;
  outcome_.log_changed = true;
  std::map<uint64_t, log_line> known;
  new_.each_key("o", [&](std::string_view at, std::string_view value) {
    auto name = hash::from_bytes(at);
    auto found = decode_record(std::string{value});
    if (!name || !found)
      return;
    auto sequence = found->head.sequence;
    if (std::ranges::any_of(gaps_, [&](const gap& x) { return sequence >= x.first && sequence < x.end; }))
      known.emplace(sequence, line_of(*name, found->head));
  });
  for (const auto& x : gaps_) {
    std::vector<log_line> lines;
    for (auto sequence = x.first; sequence < x.end; ++sequence) {
      auto found = known.find(sequence);
      // What no record tells of was the line of a head, or of an earlier coming: any line that is true may stand there.
      lines.push_back(found == known.end() ? last_line_ : found->second);
    }
    tell("Lines " + std::to_string(x.first) + " to " + std::to_string(x.end) + " of the change log were made anew, as far as objects tell of them.");
    write_lines(x.first, lines);
  }
}

void rebuild::write_lines(uint64_t first, const std::vector<log_line>& lines) {
  std::string value;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    append_line(value, lines[i]);
    if (i % lines_per_value != lines_per_value - 1 && i != lines.size() - 1)
      continue;
    put(keys::log(first + i - i % lines_per_value), value);
    value.clear();
  }
}

void rebuild::heal_id_objects() {
  for (const auto& [id, text] : id_texts_) {
    auto known = new_.record(id);
    auto facts = protocol::examine(text, recipes_);
    if ((known && known->head.here()) || !facts)
      continue;
    auto head = known ? known->head : record_head{};
    head.kind = record_kind::id_object;
    head.type = number_of(facts->type->name);
    if (known)
      counts_.discount(known->head.kind, 0);
    if (head.sequence == 0) {
      head.sequence = next_line_ + appended_.size();
      appended_.push_back({change_kind::id_object, head.type, {}, id, false});
    }
    if (head.indexed == 0)
      head.indexed = head.sequence;
    erase(keys::quarantined(id));
    keep(id, head, text, text.size());
    index(id, head, *facts);
    tell("Id object " + id.hex() + " was made anew from a version of it.");
  }
}

void rebuild::carry_reverse_maps() {
  // Those of objects that are here were made from their texts; of the others only the old maps know. Where the name of their type is lost, nobody could
  // ask for them, and they are made when the objects come back.
  for (const auto* prefix : {"r", "i"})
    each_old(prefix, [&](std::string_view at, std::string_view value) {
      auto name = hash::from_bytes(value);
      auto record = name ? new_.record(*name) : std::nullopt;
      auto type = static_cast<uint16_t>(piece_reader{at.substr(std::min<std::size_t>(at.size(), 32))}.number(2));
      if (record && !record->head.here() && record->head.type == type)
        put(std::string{prefix}.append(at), value);
    });
}

bool rebuild::fits(const hash& id, const hash& node) const {
  auto held = new_.record(node);
  if (!held || !new_.record(id))
    return false;
  if (!held->head.here())
    return true;
  auto data = new_.data_of(node);
  auto of = data ? new_.record(*data) : std::nullopt;
  return of && (!of->head.here() || of->head.id == id);
}

void rebuild::carry_heads() {
  each_old("h", [&](std::string_view at, std::string_view value) {
    auto id = hash::from_bytes(at);
    auto node = hash::from_bytes(value);
    if (id && node && fits(*id, *node))
      put(keys::head(*id), value);
    else
      tell("The head of " + to_hex(at) + " was none of its versions.");
  });
}

void rebuild::each_node(const std::function<void(const hash&, const protocol::named_version_node&)>& each) {
  for (const auto& [number, type] : types_) {
    if (!protocol::is_version_node_type(type))
      continue;
    new_.scan(keys::names_of_type(number), [&](std::string_view value) {
      auto name = hash::from_bytes(value);
      auto text = name ? new_.read(*name) : std::nullopt;
      if (!text)
        return; // lost, or elsewhere
      auto node = protocol::parse_version_node(*text, recipes_);
      auto data = node ? new_.record(node->data) : std::nullopt;
      if (data && data->head.id)
        each(*data->head.id, {*name, *node});
    });
  }
}

void rebuild::make_heads() {
  std::set<hash> headless;
  each_node([&](const hash& id, const protocol::named_version_node& x) {
    auto head = new_.head(id);
    // Where pieces could not be read, an older value may have come to light: then a node stands on top of what claims to be the head.
    auto overtaken = head && old_.trouble() && std::ranges::find(x.node.previous, *head) != x.node.previous.end();
    if (!head || overtaken)
      headless.insert(id);
  });
  if (headless.empty())
    return;
  std::map<hash, std::vector<protocol::named_version_node>> nodes;
  each_node([&](const hash& id, const protocol::named_version_node& x) {
    if (headless.contains(id))
      nodes[id].push_back(x);
  });
  for (const auto& [id, all] : nodes) {
    std::set<hash> before;
    for (const auto& x : all)
      before.insert(x.node.previous.begin(), x.node.previous.end());
    const protocol::named_version_node* head = nullptr;
    auto rank = [](const protocol::named_version_node& x) { return std::tuple{x.node.creation_time, x.node.depth, x.name}; };
    for (const auto& x : all)
      if (!before.contains(x.name) && (!head || rank(*head) < rank(x)))
        head = &x;
    if (!head || !fits(id, head->name))
      continue;
    put(keys::head(id), head->name.raw());
    tell("The head of " + id.hex() + " was found anew: its latest version.");
  }
  flush();
}

void rebuild::mend_versions() {
  make_heads();
  each_old("v", [&](std::string_view at, std::string_view) {
    auto id = hash::from_bytes(at.substr(0, 32));
    auto node = hash::from_bytes(at.substr(std::min<std::size_t>(at.size(), 32)));
    if (id && node && new_.head(*id) && fits(*id, *node))
      put(keys::history(*id, *node), {});
  });
  flush();
  each_node([&](const hash& id, const protocol::named_version_node& x) {
    if (!x.node.previous.empty() && new_.in_history(id, x.name))
      mark_history(id, x.node.previous);
  });
}

void rebuild::mark_history(const hash& id, std::vector<hash> waiting) {
  while (!waiting.empty()) {
    auto node = waiting.back();
    waiting.pop_back();
    if (new_.in_history(id, node) || !new_.record(node))
      continue;
    put(keys::history(id, node), {});
    flush();
    auto text = new_.read(node);
    if (auto found = text ? protocol::parse_version_node(*text, recipes_) : fail(errc::not_found, "lost"))
      waiting.insert(waiting.end(), found->previous.begin(), found->previous.end());
  }
}

void rebuild::append_lines() {
  // Whoever follows the log must hear of each head again, since lines of heads may be among those that are lost.
  if (outcome_.log_changed)
    new_.each_key("h", [&](std::string_view at, std::string_view value) {
      auto id = hash::from_bytes(at);
      auto node = hash::from_bytes(value);
      auto of = id ? new_.record(*id) : std::nullopt;
      auto data = node ? new_.data_of(*node) : std::nullopt;
      if (of && data)
        appended_.push_back({change_kind::head, of->head.type, *data, *id, false});
    });
  write_lines(next_line_, appended_);
  next_line_ += appended_.size();
}

void rebuild::join_type_lists() {
  uint16_t type = 0;
  std::vector<std::string> keys_of_list;
  std::string names;
  auto end_list = [&] {
    for (std::size_t i = 1; i < keys_of_list.size(); ++i)
      erase(keys_of_list[i]);
    if (keys_of_list.size() > 1)
      put(keys_of_list.front(), names);
    keys_of_list.clear();
    names.clear();
  };
  new_.each_key("t", [&](std::string_view at, std::string_view value) {
    auto of = static_cast<uint16_t>(piece_reader{at}.number(2));
    if (of != type || keys_of_list.size() == lines_per_value)
      end_list();
    type = of;
    keys_of_list.push_back(std::string{"t"}.append(at));
    names += value;
  });
  end_list();
}

} // namespace lama::storage
