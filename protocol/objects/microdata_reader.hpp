#pragma once

#include "protocol/objects/microdata.hpp"

#include <string>
#include <string_view>

namespace lama::protocol {

/// Walks a text once, with the recipe at hand (docs/protocol/01 §3): checks it, and on the way builds the object, collects facts, or both.
/// No look-ahead for end tags: each is found where the walk gets to it, so time is linear in the text.
class microdata_reader {
public:
  microdata_reader(std::string_view text, const recipe_table& recipes, parse_mode mode);

  /// Reads the header, which says which type and whether an id object. False: see failure().
  bool read_header();
  /// Reads the rest. Either may be null.
  bool read_body(object* out, object_facts* facts);

  const recipe* type() const {
    return type_;
  }
  bool is_id_object() const {
    return is_id_object_;
  }
  error&& take_failure() {
    return std::move(failure_);
  }

private:
  bool give_up(errc code, std::string_view what, const char* peer_code = "");
  bool starts_with(std::string_view expected) const {
    return text_.substr(at_).starts_with(expected);
  }
  bool take(std::string_view expected);
  /// A closing tag; strict: this one, lenient: any (docs/protocol/01 §3).
  bool take_closing(std::string_view expected);
  bool count_item();

  bool read_top_rules(object* out);
  bool read_nested_rules(const std::vector<rule>& rules, object* out);
  bool read_nested_in_any_order(const std::vector<rule>& rules, object* out);
  bool read_field(const rule& x, value* out, bool nested);
  bool read_field_content(const item_type& type, value* out);
  bool read_bare(const item_type& type, std::string_view closing, value* out);
  bool read_structure(const item_type& type, value* out);
  bool read_reference(const item_type& type, value* out);
  bool read_items(const item_type& type, value* out);
  bool read_entries(const item_type& type, value* out);
  bool skip_element();

  bool read_leaf(const item_type& type, std::string_view closing, bool bare, value* out);
  bool read_leaf_text(std::string_view& content);
  bool read_string(const item_type& type, std::string_view content, value* out);
  bool read_number(const item_type& type, std::string_view content, value* out);
  bool read_stringifiable(std::string_view content, bool bare, value* out);

  std::string_view text_;
  const recipe_table& recipes_;
  bool strict_;
  const recipe* type_ = nullptr;
  bool is_id_object_ = false;
  object_facts* facts_ = nullptr;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t items_ = 0;
  uint16_t field_ = 0; ///< the top-level rule that is being read
  error failure_;
};

} // namespace lama::protocol
