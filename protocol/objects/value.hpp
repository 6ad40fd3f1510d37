#pragma once

#include "protocol/hash.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// An object in memory: a type and named fields (docs/protocol/01 §1).
///
/// Text is UTF-8; a lone surrogate, which JavaScript allows, stands as its three-byte (WTF-8) form.
namespace lama::protocol {

class value;
struct field;

/// A typed object, or a nested one (then `type` is empty).
struct object {
  std::string type;
  std::vector<field> fields;

  // Not defaulted here: a variant of objects asks for these while `field` is still incomplete.
  object();
  explicit object(std::string its_type);
  object(std::string its_type, std::vector<field> its_fields);
  object(const object&);
  object(object&&) noexcept;
  object& operator=(const object&);
  object& operator=(object&&) noexcept;
  ~object();

  /// Null where the field is absent.
  const value* find(std::string_view name) const;
  object& set(std::string name, value content);
  void remove(std::string_view name);

  // What is absent or of another kind answers empty, nullptr, 0, nothing.
  const std::string& text(std::string_view name) const;
  std::optional<hash> reference(std::string_view name) const;
  double number(std::string_view name) const;
  bool flag(std::string_view name) const;
  /// The references among the items of an array, bag or set, in stored order.
  std::vector<hash> references(std::string_view name) const;

  friend bool operator==(const object&, const object&);
};

using list = std::vector<value>; ///< array, bag or set; which one, the recipe says
/// In order of insertion: it is part of the hash.
using map = std::vector<std::pair<value, value>>;
using json = nlohmann::json;

/// Any JSON as a value. Held as its text, which is what it is hashed and compared by; a tree is made only for who asks for one.
class stringifiable {
public:
  /// Where sorted_json refuses it, it can be looked at, but not be written.
  explicit stringifiable(const json& tree);
  /// `sorted` is what sorted_json writes (`is_sorted_json`).
  static stringifiable as_written(std::string sorted);

  const std::string& text() const {
    return text_;
  }
  bool is_writable() const {
    return writable_;
  }
  bool is_null() const {
    return text_ == "null";
  }
  /// An array or an object.
  bool is_structured() const {
    return text_.starts_with('{') || text_.starts_with('[');
  }
  json tree() const;

  friend bool operator==(const stringifiable&, const stringifiable&) = default;

private:
  stringifiable() = default;

  std::string text_;
  bool writable_ = true;
};

class value : public std::variant<std::monostate, bool, double, std::string, hash, list, map, object, stringifiable> {
public:
  using variant::variant;
  value(const char* text) : variant(std::string{text}) {
    // nop
  }
  value(int number) : variant(static_cast<double>(number)) {
    // nop
  }
  value(int64_t number) : variant(static_cast<double>(number)) {
    // nop
  }
  value(const json& x) : variant(stringifiable{x}) {
    // nop
  }

  friend bool operator==(const value&, const value&);
};

struct field {
  std::string name;
  value content;

  friend bool operator==(const field&, const field&) = default;
};

} // namespace lama::protocol
