#include "protocol/versions/imploded.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/text.hpp"
#include "protocol/versions/versions.hpp"

#include <sodium.h>

#include <optional>
#include <vector>

namespace lama::protocol {

namespace {

constexpr std::string_view object_start = "<div itemscope itemtype=\"//refin.io/";
constexpr std::string_view property = " itemprop=\"";

/// The value of an attribute of a tag; nothing where it has none of that name.
std::optional<std::string_view> attribute(std::string_view tag, std::string_view name) {
  auto at = tag.find(name);
  if (at == std::string_view::npos)
    return std::nullopt;
  auto rest = tag.substr(at + name.size());
  return rest.substr(0, rest.find('"'));
}

void append_base64(std::string& out, std::string_view bytes) {
  auto start = out.size();
  auto length = sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL); // with a zero at its end
  out.resize(start + length);
  sodium_bin2base64(out.data() + start, length, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3, '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr, &length, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  out.resize(length);
  return out;
}

error too_deep() {
  return fail(errc::too_large, "an object holds more than " + std::to_string(limits::imploded_depth) + " objects within each other; does it refer to itself?");
}

// ---- from references to contents ----

class imploder {
public:
  explicit imploder(const object_source& from) : from_(from) {
    // nop
  }

  result<std::string> run(const hash& name) {
    LAMA_CHECK(append_object(name, 0));
    return std::move(out_);
  }

private:
  /// Texts are canonical, so `<a` begins a reference and nothing else does.
  result<done> append_object(const hash& name, std::size_t depth) {
    if (depth >= limits::imploded_depth)
      return too_deep();
    auto text = from_.read(name);
    if (!text)
      return fail(errc::not_found, "object " + name.hex() + " is not here");
    LAMA_TRY(facts, examine(*text, from_.recipes()));
    if (facts.is_id_object)
      return fail(errc::bad_input, name.hex() + " is an id object; its current version can be written out, the id alone cannot");
    std::string_view rest{*text};
    std::string field;
    for (const auto& x : facts.references) {
      auto start = rest.find("<a ");
      note_field(field, rest.substr(0, start));
      out_.append(rest.substr(0, start));
      auto tag = rest.substr(start, rest.find('>', start) - start);
      if (auto own = attribute(tag, property))
        field = *own;
      LAMA_CHECK(append_target(x, field, depth));
      rest.remove_prefix(rest.find("</a>", start) + 4);
    }
    out_.append(rest);
    if (out_.size() > limits::imploded_bytes)
      return fail(errc::too_large, "the object and all that it refers to is longer than " + std::to_string(limits::imploded_bytes) + " bytes");
    return done{};
  }

  /// The nearest itemprop before an item names it.
  static void note_field(std::string& field, std::string_view before) {
    if (auto at = before.rfind(property); at != std::string_view::npos)
      field = *attribute(before.substr(at), property);
  }

  result<done> append_target(const reference& x, const std::string& field, std::size_t depth) {
    auto name = x.target;
    if (x.kind == reference_kind::id) {
      auto current = current_data(from_, x.target);
      if (!current)
        return fail(errc::not_found, "there is no current version of " + x.target.hex());
      name = *current;
    }
    out_.append("<span itemprop=\"").append(field).append("\" data-hash=\"").append(name.hex()).append("\"");
    if (x.kind == reference_kind::id)
      out_.append(" data-id-hash=\"").append(x.target.hex()).append("\"");
    out_ += '>';
    if (x.kind == reference_kind::object || x.kind == reference_kind::id)
      LAMA_CHECK(append_object(name, depth + 1));
    else
      LAMA_CHECK(append_bytes(name, x.kind));
    out_ += "</span>";
    return done{};
  }

  result<done> append_bytes(const hash& name, reference_kind kind) {
    auto bytes = from_.read(name);
    if (!bytes)
      return fail(errc::not_found, "the " + std::string{kind == reference_kind::clob ? "text " : "blob "} + name.hex() + " is not here");
    if (out_.size() + bytes->size() > limits::imploded_bytes)
      return fail(errc::too_large, "the object and all that it refers to is longer than " + std::to_string(limits::imploded_bytes) + " bytes");
    if (kind == reference_kind::blob)
      append_base64(out_, *bytes);
    else
      append_escaped(out_, *bytes);
    return done{};
  }

  const object_source& from_;
  std::string out_;
};

// ---- and back ----

struct part {
  std::string bytes;
  hash name{};
  bool is_object = false;
  bool versioned = false;
};

/// Walks the text once, from the outer object inwards; the parts come out innermost first.
class exploder {
public:
  exploder(std::string_view text, const recipe_table& recipes) : text_(text), recipes_(recipes) {
    // nop
  }

  result<std::vector<part>> run() {
    if (text_.size() > limits::imploded_bytes)
      return fail(errc::too_large, "longer than " + std::to_string(limits::imploded_bytes) + " bytes");
    LAMA_CHECK(take_object(0));
    if (at_ != text_.size())
      return wrong("text after the end tag");
    return std::move(parts_);
  }

private:
  error wrong(const char* what) const {
    return fail(errc::bad_input, "an imploded text: " + std::string{what} + ", at byte " + std::to_string(at_));
  }

