#include "protocol/ipc/json_schema.hpp"

#include "protocol/objects/pattern.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace lama::protocol::ipc {

namespace {

using nlohmann::json;
using adapter = valijson::adapters::NlohmannJsonAdapter;

/// Members under which our keywords stand once a schema was prepared.
constexpr const char* own_pattern = "lama:pattern";
constexpr const char* own_most = "lama:maxLength";
constexpr const char* own_least = "lama:minLength";

/// A document with more values than this is told that it does not fit, not where: the library would note each value that does not.
constexpr std::size_t most_explained = 10'000;
/// A reason repeats what was sent: this much of it is enough.
constexpr std::size_t reason_bytes = 300;

/// A rule for texts.
class text_rule final : public valijson::constraints::PolyConstraint {
public:
  using test = std::function<bool(const std::string&)>;

  text_rule(test fits, std::string reason) : fits_{std::move(fits)}, reason_{std::move(reason)} {
    // nop
  }

  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context, valijson::ValidationResults* results) const override {
    if (!target.isString() || fits_(target.asString()))
      return true;
    if (results)
      results->pushError(context, reason_);
    return false;
  }

private:
  valijson::constraints::Constraint* cloneInto(void* place) const override {
    return new (place) text_rule{*this};
  }
  std::size_t sizeOf() const override {
    return sizeof(text_rule);
  }

  test fits_;
  std::string reason_;
};

/// Code points of UTF-8.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class pattern_builder final : public valijson::ConstraintBuilder {
public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& value) const override {
    auto source = value.asString();
    auto pattern = text_pattern::compile(source);
    if (!pattern)
      throw std::runtime_error{"the pattern " + source + ": " + pattern.failure().message};
    return new text_rule{[compiled = *pattern](const std::string& text) { return compiled->found_in(text); }, "It does not match " + source + '.'};
  }
};

class length_builder final : public valijson::ConstraintBuilder {
public:
  explicit length_builder(bool most) : most_{most} {
    // nop
  }
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& value) const override {
    auto length = static_cast<std::size_t>(value.asDouble());
    if (most_)
      return new text_rule{[length](const std::string& text) { return text.size() <= length || characters(text) <= length; },
                           "It has more than " + std::to_string(length) + " characters."};
    return new text_rule{[length](const std::string& text) { return characters(text) >= length; },
                         "It has fewer than " + std::to_string(length) + " characters."};
  }

private:
  bool most_;
};

/// A schema with our keywords in the places of the library's. What stands under "properties" and the like are names, not keywords.
json prepared(const json& schema) {
  if (schema.is_array()) {
    auto all = json::array();
    for (const auto& x : schema)
      all.push_back(prepared(x));
    return all;
  }
  if (!schema.is_object())
    return schema;
  auto out = json::object();
  for (const auto& [key, value] : schema.items()) {
    if (key == "enum" || key == "const" || key == "default" || key == "examples")
      out[key] = value;
    else if (key == "properties" || key == "definitions" || key == "patternProperties" || key == "dependencies") {
      auto& names = out[key] = json::object();
      for (const auto& [name, inner] : value.items())
        names[name] = prepared(inner);
    } else if (key == "pattern")
      out[own_pattern] = value;
    else if (key == "maxLength")
      out[own_most] = value;
    else if (key == "minLength")
      out[own_least] = value;
    else if (key != "format")
      out[key] = prepared(value);
  }
  return out;
}

/// Counts values, up to the limit.
std::size_t size_of(const json& x, std::size_t limit) {
  std::size_t count = 1;
  if (x.is_structured())
    for (const auto& inner : x) {
      if (count > limit)
        break;
      count += size_of(inner, limit - count);
    }
  return count;
}

/// "<root>", "[a]", "[0]" → "/a/0"
std::string pointer_of(const std::vector<std::string>& context) {
  std::string path;
  for (const auto& step : context) {
    if (!step.starts_with('['))
      continue;
    path += '/';
    for (char c : step.substr(1, step.size() - 2))
      c == '~' ? path += "~0" : c == '/' ? path += "~1" : path += c;
  }
  return path;
}

violation told(const valijson::ValidationResults::Error& error) {
  violation x{pointer_of(error.context), error.description.substr(0, reason_bytes)};
  constexpr std::string_view missing = "Missing required property '";
  if (x.reason.starts_with(missing)) {
    x.path += '/' + x.reason.substr(missing.size(), x.reason.rfind('\'') - missing.size());
    x.reason = "It is missing.";
  }
  return x;
}

} // namespace

struct json_schema::compiled {
  valijson::Schema schema;
};

json_schema::json_schema(std::unique_ptr<compiled> x) : compiled_{std::move(x)} {
  // nop
}
json_schema::json_schema(json_schema&&) noexcept = default;
json_schema& json_schema::operator=(json_schema&&) noexcept = default;
json_schema::~json_schema() = default;

result<json_schema> json_schema::compile(const json& document) {
  auto source = prepared(document);
  auto made = std::make_unique<compiled>();
  try {
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.addConstraintBuilder(own_pattern, new pattern_builder); // the parser deletes them
    parser.addConstraintBuilder(own_most, new length_builder{true});
    parser.addConstraintBuilder(own_least, new length_builder{false});
    parser.populateSchema(adapter{source}, made->schema);
  } catch (const std::exception& problem) {
    return fail(errc::bad_input, std::string{"This is not a JSON Schema: "} + problem.what());
  }
  return json_schema{std::move(made)};
}

std::optional<violation> json_schema::check(const json& document) const {
  try {
    valijson::Validator validator{valijson::Validator::kStrongTypes};
    if (validator.validate(compiled_->schema, adapter{document}, nullptr))
      return std::nullopt;
    if (size_of(document, most_explained) > most_explained)
      return violation{"", "It does not fit its schema, and is too large to say where."};
    valijson::ValidationResults results;
    validator.validate(compiled_->schema, adapter{document}, &results);
    if (results.numErrors() > 0)
      return told(*results.begin());
    return violation{"", "It does not fit its schema."};
  } catch (const std::exception& problem) {
    return violation{"", std::string{"It cannot be checked: "} + problem.what()};
  }
}

} // namespace lama::protocol::ipc
