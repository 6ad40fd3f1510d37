#include "protocol/export/export.hpp"

namespace lama::protocol::exporting {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text)
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      // Of the control characters HTML knows these.
      out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  return out;
}

std::string tag(std::string_view name, std::string_view attributes, std::string_view content) {
  std::string out{"<"};
  out.append(name);
  if (!attributes.empty())
    out.append(" ").append(attributes);
  return out.append(">").append(escaped(content)).append("</").append(name).append(">");
}

/// A path of ours in an attribute: what is no letter, digit or mark of a path becomes %XX.
std::string url_of(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char c : path) {
    auto byte = static_cast<unsigned char>(c);
    auto plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '-' || c == '_' || c == '.';
    if (plain)
      out += c;
    else
      out.append("%").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return out;
}

constexpr std::string_view style = R"(
:root{color-scheme:light dark;--line:#8884;--mine:#2b6cb022;--theirs:#8881}
body{font:16px/1.45 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0}header p{color:#888;margin:.2rem 0 1.5rem}
h2{font-size:.8rem;font-weight:600;color:#888;text-align:center;margin:1.6rem 0 .8rem}
article{background:var(--theirs);border-radius:.8rem;padding:.5rem .8rem;margin:.4rem 15% .4rem 0;overflow-wrap:anywhere}
article.me{background:var(--mine);margin:.4rem 0 .4rem 15%}
article header{font-size:.8rem;color:#888}article b{color:inherit;margin-right:.5rem}
article p{margin:.15rem 0;white-space:pre-wrap}article img,article video{max-width:100%;max-height:24rem;border-radius:.5rem}
figure{margin:.4rem 0}figcaption{font-size:.8rem;color:#888}li{margin:.6rem 0}small{color:#888}
@media print{article{break-inside:avoid}}
)";

std::string begin(std::string_view title) {
  std::string out{"<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; object-src 'none'; frame-src 'none'; form-action 'none'\">"};
  out += tag("title", {}, title);
  return out.append("<style>").append(style).append("</style></head>\n<body>\n");
}

std::string attachment(const exported_file& x) {
  auto name = x.name.empty() ? std::string{"file"} : x.name;
  if (x.file.empty())
    return "<figure><figcaption>" + escaped(name) + " (was not there when this was exported)</figcaption></figure>";
  auto url = url_of(x.file);
  std::string out{"<figure itemprop=\"attachments\" itemscope itemtype=\"//refin.io/BlobDescriptor\">"};
  if (x.type.starts_with("image/"))
    out.append("<a href=\"").append(url).append("\"><img loading=\"lazy\" alt=\"\" src=\"").append(url).append("\"></a>");
  else if (x.type.starts_with("video/"))
    out.append("<video controls preload=\"none\" src=\"").append(url).append("\"></video>");
  else if (x.type.starts_with("audio/"))
    out.append("<audio controls preload=\"none\" src=\"").append(url).append("\"></audio>");
  out.append("<figcaption><a itemprop=\"data\" href=\"").append(url).append("\" download>");
  return out + tag("span", "itemprop=\"name\"", name) + "</a> " + tag("span", "itemprop=\"type\"", x.type) + "</figcaption></figure>";
}

} // namespace

std::string message_count(uint64_t count) {
  auto digits = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits + (count == 1 ? " message" : " messages");
}

std::string page_begin(std::string_view title, std::string_view subtitle) {
  return begin(title) + "<header>" + tag("h1", {}, title) + tag("p", {}, subtitle) + "</header>\n<main>\n";
}

std::string page_message(const exported_message& x, std::string& day) {
  std::string out;
  auto date = x.time.substr(0, 10);
  if (date != day)
    out += tag("h2", {}, date) + '\n';
  day = date;
  out += "<article itemscope itemtype=\"//refin.io/ChatMessage\" id=\"m" + escaped(x.message) + '"' + (x.me ? " class=\"me\"" : "") + ">";
  out += "<header>" + tag("b", "itemprop=\"sender\" data-person=\"" + escaped(x.sender) + '"', x.author);
  out += tag("time", "itemprop=\"creationTime\" datetime=\"" + escaped(x.time) + '"', x.time.size() > 16 ? x.time.substr(11, 5) : x.time);
  if (!x.source.empty())
    out += ' ' + tag("small", {}, "imported from " + x.source);
  out += "</header>";
  if (!x.text.empty())
    out += tag("p", "itemprop=\"text\"", x.text);
  for (const auto& file : x.files)
    out += attachment(file);
  return out + "</article>\n";
}

std::string page_end() {
  return "</main>\n</body></html>\n";
}

std::string index_page(std::string_view title, const std::vector<page_link>& links) {
  auto out = begin(title) + tag("h1", {}, title) + "\n<ul>\n";
  for (const auto& x : links)
    out += "<li>" + tag("a", "href=\"" + url_of(x.file) + '"', x.title) + "<br>" + tag("small", {}, x.below) + "</li>\n";
  return out + "</ul>\n</body></html>\n";
}

} // namespace lama::protocol::exporting
