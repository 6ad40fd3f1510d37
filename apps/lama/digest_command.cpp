#include "apps/lama/digest_sources.hpp"

#include <iostream>
#include <memory>

namespace lama::app {

namespace {

using storage::digest_tree;

struct arguments {
  std::string side = "archive";
  std::string with;
  std::string with_token;
  bool leaves = false;
  std::size_t limit = 100;
};

/// One tree, or one direction of what two sides share.
struct part {
  std::string what;
  digest_comparison found;
};

json as_json(const part& x) {
  auto differences = json::array();
  for (const auto& y : x.found.differences)
    differences.push_back({{"name", to_hex(y.name)}, {"here", to_hex(y.here)}, {"there", to_hex(y.there)}});
  return {{"what", x.what}, {"here", x.found.here}, {"there", x.found.there}, {"differences", std::move(differences)}, {"more", x.found.more}};
}

void print(const part& x) {
  std::cout << x.what << ": " << grouped(x.found.here) << " here, " << grouped(x.found.there) << " there, "
            << (x.found.differences.empty() ? "the same" : grouped(x.found.differences.size()) + (x.found.more ? " and more differ" : " differ")) << '\n';
  for (const auto& y : x.found.differences) {
    std::cout << "  " << to_hex(y.name);
    if (y.here.empty() || y.there.empty())
      std::cout << (y.there.empty() ? "  only here" : "  only there");
    else
      std::cout << "  here " << to_hex(y.here).substr(0, 16) << "…, there " << to_hex(y.there).substr(0, 16) << "…";
    std::cout << '\n';
  }
}

/// The two instances of one user hold different things: what counts is what each grants to the other.
bool are_two_sides(const digest_source& here, const digest_source& there) {
  return here.side != there.side && here.user == there.user;
}

result<std::vector<part>> compare_all(const arguments& given, digest_source& here, digest_source& there) {
  std::vector<part> parts;
  if (!are_two_sides(here, there)) {
    for (auto tree : {digest_tree::objects, digest_tree::heads}) {
      LAMA_TRY(found, compare(here, {}, there, {}, tree, given.limit));
      parts.push_back({tree == digest_tree::objects ? "objects" : "current versions", std::move(found)});
    }
    return parts;
  }
  if (!here.person || !there.person)
    return fail(errc::locked, "What two instances share, they know when they run and are unlocked: start the node, and log in.");
  LAMA_TRY(granted, compare(here, {.granted_to = there.person}, there, {.received_from = here.person}, digest_tree::heads, given.limit));
  parts.push_back({"versions that " + here.name + " shares", std::move(granted)});
  LAMA_TRY(received, compare(here, {.received_from = there.person}, there, {.granted_to = here.person}, digest_tree::heads, given.limit));
  parts.push_back({"versions that " + there.name + " shares", std::move(received)});
  return parts;
}

result<bool> show_comparison(const common_options& common, const arguments& given, digest_source& here) {
  LAMA_TRY(there, digest_of_peer(common, given.with, given.with_token, given.side));
  LAMA_TRY(parts, compare_all(given, here, *there));
  auto same = true;
  auto all = json::array();
  for (const auto& x : parts) {
    same = same && x.found.differences.empty();
    if (!common.json)
      print(x);
    all.push_back(as_json(x));
  }
  if (common.json)
    print_json({{"here", here.name}, {"there", there->name}, {"same", same}, {"parts", std::move(all)}});
  return same;
}

result<done> show(const common_options& common, const arguments& given, digest_source& here) {
  if (given.leaves) {
    LAMA_TRY(all, all_leaves(here));
    std::cout << all.dump() << '\n';
    return done{};
  }
  LAMA_TRY(objects, here.below(digest_tree::objects, {}, {}));
  LAMA_TRY(heads, here.below(digest_tree::heads, {}, {}));
  auto digest = storage::joined_digest(objects.self, heads.self).hex();
  if (common.json)
    print_json({{"user", here.user},
                {"side", here.side},
                {"digest", digest},
                {"objects", {{"hash", objects.self.value.hex()}, {"count", objects.self.count}}},
                {"heads", {{"hash", heads.self.value.hex()}, {"count", heads.self.count}}}});
  else
    std::cout << digest << "  " << printable(here.name) << ": " << grouped(objects.self.count) << " objects, " << grouped(heads.self.count)
              << " current versions\n";
  return done{};
}

int run_digest(const common_options& common, const arguments& given) {
  auto here = digest_of_side(common, given.side);
  if (!here)
    return report(here.failure(), common.json);
  if (given.with.empty()) {
    auto shown = show(common, given, **here);
    return shown ? worked : report(shown.failure(), common.json);
  }
  auto same = show_comparison(common, given, **here);
  if (!same)
    return report(same.failure(), common.json);
  return *same ? worked : failed;
}

} // namespace

void add_digest_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* digesting = to.add("digest", "One hash of all that a store holds, and where two stores differ (docs/backup.md)");
  digesting->add_option("--side", given->side, "archive (default) or sparse")->check(CLI::IsMember({"archive", "sparse"}));
  digesting->add_option("--with", given->with, "Compare with archive, sparse, another data dir, a node's http address, or a file of --leaves");
  digesting->add_option("--with-token", given->with_token, "The token of the node at that address")->envname("LAMA_WITH_TOKEN");
  digesting->add_flag("--leaves", given->leaves, "Every name, as JSON: for a comparison on another machine");
  digesting->add_option("--limit", given->limit, "Differences that are shown (default 100)")->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  to.on(digesting, [given, &common = to.common] { return run_digest(common, *given); });
}

} // namespace lama::app
