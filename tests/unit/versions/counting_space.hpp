#pragma once

#include "protocol/objects/object_space.hpp"

#include <map>
#include <set>

namespace lama::testing {

/// Counts what is asked of another space, and can pretend that something is not there.
class counting_space final : public protocol::object_space {
public:
  explicit counting_space(protocol::object_space& inner) : inner_{inner} {
    // nop
  }

  void reset() {
    reads_.clear();
    accesses_ = 0;
  }
  void hide(const hash& name) {
    hidden_.insert(name);
  }
  const std::map<hash, std::size_t>& reads() const {
    return reads_;
  }
  /// Calls of any kind.
  std::size_t accesses() const {
    return accesses_;
  }

  const protocol::recipe_table& recipes() const override {
    return inner_.recipes();
  }
  std::optional<std::string> read(const hash& name) const override {
    ++accesses_;
    ++reads_[name];
    return hidden_.contains(name) ? std::nullopt : inner_.read(name);
  }
  bool contains(const hash& name) const override {
    ++accesses_;
    return inner_.contains(name);
  }
  bool elsewhere(const hash& name) const override {
    ++accesses_;
    return inner_.elsewhere(name);
  }
  std::optional<hash> head(const hash& id) const override {
    ++accesses_;
    return inner_.head(id);
  }
  bool in_history(const hash& id, const hash& node) const override {
    ++accesses_;
    return inner_.in_history(id, node);
  }
  std::vector<hash> referrers(const hash& target, std::string_view type) const override {
    return inner_.referrers(target, type);
  }
  std::vector<hash> referring_ids(const hash& target, std::string_view type) const override {
    return inner_.referring_ids(target, type);
  }
  std::optional<protocol::text_origin> kept_text(const hash& name, std::string_view type) const override {
    return inner_.kept_text(name, type);
  }
  protocol::kept_texts kept_texts() const override {
    return inner_.kept_texts();
  }
  result<protocol::put_result> keep_text(std::string_view text, protocol::text_origin origin) override {
    return inner_.keep_text(text, origin);
  }
  result<protocol::put_result> put(std::string_view text) override {
    ++accesses_;
    return inner_.put(text);
  }
  result<protocol::put_result> put_blob(std::string_view bytes) override {
    return inner_.put_blob(bytes);
  }
  void set_head(const hash& id, const hash& node, const std::vector<hash>& joined) override {
    accesses_ += joined.size();
    inner_.set_head(id, node, joined);
  }
  void mark_elsewhere(const hash& name) override {
    inner_.mark_elsewhere(name);
  }
  protocol::merge_memory* remembered() const override {
    return inner_.remembered();
  }

private:
  protocol::object_space& inner_;
  std::set<hash> hidden_;
  mutable std::map<hash, std::size_t> reads_;
  mutable std::size_t accesses_ = 0;
};

} // namespace lama::testing
