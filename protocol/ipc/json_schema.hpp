#pragma once

#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

namespace lama::protocol::ipc {

/// Where a document does not fit, and why. Path: a JSON pointer (RFC 6901).
struct violation {
  std::string path;
  std::string reason;
};

/// A JSON Schema (draft 7), compiled by valijson. Two keywords are ours, for what strangers send: `pattern` runs on protocol/objects/pattern, in linear time
/// (std::regex recurses once a character), and `maxLength`/`minLength` count characters up to the end of the text, not up to its first NUL. `format` is not
/// looked at. Numbers are integers when they are written as such.
class json_schema {
public:
  /// `bad_input` for what is no schema. References are resolved within `document`.
  static result<json_schema> compile(const nlohmann::json& document);
  json_schema(json_schema&&) noexcept;
  json_schema& operator=(json_schema&&) noexcept;
  ~json_schema();

  /// Nothing: it fits. The cost is linear in the document.
  std::optional<violation> check(const nlohmann::json& document) const;

private:
  struct compiled;
  explicit json_schema(std::unique_ptr<compiled> x);

  std::unique_ptr<compiled> compiled_;
};

} // namespace lama::protocol::ipc
