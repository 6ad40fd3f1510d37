#include "protocol/objects/microdata.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace lama::protocol {

namespace {

constexpr std::array<std::string_view, 4> reference_names{"obj", "id", "clob", "blob"};

std::string_view name_of(reference_kind kind) {
  return reference_names[static_cast<std::size_t>(kind)];
}

void append_reference(std::string& out, std::string_view name, reference_kind kind, const hash& target) {
  out.append("<a itemprop=\"").append(name).append("\" data-type=\"").append(name_of(kind)).append("\">");
  append_hex(out, target);
  out += "</a>";
}

void append_list(std::string& out, std::string_view element, std::string_view name, reference_kind kind, const std::vector<hash>& targets) {
  out.append("<").append(element).append(" itemprop=\"").append(name).append("\">");
  for (const auto& target : targets) {
    out.append("<li><a data-type=\"").append(name_of(kind)).append("\">");
    append_hex(out, target);
    out += "</a></li>";
  }
  out.append("</").append(element).append(">");
}

std::string& open_span(std::string& out, std::string_view name) {
  return out.append("<span itemprop=\"").append(name).append("\">");
}

/// Two digits of each byte.
constexpr auto hex_pairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < 256; ++i)
    pairs[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
  return pairs;
}();

} // namespace

void append_hex(std::string& out, const hash& x) {
  std::array<char, 64> text;
  for (std::size_t i = 0; i < 32; ++i)
    std::memcpy(text.data() + 2 * i, hex_pairs[x.bytes[i]].data(), 2);
  out.append(text.data(), text.size());
}

object_writer::object_writer(std::string_view type, bool id_object) {
  out_.reserve(512);
  out_.append(id_object ? "<div data-id-object=\"true\" itemscope itemtype=\"//refin.io/" : "<div itemscope itemtype=\"//refin.io/").append(type).append("\">");
}

object_writer& object_writer::text(std::string_view name, std::string_view content) {
  append_escaped(open_span(out_, name), content);
  out_ += "</span>";
  return *this;
}

object_writer& object_writer::number(std::string_view name, double x) {
  append_number(open_span(out_, name), x);
  out_ += "</span>";
  return *this;
}

object_writer& object_writer::flag(std::string_view name, bool x) {
  open_span(out_, name).append(x ? "true</span>" : "false</span>");
  return *this;
}

object_writer& object_writer::object_reference(std::string_view name, const hash& target) {
  append_reference(out_, name, reference_kind::object, target);
  return *this;
}

object_writer& object_writer::id_reference(std::string_view name, const hash& target) {
  append_reference(out_, name, reference_kind::id, target);
  return *this;
}

object_writer& object_writer::blob_reference(std::string_view name, const hash& target) {
  append_reference(out_, name, reference_kind::blob, target);
  return *this;
}

object_writer& object_writer::array(std::string_view name, reference_kind kind, const std::vector<hash>& targets) {
  append_list(out_, "ol", name, kind, targets);
  return *this;
}

object_writer& object_writer::bag(std::string_view name, reference_kind kind, std::vector<hash> targets) {
  std::ranges::sort(targets); // hashes sort as their hex digits do
  append_list(out_, "ul", name, kind, targets);
  return *this;
}

std::string object_writer::finish() {
  out_ += "</div>";
  return std::move(out_);
}

} // namespace lama::protocol
