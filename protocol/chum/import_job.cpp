#include "protocol/chum/import_job.hpp"

#include <algorithm>

namespace lama::protocol::chum {

import_job::import_job(std::vector<root> roots) : todo_(std::move(roots)) {
  // nop
}

void import_job::begin(fetch_context& context) {
  next(context);
}

void import_job::next(fetch_context& context) {
  while (!tree_ && !todo_.empty()) {
    auto what = std::move(todo_.back());
    todo_.pop_back();
    // It may have come as the history of the one before.
    if (context.from.contains(what.name))
      continue;
    tree_ = std::make_unique<fetch_tree>(std::move(what));
    tree_->begin(context);
  }
  if (!tree_)
    import(context);
}

void import_job::pump(fetch_context& context) {
  if (!tree_)
    return;
  tree_->pump(context);
  if (!tree_->is_done())
    return;
  take(context, *tree_);
  tree_.reset();
  next(context);
}

void import_job::abandon(fetch_context& context) {
  if (tree_)
    tree_->abandon(context);
}

void import_job::take(fetch_context& context, fetch_tree& tree) {
  if (tree.failure()) {
    failures_.push_back({tree.what(), *tree.failure()});
    return;
  }
  if (tree.what().type != root_type::version_node)
    return;
  auto node = parse_version_node(tree.kept_text(), context.from.recipes());
  if (!node) {
    failures_.push_back({tree.what(), std::move(node).failure()});
    return;
  }
  auto checked = check_version(context, tree.what(), *node);
  if (!checked) {
    failures_.push_back({tree.what(), std::move(checked).failure()});
    return;
  }
  nodes_.push_back({tree.what(), tree.kept_text(), std::move(*node)});
}

result<done> import_job::check_version(fetch_context& context, const root& what, const version_node& node) const {
  auto text = context.from.read(node.data);
  if (!text)
    return fail(errc::not_found, "The data of the version node " + what.name.hex() + " is not here.");
  LAMA_TRY(facts, examine(*text, context.from.recipes()));
  if (facts.id_hash != what.id)
    return fail(errc::bad_input, "The version node " + what.name.hex() + " is of another id than announced.", "CI-CCI1");
  if (facts.is_id_object || facts.type->name != what.one_type)
    return fail(errc::bad_input, "The version node " + what.name.hex() + " is of another type than announced.", "CI-CCI2");
  return context.options.judge(policy::role::version, facts.type->name, *text);
}

void import_job::import(fetch_context& context) {
  if (nodes_.empty()) {
    done_ = true;
    return;
  }
  store_batch last{context.shared.next_batch++, {}, {}};
  std::reverse(nodes_.begin(), nodes_.end());
  auto deepest = std::max_element(nodes_.begin(), nodes_.end(), [](const auto& a, const auto& b) { return a.content.depth < b.content.depth; });
  last.imports.push_back(deepest->what.name);
  for (auto& node : nodes_) {
    ++context.shared.totals.objects;
    context.shared.totals.bytes += node.text.size();
    last.items.push_back({node.what.name, false, std::move(node.text)});
  }
  batch_ = last.number;
  context.out.push_back(std::move(last));
}

void import_job::stored(const result<done>& outcome) {
  batch_.reset();
  done_ = true;
  if (!outcome)
    failures_.push_back({nodes_.front().what, outcome.failure()});
}

} // namespace lama::protocol::chum