  bool starts_with(std::string_view expected) const {
    return text_.substr(at_).starts_with(expected);
  }

  /// What stands here up to and including the next `>`.
  result<std::string_view> take_tag() {
    auto end = text_.find('>', at_);
    if (end == std::string_view::npos)
      return wrong("a tag that does not end");
    auto tag = text_.substr(at_, end + 1 - at_);
    at_ = end + 1;
    return tag;
  }

  result<done> take_object(std::size_t depth) {
    if (depth >= limits::imploded_depth)
      return too_deep();
    if (!starts_with(object_start))
      return wrong("no object where one should be");
    std::string out;
    std::size_t open = 0;
    std::string_view previous;
    do {
      auto next = text_.find('<', at_);
      if (next == std::string_view::npos)
        return wrong("an object that does not end");
      out.append(text_.substr(at_, next - at_));
      auto follows = next == at_ ? previous : std::string_view{};
      at_ = next;
      LAMA_TRY(tag, take_tag());
      if (tag.starts_with("<span ") && tag.find(" data-hash=\"") != std::string_view::npos) {
        bool is_item = follows == "<li>" || follows == "<dt>" || follows == "<dd>";
        LAMA_CHECK(take_reference(out, tag, is_item, depth));
        previous = {};
        continue;
      }
      open = tag.starts_with("</") ? open - 1 : open + 1;
      out.append(tag);
      previous = tag;
    } while (open > 0);
    LAMA_TRY(facts, examine(out, recipes_));
    return keep({std::move(out), hash{}, true}, facts.id_hash);
  }

  result<done> keep(part made, const std::optional<hash>& id) {
    if (parts_.size() >= limits::object_items)
      return wrong("too many objects");
    made.name = sha256(made.bytes);
    made.versioned = id.has_value();
    last_id_ = id;
    parts_.push_back(std::move(made));
    return done{};
  }

  /// `<span itemprop="NAME" data-hash="HASH">CONTENT</span>` becomes a reference.
  result<done> take_reference(std::string& out, std::string_view tag, bool is_item, std::size_t depth) {
    auto hash_in = [&](std::string_view name) -> std::optional<hash> {
      auto found = attribute(tag, name);
      return found ? hash::from_hex(*found) : std::nullopt;
    };
    auto field = attribute(tag, property);
    auto name = hash_in(" data-hash=\"");
    auto id = hash_in(" data-id-hash=\"");
    bool has_id = tag.find(" data-id-hash=\"") != std::string_view::npos;
    if (!field || !name || has_id != id.has_value())
      return wrong("a reference that is no hash");
    std::string_view kind = id ? "id" : "obj";
    if (starts_with(object_start)) {
      LAMA_CHECK(take_object(depth + 1));
      if (parts_.back().name != *name || (id && last_id_ != id))
        return differs(*name);
    } else {
      LAMA_TRY(found, take_bytes(*name));
      kind = found;
    }
    if (!starts_with("</span>"))
      return wrong("a reference that does not end");
    at_ += 7;
    out.append("<a");
    if (!is_item)
      out.append(property).append(*field).append("\"");
    out.append(" data-type=\"").append(kind).append("\">").append(id ? id->hex() : name->hex()).append("</a>");
    return done{};
  }

  /// A clob as text or a blob in base64: which of them, the name says, for it fits one alone.
  result<std::string_view> take_bytes(const hash& name) {
    auto end = text_.find('<', at_);
    if (end == std::string_view::npos)
      return wrong("a value that does not end");
    auto content = text_.substr(at_, end - at_);
    at_ = end;
    auto clob = unescape(content);
    bool is_clob = sha256(clob) == name;
    auto blob = is_clob ? std::optional{std::move(clob)} : from_base64(content);
    if (!blob || (!is_clob && sha256(*blob) != name))
      return differs(name);
    LAMA_CHECK(keep({std::move(*blob)}, std::nullopt));
    return std::string_view{is_clob ? "clob" : "blob"};
  }

  static error differs(const hash& name) {
    return fail(errc::corrupt, "an imploded text holds something else under the name " + name.hex(), "MEX-PIO2");
  }

  std::string_view text_;
  const recipe_table& recipes_;
  std::size_t at_ = 0;
  std::vector<part> parts_;
  std::optional<hash> last_id_; ///< of the last part
};

} // namespace

result<std::string> implode(const object_source& from, const hash& name) {
  return imploder{from}.run(current_data(from, name).value_or(name));
}

result<exploded_object> explode(object_space& to, std::string_view imploded, int64_t now_ms) {
  LAMA_TRY(parts, exploder(imploded, to.recipes()).run());
  for (const auto& x : parts) {
    if (x.versioned)
      LAMA_CHECK(store_version(to, x.bytes, now_ms));
    else if (x.is_object)
      LAMA_CHECK(to.put(x.bytes));
    else
      LAMA_CHECK(to.put_blob(x.bytes));
  }
  return exploded_object{parts.back().name, parts.size()};
}

} // namespace lama::protocol
