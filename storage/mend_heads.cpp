#include "storage/mend_heads.hpp"

#include "protocol/policy/import_policy.hpp"
#include "protocol/versions/version_node.hpp"
#include "storage/states.hpp"

#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace lama::storage {

namespace {

namespace policy = protocol::policy;
using protocol::named_version_node;

/// One id whose current version is lost.
struct lost_head {
  hash node{};
  bool node_is_lost = false;
  std::set<hash> known;                   ///< data of all its version nodes that can be read
  std::optional<named_version_node> best; ///< the latest of those whose data is here
  std::vector<hash> orphans;              ///< versions that stand in none of them
};

class head_mender {
public:
  head_mender(const snapshot& from, transaction& to) : from_{from}, inside_{inside::of(from)}, to_{to} {
    // nop
  }

  result<std::vector<std::string>> run() {
    find_lost();
    if (!lost_.empty()) {
      for (auto& [id, x] : lost_)
        look_at_history(id, x);
      find_orphans();
    }
    if (auto trouble = from_.trouble())
      return *std::move(trouble);
    for (const auto& [id, x] : lost_)
      LAMA_CHECK(mend(id, x));
    return std::move(told_);
  }

private:
  bool is_lost(const hash& name) const {
    auto found = inside_.record(name);
    return found && found->head.kind == record_kind::lost;
  }

  bool is_given_to_nobody(const hash& id) const {
    auto found = inside_.record(id);
    return found && policy::reach_of(policy::origin::archive_of_mine, inside_.types().name(found->head.type)) == policy::reach::never;
  }

  void find_lost() {
    inside_.scan("h", "h", [&](std::string_view key, std::string_view value) {
      auto id = hash::from_bytes(key.substr(1));
      auto node = hash::from_bytes(value);
      if (!id || !node)
        return true;
      auto data = inside_.data_of(*node);
      if (is_lost(*node))
        lost_[*id] = {*node, true, {}, {}, {}};
      else if (data && is_lost(*data) && is_given_to_nobody(*id))
        lost_[*id] = {*node, false, {}, {}, {}};
      return true;
    });
  }

  void look_at_history(const hash& id, lost_head& x) {
    auto rank = [](const named_version_node& y) { return std::tuple{y.node.creation_time, y.node.depth, y.name}; };
    auto prefix = "v" + std::string{id.raw()};
    inside_.scan(prefix, prefix, [&](std::string_view key, std::string_view) {
      auto name = hash::from_bytes(key.substr(prefix.size()));
      auto node = name ? protocol::load_version_node(from_, *name) : fail(errc::not_found, {});
      if (!node)
        return true;
      x.known.insert(node->data);
      named_version_node found{*name, *node};
      if (from_.contains(node->data) && *name != x.node && (!x.best || rank(*x.best) < rank(found)))
        x.best = found;
      return true;
    });
  }

  void find_orphans() {
    inside_.scan("o", "o", [&](std::string_view key, std::string_view value) {
      auto name = hash::from_bytes(key.substr(1));
      auto record = decode_record(std::string{value});
      auto of = record && record->head.id && record->head.here() ? lost_.find(*record->head.id) : lost_.end();
      if (name && of != lost_.end() && of->second.node_is_lost && !of->second.known.contains(*name))
        of->second.orphans.push_back(*name);
      return true;
    });
  }

  result<done> mend(const hash& id, const lost_head& x) {
    if (x.orphans.size() == 1) {
      // When it was made is not known: no earlier than what it stands on.
      auto node = x.best ? protocol::version_node{protocol::version_node_kind::change,
                                                  x.orphans[0],
                                                  {x.best->name},
                                                  x.best->node.depth + 1,
                                                  x.best->node.creation_time + 1}
                         : protocol::edge_to(x.orphans[0], 0);
      LAMA_TRY(put, to_.put(protocol::write_version_node(node)));
      to_.set_head(id, put.name, node.previous);
      told_.push_back("The version node of the current version of " + id.hex() + " was lost, and was made anew.");
    } else if (x.best) {
      to_.set_head(id, x.best->name, x.node_is_lost ? std::vector<hash>{} : std::vector<hash>{x.node});
      told_.push_back("The current version of " + id.hex() + " is lost; the one before it is current again.");
    }
    return done{};
  }

  const snapshot& from_;
  const inside::snapshot_state& inside_;
  transaction& to_;
  std::map<hash, lost_head> lost_;
  std::vector<std::string> told_;
};

} // namespace

result<std::vector<std::string>> mend_heads(const snapshot& from, transaction& to) {
  return head_mender{from, to}.run();
}

} // namespace lama::storage
