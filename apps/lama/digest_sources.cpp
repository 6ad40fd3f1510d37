#include "apps/lama/digest_sources.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

namespace lama::app {

namespace {

namespace fs = std::filesystem;
using storage::digest_level;
using storage::digest_node;
using storage::digest_scope;
using storage::digest_tree;

const char* name_of(digest_tree tree) {
  return tree == digest_tree::objects ? "objects" : "heads";
}

/// Hex digits of one leaf.
constexpr std::size_t leaf_digits(digest_tree tree) {
  return tree == digest_tree::objects ? 64 : 128;
}

/// A digest file is our own, yet a person may name any file.
constexpr std::size_t most_file_bytes = 1u << 30;

lama::error unreadable(const std::string& name) {
  return fail(errc::bad_input, "The digest of " + name + " cannot be read.");
}

result<digest_level> read_level(const json& node, const std::string& name) {
  digest_level level;
  auto read_node = [](const json& from) -> std::optional<digest_node> {
    auto value = hash::from_hex(text_in(from, "hash"));
    return value ? std::optional{digest_node{*value, static_cast<uint64_t>(number_in(from, "count"))}} : std::nullopt;
  };
  auto self = read_node(node);
  if (!self)
    return unreadable(name);
  level.self = *self;
  for (const auto& leaf : list_in(node, "leaves")) {
    auto bytes = leaf.is_string() ? from_hex(leaf.get_ref<const std::string&>()) : std::nullopt;
    if (!bytes || (bytes->size() != 32 && bytes->size() != 64))
      return unreadable(name);
    level.leaves.push_back(std::move(*bytes));
  }
  auto children = node.find("children");
  if (children == node.end() || !children->is_object())
    return level;
  for (const auto& [byte, child] : children->items()) {
    auto raw = from_hex(byte);
    auto read = read_node(child);
    if (!raw || raw->size() != 1 || !read)
      return unreadable(name);
    level.children.emplace_back(static_cast<uint8_t>(raw->front()), *read);
  }
  return level;
}

class node_source final : public digest_source {
public:
  explicit node_source(net::rpc_client node) : node_{std::move(node)} {
    // nop
  }
  result<done> introduce() {
    LAMA_TRY(answer, node_.call("app:digest", {{"tree", "heads"}, {"prefix", std::string(64, '0')}}, long_call));
    user = text_in(answer, "user");
    side = text_in(answer, "side");
    person = hash::from_hex(text_in(answer, "personId"));
    partner = hash::from_hex(text_in(answer, "partnerId"));
    return done{};
  }
  result<digest_level> below(digest_tree tree, const std::string& prefix, const digest_scope& scope) override {
    json request{{"tree", name_of(tree)}, {"prefix", to_hex(prefix)}};
    if (scope.granted_to)
      request["grantedTo"] = scope.granted_to->hex();
    if (scope.received_from)
      request["receivedFrom"] = scope.received_from->hex();
    LAMA_TRY(answer, node_.call("app:digest", request, long_call));
    return read_level(answer.value("node", json::object()), name);
  }

private:
  net::rpc_client node_;
};

class store_source final : public digest_source {
public:
  explicit store_source(std::unique_ptr<storage::store> store) : store_{std::move(store)}, view_{store_->read()} {
    // nop
  }
  result<digest_level> below(digest_tree tree, const std::string& prefix, const digest_scope& scope) override {
    return storage::digest_below(*view_, tree, prefix, scope);
  }

private:
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::snapshot> view_;
};

class file_source final : public digest_source {
public:
  result<done> read(const fs::path& file) {
    std::error_code problem;
    std::ifstream in{file, std::ios::binary};
    if (!in || fs::file_size(file, problem) > most_file_bytes || problem)
      return fail(errc::not_found, "The digest file " + file.string() + " cannot be read. (A peer is archive, sparse, a data dir, an address or such a file.)");
    auto content = json::parse(in, nullptr, false);
    user = text_in(content, "user");
    side = text_in(content, "side");
    for (auto tree : {digest_tree::objects, digest_tree::heads})
      for (const auto& leaf : list_in(content, name_of(tree))) {
        auto bytes =
            leaf.is_string() && leaf.get_ref<const std::string&>().size() == leaf_digits(tree) ? from_hex(leaf.get_ref<const std::string&>()) : std::nullopt;
        if (!bytes)
          return fail(errc::bad_input, file.string() + " is not what lama digest --leaves writes.");
        leaves_[tree].push_back(std::move(*bytes));
      }
    if (side.empty())
      return fail(errc::bad_input, file.string() + " is not what lama digest --leaves writes.");
    for (auto& [tree, leaves] : leaves_)
      std::ranges::sort(leaves);
    return done{};
  }
  result<digest_level> below(digest_tree tree, const std::string& prefix, const digest_scope& scope) override {
    if (scope.granted_to || scope.received_from)
      return fail(errc::unsupported, "A file says nothing of grants; compare with the same side of another node.");
    auto& all = leaves_[tree];
    auto begin = std::ranges::lower_bound(all, prefix);
    auto end = std::find_if(begin, all.end(), [&](const std::string& x) { return !x.starts_with(prefix); });
    return storage::digest_level_of({begin, end}, prefix.size());
  }

private:
  std::map<digest_tree, std::vector<std::string>> leaves_;
};

result<std::unique_ptr<digest_source>> of_node(const node_address& at, const std::string& user, const std::string& name) {
  auto made = std::make_unique<node_source>(client_to(at, user));
  made->name = name;
  LAMA_CHECK(made->introduce());
  return std::unique_ptr<digest_source>{std::move(made)};
}

using child_list = std::vector<std::pair<uint8_t, digest_node>>;

const digest_node* child_at(const child_list& children, uint8_t byte) {
  auto found = std::ranges::find(children, byte, [](const auto& x) { return x.first; });
  return found == children.end() ? nullptr : &found->second;
}

/// One comparison on its way down.
class descent {
public:
  descent(digest_source& here, const digest_scope& of_here, digest_source& there, const digest_scope& of_there, digest_tree tree, std::size_t most)
      : here_{here}, of_here_{of_here}, there_{there}, of_there_{of_there}, tree_{tree}, most_{most} {
    // nop
  }

  result<digest_comparison> run() {
    LAMA_CHECK(go({}));
    return std::move(found_);
  }

private:
  result<done> go(const std::string& prefix) {
    LAMA_TRY(here, here_.below(tree_, prefix, of_here_));
    LAMA_TRY(there, there_.below(tree_, prefix, of_there_));
    if (prefix.empty()) {
      found_.here = here.self.count;
      found_.there = there.self.count;
    }
    if (here.self == there.self)
      return done{};
    auto deep = !here.children.empty() || !there.children.empty();
    if (!deep)
      return compare_leaves(here.leaves, there.leaves);
    // Where one side has few leaves and the other many, the few count as children of their own.
    if (here.children.empty())
      here = with_children(here, prefix.size());
    if (there.children.empty())
      there = with_children(there, prefix.size());
    for (int byte = 0; byte < 256 && !found_.more; ++byte) {
      const auto* a = child_at(here.children, static_cast<uint8_t>(byte));
      const auto* b = child_at(there.children, static_cast<uint8_t>(byte));
      if ((a || b) && !(a && b && *a == *b))
        LAMA_CHECK(go(prefix + static_cast<char>(byte)));
    }
    return done{};
  }

  /// Only which bytes occur matters; the nodes are asked for again below.
  static digest_level with_children(const digest_level& x, std::size_t depth) {
    digest_level made = x;
    for (const auto& leaf : x.leaves)
      if (auto byte = static_cast<uint8_t>(leaf[depth]); !child_at(made.children, byte))
        made.children.emplace_back(byte, digest_node{});
    return made;
  }

  result<done> compare_leaves(const std::vector<std::string>& here, const std::vector<std::string>& there) {
    std::map<std::string, digest_difference> all;
    for (const auto& leaf : here)
      all[leaf.substr(0, 32)].here = leaf;
    for (const auto& leaf : there)
      all[leaf.substr(0, 32)].there = leaf;
    for (auto& [name, x] : all) {
      if (x.here == x.there)
        continue;
      if (found_.differences.size() == most_) {
        found_.more = true;
        break;
      }
      auto content = [](const std::string& leaf) { return leaf.size() == 64 ? leaf.substr(32) : leaf; };
      found_.differences.push_back({name, content(x.here), content(x.there)});
    }
    return done{};
  }

  digest_source& here_;
  const digest_scope& of_here_;
  digest_source& there_;
  const digest_scope& of_there_;
  digest_tree tree_;
  std::size_t most_;
  digest_comparison found_;
};

} // namespace

result<std::unique_ptr<digest_source>> digest_of_side(const common_options& common, const std::string& side) {
  LAMA_TRY(user, the_user(common, side));
  auto name = side + '/' + user;
  if (auto node = node_that_has(common, side, user))
    return of_node(*node, user, name);
  LAMA_TRY(store, storage::store::open(common.folder() / side / user));
  std::unique_ptr<digest_source> made = std::make_unique<store_source>(std::move(store));
  made->name = name;
  made->user = user;
  made->side = side;
  return made;
}

result<std::unique_ptr<digest_source>> digest_of_peer(const common_options& common, const std::string& peer, const std::string& token,
                                                      const std::string& side) {
  if (peer == "archive" || peer == "sparse")
    return digest_of_side(common, peer);
  if (peer.starts_with("http://") || peer.starts_with("https://"))
    return of_node({peer, token, 0}, common.user, peer);
  std::error_code problem;
  if (fs::is_directory(peer, problem)) {
    auto other = common;
    other.data_dir = peer;
    LAMA_TRY(made, digest_of_side(other, side));
    made->name = peer + ", " + made->name;
    return std::move(made);
  }
  auto made = std::make_unique<file_source>();
  made->name = peer;
  LAMA_CHECK(made->read(peer));
  return std::unique_ptr<digest_source>{std::move(made)};
}

result<json> all_leaves(digest_source& from) {
  json all{{"user", from.user}, {"side", from.side}};
  for (auto tree : {digest_tree::objects, digest_tree::heads}) {
    auto leaves = json::array();
    std::vector<std::string> prefixes{{}};
    while (!prefixes.empty()) {
      auto prefix = std::move(prefixes.back());
      prefixes.pop_back();
      LAMA_TRY(level, from.below(tree, prefix, {}));
      for (const auto& leaf : level.leaves)
        leaves.push_back(to_hex(leaf));
      for (auto child = level.children.rbegin(); child != level.children.rend(); ++child)
        prefixes.push_back(prefix + static_cast<char>(child->first));
    }
    all[name_of(tree)] = std::move(leaves);
  }
  return all;
}

result<digest_comparison> compare(digest_source& here, const digest_scope& of_here, digest_source& there, const digest_scope& of_there, digest_tree tree,
                                  std::size_t most) {
  return descent{here, of_here, there, of_there, tree, most}.run();
}

} // namespace lama::app
